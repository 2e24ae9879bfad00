import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { JsonCursor } from '../json/cursor.js';
import { CallFrames } from '../v8/frames.js';
import { V8Profile } from '../v8/profile.js';

/** One for each thread that was recorded, in real traces. */
const MOST_PROFILES = 10_000;

/** A CPU profile inside a trace, and the thread that it is of. */
interface Found {
  readonly profile: V8Profile;
  readonly process: string;
  thread: string;
}

/**
 * CPU profiles that Chrome puts into its traces: whole in an event `CpuProfile`, or in pieces, a `Profile` that names the
 * thread and many `ProfileChunk` with further nodes, samples and times.
 */
export class ChromeCpuProfiles {
  private readonly found = new Map<string, Found>();
  private readonly frames: CallFrames;

  constructor(
    private readonly json: JsonCursor,
    private readonly builder: ProfileBuilder,
  ) {
    this.frames = new CallFrames(json, builder);
  }

  /** Profiles with samples. */
  get count(): number {
    let count = 0;
    for (const { profile } of this.found.values()) if (profile.samples.length > 0) count++;
    return count;
  }

  /**
   * Takes one event. @param args where its `args` begin, 0 nowhere @param key of the profile that it belongs to
   * @param name of the event: pieces are written by another thread than the one that they are of
   */
  take(name: string, args: number, key: string, process: string, thread: string): void {
    const { json } = this;
    if (args === 0) return;
    let found = this.found.get(key);
    if (found === undefined) {
      if (this.found.size === MOST_PROFILES)
        throw new ReadError('too-large', `The trace holds more than ${MOST_PROFILES} CPU profiles.`, args);
      found = { profile: new V8Profile(), process, thread };
      this.found.set(key, found);
    }
    if (name !== 'ProfileChunk') found.thread = thread;
    json.at = args;
    if (!json.object()) return;
    while (json.nextKey()) if (json.key === 'data' && json.object()) this.data(found.profile);
  }

  private data(profile: V8Profile): void {
    const { json } = this;
    this.builder.checkSamples(profile.samples.length);
    while (json.nextKey()) {
      const { key } = json;
      if (key === 'cpuProfile' || key === 'data') {
        if (json.object()) this.data(profile);
      } else if (key === 'nodes') {
        if (json.array()) while (json.item()) profile.node(json, this.frames);
      } else if (key === 'startTime') profile.start = json.number();
      else if (key === 'endTime') profile.end = json.number();
      else if (key === 'samples' && json.array()) json.numbers(profile.samples);
      else if (key === 'timeDeltas' && json.array()) json.numbers(profile.deltas);
      else if (key === 'lines' && json.array()) json.numbers(profile.lines);
    }
  }

  /** Adds the samples of all profiles. @param threadName of a process and a thread */
  async emit(threadName: (process: string, thread: string) => string): Promise<void> {
    const { builder } = this;
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.valueType({ type: 'wall', unit: 'microseconds' });
    const whole = [...this.found.values()].filter(({ profile }) => profile.samples.length > 0);
    const origin = whole.reduce(
      (least, { profile: { start } }) => Math.min(least, Number.isFinite(start) ? start : 0),
      Number.POSITIVE_INFINITY,
    );
    for (const { profile, process, thread } of whole) {
      const name = threadName(process, thread);
      await profile.emit(builder, builder.thread(name), origin, () => this.json.pause(false));
    }
  }
}
