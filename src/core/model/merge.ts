import { ProfileBuilder } from './builder.js';
import { callTypesOf, MergeCalls } from './mergeCalls.js';
import { MergeLines } from './mergeLines.js';
import { MergePlaces, type PlaceMap } from './mergePlaces.js';
import { MergeSamples } from './mergeSamples.js';
import type { Profile, Quality, ValueType } from './profile.js';
import { isSummed } from './summed.js';

export interface MergeOptions {
  /** Sums samples that know their time too; else they are kept one by one, and the merged profile has a time line. */
  readonly sumTimes?: boolean;
  /** Chooses the comments that are kept; else all different ones are. */
  comment?(comment: string): boolean;
}

/** Merges profiles that are at hand; for many files use `Merger`, which needs only one of them at a time. */
export function mergeProfiles(profiles: Iterable<Profile>, options: MergeOptions = {}): Profile {
  const merger = new Merger(options);
  for (const profile of profiles) merger.add(profile);
  return merger.finish();
}

/** What one merger hands to another: the sum so far, and what of how many profiles it is. */
export interface MergedPart {
  readonly profile: Profile;
  readonly count: number;
  /** Per value type the profiles that had it. */
  readonly having: readonly number[];
}

/** Notes of recorders that are kept: of thousands of windows each may have its own figures in them. */
const MOST_NOTES = 100;

/** A value type of the merged profile: sampled (a column of the samples) or counted. */
interface MergedType extends ValueType {
  readonly counted: boolean;
  readonly column: number;
  /** Profiles that had it. */
  profiles: number;
}

/**
 * Adds up profiles, one at a time, as `go tool pprof` and `pstats.Stats.add` do: value types with the same type and unit
 * are the same, equal stacks are summed (see MergeSamples), call figures too; durations add up, the start is the
 * earliest. What describes the whole (shown type, period type, frames to drop) is the first profile's. Memory is bounded
 * by the result and the one profile that is being added.
 */
export class Merger {
  private builder: ProfileBuilder | undefined;
  private places: MergePlaces | undefined;
  private readonly samples = new MergeSamples();
  private readonly lines = new MergeLines();
  private calls: MergeCalls | undefined;
  private readonly types: MergedType[] = [];
  private readonly comments = new Set<string>();
  private head: Profile | undefined;
  private start: bigint | undefined;
  private duration: number | undefined;
  private period = 0;
  private quality: Quality | undefined;
  private profiles = 0;

  constructor(private readonly options: MergeOptions = {}) {}

  /** Profiles that were added. */
  get count(): number {
    return this.profiles;
  }

  add(profile: Profile): void {
    this.addPart({ profile, count: 1, having: profile.sampleTypes.map(() => 1) });
  }

  /** Adds what another merger, maybe in another thread, has added up. */
  addPart({ profile, count, having }: MergedPart): void {
    this.head ??= profileHead(profile);
    this.builder ??= new ProfileBuilder(profile.format);
    this.places ??= new MergePlaces(this.builder);
    const places = this.places.map(profile, profile.frames?.run);
    this.profiles += count;
    const types = this.mapTypes(profile, having, this.builder);
    const threads = Int32Array.from(profile.threads, (name) => this.builder!.thread(name));
    const origin = this.options.sumTimes ? undefined : (profile.timeNanos ?? 0n);
    this.samples.add(profile, { places, threads, types, origin });
    if (profile.calls !== undefined) this.addCalls(profile, places);
    for (const costs of profile.lineCosts) this.lines.add(costs, this.find(profile.sampleTypes[costs.type]), places);
    this.addFacts(profile);
    for (const warning of profile.warnings) this.builder.warn(warning);
  }

  /** The sum of all that was added; nothing can be added afterwards. An empty profile when there was none. */
  finish(): Profile {
    const builder = this.builder ?? new ProfileBuilder('pprof');
    for (const { type, unit, profiles } of this.types) {
      if (profiles < this.profiles)
        builder.warn(`Only ${profiles} of the ${this.profiles} merged profiles have values of ${unit === '' ? type : `${type}/${unit}`}.`);
    }
    return this.pour(builder);
  }

  /** The same for another merger, which goes on adding; nothing can be added to this one afterwards. */
  part(): MergedPart {
    const having = this.types.map(({ profiles }) => profiles);
    return { profile: this.pour(this.builder ?? new ProfileBuilder('pprof')), count: this.profiles, having };
  }

  private pour(builder: ProfileBuilder): Profile {
    const { head, types, samples } = this;
    for (const { type, unit } of types) builder.valueType({ type, unit });
    this.calls?.pour(builder);
    this.lines.pour(builder);
    const order = types.map(({ counted, column }) => (counted ? undefined : samples.column(column)));
    samples.pour(builder, this.start, order);
    for (const comment of this.comments) builder.comment(comment);
    builder.set({
      defaultType: head === undefined ? 0 : Math.max(0, this.find(head.sampleTypes[head.defaultType])),
      dropFrames: head?.dropFrames ?? '',
      keepFrames: head?.keepFrames ?? '',
      periodType: head?.periodType,
      period: this.period,
      timeNanos: this.start,
      durationNanos: this.duration,
    });
    if (this.quality !== undefined) builder.quality(this.quality);
    return builder.finish();
  }

  private find(wanted: ValueType | undefined): number {
    return this.types.findIndex(({ type, unit }) => type === wanted?.type && unit === wanted.unit);
  }

  private mapTypes(profile: Profile, having: readonly number[], builder: ProfileBuilder): Int32Array {
    return Int32Array.from(profile.sampleTypes, ({ type, unit }, index) => {
      const counted = isSummed(profile, index);
      const at = this.find({ type, unit });
      let merged = this.types[at];
      if (merged === undefined) {
        merged = { type, unit, counted, column: counted ? -1 : this.samples.addColumn(), profiles: 0 };
        this.types.push(merged);
      }
      merged.profiles += having[index]!;
      if (merged.counted === counted) return merged.column;
      builder.warn(`Some profiles count ${type} and others sample it: figures of one kind are left out.`);
      return -1;
    });
  }

  private addCalls(profile: Profile, places: PlaceMap): void {
    const types = callTypesOf(profile.calls!).map((type) => this.find(profile.sampleTypes[type]));
    this.calls ??= new MergeCalls(types);
    const [calls, time] = this.calls.types;
    if (types.some((type) => !this.calls!.types.includes(type)))
      this.builder!.warn('Costs of calls that the first profile lacks are left out.');
    if (types[0] !== calls || types[1] !== time)
      this.builder!.warn('Call counts in other units than those of the first profile are left out.');
    else this.calls.add(profile.calls!, types, places);
  }

  private addFacts(profile: Profile): void {
    for (const comment of profile.comments) if (this.options.comment?.(comment) ?? true) this.comments.add(comment);
    const { timeNanos, durationNanos } = profile;
    if (timeNanos !== undefined && timeNanos > 0n && (this.start === undefined || timeNanos < this.start)) this.start = timeNanos;
    if (durationNanos !== undefined) this.duration = (this.duration ?? 0) + durationNanos;
    this.period = Math.max(this.period, profile.period);
    this.quality = this.quality === undefined ? profile.quality : joinQuality(this.quality, profile.quality);
  }
}

/** What is kept of the first profile, without its columns. */
function profileHead(profile: Profile): Profile {
  const { sampleTypes, defaultType, dropFrames, keepFrames, periodType } = profile;
  return { sampleTypes, defaultType, dropFrames, keepFrames, periodType } as Profile;
}

/** Facts that both profiles agree on stay; what counts errors and lost time adds up, and times are as near as the worse ones. */
function joinQuality(a: Quality, b: Quality): Quality {
  const joined: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(a)) if (value === b[key as keyof Quality]) joined[key] = value;
  const sum = (key: 'errors' | 'tracingSeconds') => {
    if (a[key] !== undefined || b[key] !== undefined) joined[key] = (a[key] ?? 0) + (b[key] ?? 0);
  };
  sum('errors');
  sum('tracingSeconds');
  if (a.timesWithin !== undefined && b.timesWithin !== undefined) joined.timesWithin = Math.max(a.timesWithin, b.timesWithin);
  const notes = [...new Set([...(a.notes ?? []), ...(b.notes ?? [])])].slice(0, MOST_NOTES);
  if (notes.length > 0) joined.notes = notes;
  return joined as Quality;
}
