import { t } from '../l10n.js';
import { functionTable, wholeTotal } from './functionTable.js';
import { libraryFlags } from './library.js';
import type { Profile } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackRows } from './stackRows.js';
import { mostlyWaiting, statesOf, withStates } from './states.js';
import { type SummedFigures, summedFigures } from './summed.js';
import { formatCount, formatSeconds, formatShare, formatType, formatValue, secondsPer } from './units.js';
import { weigh } from './weights.js';

/** Fewer samples than this are too few to be told without a word of doubt. */
const FEW = 100;
/** Functions named, and the share that makes one worth naming. */
const NAMED = 2;
const WORTH = 0.05;
/** Our engines' estimate of the wall time without counting (docs/engines.md). */
const UNTRACED = 'untraced';
/** Share of the time from which on the recorder's own cost is told. */
const TOLD_COST = 0.1;

/**
 * Where the time went, in one sentence: `1.42 s: 61 % in quote (pricing.py:5), 17 % in Customer.pay (pricing.py:20)`.
 * Library code counts for the own function that called it. Says so when it rests on few samples.
 */
export function summarize(profile: Profile): string {
  const type = profile.sampleTypes[profile.defaultType];
  if (!type) return t('The profile is empty.');
  const own = ownTime(profile, profile.defaultType);
  const what = type.type === '' || secondsPer(type.unit) !== undefined ? '' : ` ${t(formatType({ type: type.type, unit: '' }))}`;
  if (!(own.sum > 0)) {
    return own.sampled
      ? t(
          'Nothing was sampled: the program was too short, or waited elsewhere. A higher rate sees more, and the engine cprofile counts calls.',
        )
      : t('Nothing was measured.');
  }
  const best = [...own.value.keys()].sort((a, b) => own.value[b]! - own.value[a]!).slice(0, NAMED);
  const parts = best.filter((func, i) => own.value[func]! > 0 && (i === 0 || own.value[func]! / own.sum >= WORTH));
  const named = parts.map((func) => t('{0} in {1}', percent(own.value[func]! / own.sum), nameOf(profile, func)));
  const top = own.value[parts[0] ?? 0]! / own.sum;
  const spread = parts.length > 0 && top < WORTH ? t('spread out, at most ') : '';
  const doubt =
    own.sampled && own.samples < FEW
      ? t('; only {0}, shares are ± {1}', samplesText(Math.round(own.samples)), percent(bound(own, parts[0])))
      : '';
  return `${formatValue(own.sum, type.unit)}${what}: ${named.length > 0 ? spread + named.join(', ') : t('no function is known')}${doubt}${tracingCost(profile, own.sum, type.unit)}${waiting(profile)}`;
}

function samplesText(count: number): string {
  return t(count === 1 ? '{0} sample' : '{0} samples', formatCount(count));
}

/** Counting calls slows small functions down more than others: told when it makes up a good part of the time. */
function tracingCost(profile: Profile, sum: number, unit: string): string {
  const seconds = profile.quality.tracingSeconds ?? 0;
  const per = secondsPer(unit);
  if (per === undefined || !(seconds > TOLD_COST * sum * per)) return '';
  if (profile.sampleTypes[profile.defaultType]?.type === UNTRACED) return t('; counting calls took {0} more', formatSeconds(seconds));
  return t('; about {0} of it is the cost of counting calls', formatSeconds(seconds));
}

/** Slow though the CPU is idle: told where that is most of the time. */
function waiting(profile: Profile): string {
  const states = statesOf(profile) ?? statesOf(withStates(profile));
  const isBase =
    states !== undefined && (profile.defaultType === states.base || profile.sampleTypes[profile.defaultType]?.type === UNTRACED);
  if (!isBase) return '';
  const whole = wholeTotal(profile, states.base);
  const mostly = mostlyWaiting(states.types.map(({ state, total }) => [state, total / whole]));
  if (mostly === undefined) return '';
  const share = percent(mostly.share);
  if (mostly.state === 'gil-wait') return t('; {0} of it is waiting, mostly for the GIL', share);
  return mostly.state === 'blocked'
    ? t('; {0} of it is waiting, the CPU is idle', share)
    : t('; {0} of it is waiting, no CPU works for it', share);
}

interface OwnTime {
  /** Per function: its own time and that of the library code it called. */
  readonly value: Float64Array;
  readonly sum: number;
  readonly sampled: boolean;
  readonly samples: number;
}

/** Charges each stack to its innermost own frame; where there is none, to its leaf. */
function ownTime(profile: Profile, type: number): OwnTime {
  const library = libraryFlags(profile);
  const summed = summedFigures(profile, type);
  if (summed !== undefined) return ownTimeOfCalls(profile, type, summed, library);
  const value = new Float64Array(profile.functions.length);
  const weights = weigh(profile, { type });
  const chosen = innermostOwn(profile, library);
  for (let row = 0; row < chosen.length; row++) if (chosen[row]! >= 0) value[chosen[row]!]! += weights.value[row]!;
  // Records of allocations or goroutines are rows of a file, not samples in time: they bound nothing.
  const { type: name, unit } = profile.sampleTypes[type]!;
  const sampled = profile.quality.rows === undefined && (secondsPer(unit) !== undefined || /^samples?$/.test(name));
  return { value, sum: weights.total, sampled, samples: weights.samples };
}

/** The innermost own function of each stack row; without one its leaf, -1 for an empty stack. */
function innermostOwn(profile: Profile, library: Uint8Array): Int32Array {
  const { firstLine } = profile.locations;
  const { func } = profile.lines;
  /** Of each location the innermost own function, or -1. */
  const ownOf = new Int32Array(profile.locations.length).fill(-1);
  for (let location = 0; location < ownOf.length; location++) {
    for (let line = firstLine[location + 1]! - 1; line >= firstLine[location]!; line--)
      if (library[func[line]!] === 0) ownOf[location] = func[line]!;
  }
  const leafOf = (location: number) => (firstLine[location]! < firstLine[location + 1]! ? func[firstLine[location]!]! : -1);
  const { length, stackOf } = stackIndex(profile);
  const chosen = new Int32Array(length).fill(-1);
  if (stackOf !== undefined) {
    const { prefix, location } = profile.stacks;
    const own = new Int32Array(prefix.length);
    const leaf = new Int32Array(prefix.length);
    for (let stack = 0; stack < own.length; stack++) {
      const above = prefix[stack]!;
      own[stack] = ownOf[location[stack]!]!;
      leaf[stack] = leafOf(location[stack]!);
      if (own[stack] === -1 && above >= 0) own[stack] = own[above]!;
      if (leaf[stack] === -1 && above >= 0) leaf[stack] = leaf[above]!;
    }
    for (let row = 0; row < length; row++) {
      const stack = stackOf[row]!;
      if (stack >= 0) chosen[row] = own[stack]! >= 0 ? own[stack]! : leaf[stack]!;
    }
    return chosen;
  }
  const rows = stackRows(profile);
  for (let row = 0; row < length; row++) {
    let leaf = -1;
    for (let at = rows.first[row]!; at < rows.first[row + 1]! && chosen[row] === -1; at++) {
      chosen[row] = ownOf[rows.location[at]!]!;
      if (leaf < 0) leaf = leafOf(rows.location[at]!);
    }
    if (chosen[row] === -1) chosen[row] = leaf;
  }
  return chosen;
}

/** Call edges tell the direct caller only: a library function's own time goes to the own functions that called it. */
function ownTimeOfCalls(profile: Profile, type: number, { edges, isCallCount }: SummedFigures, library: Uint8Array): OwnTime {
  const table = functionTable(profile, { type });
  const value = Float64Array.from(table.self);
  for (let edge = 0; !isCallCount && edge < edges.length; edge++) {
    const caller = edges.caller[edge]!;
    const callee = edges.callee[edge]!;
    if (library[callee] === 0 || library[caller] === 1) continue;
    const moved = Math.min(edges.self[edge]!, value[callee]!);
    value[callee]! -= moved;
    value[caller]! += moved;
  }
  return { value, sum: table.sum, sampled: false, samples: 0 };
}

/** Half the width of the 95 % interval of a share that was estimated from samples. */
function bound(own: OwnTime, func: number | undefined): number {
  const share = func === undefined ? 0.5 : Math.min(0.9, Math.max(0.1, own.value[func]! / own.sum));
  return own.samples > 0 ? Math.min(1, 1.96 * Math.sqrt((share * (1 - share)) / own.samples)) : 1;
}

function nameOf(profile: Profile, func: number): string {
  const { functions, strings } = profile;
  const file = strings[functions.file[func]!] ?? '';
  const base = file.split(/[\\/]/).at(-1) ?? '';
  const line = functions.startLine[func]!;
  const place = base === '' || base === '~' ? '' : ` (${base}${line > 0 ? `:${line}` : ''})`;
  const name = strings[functions.name[func]!] ?? '';
  // Names come from the file: nothing in them may break the sentence or turn its direction.
  return `${name === '' ? t('an unnamed function') : name}${place}`.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd').slice(0, 120);
}

function percent(share: number): string {
  return share >= 0.01 ? `${Math.round(share * 100)} %` : formatShare(share);
}
