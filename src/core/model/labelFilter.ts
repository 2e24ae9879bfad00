import { UserError } from '../errors.js';
import type { LabelColumns, Profile } from './profile.js';

/**
 * Flags (0/1) per sample: its labels match. The words are those of pprof's -tagfocus and -tagignore
 * (https://github.com/google/pprof/blob/main/doc/README.md#tag-filtering): `key=expression` for one label, a bare
 * expression for `key:value` of any; several expressions parted by commas: of a key any may match, of a bare one each has to. A
 * number or a range (`128kb`, `1mb:`, `:64`, `10ms:2s`) is compared with numeric labels in their unit. A sample's thread
 * counts as its label `thread`.
 * @throws UserError for what is no regular expression
 */
export function matchingLabels(profile: Profile, source: string): Uint8Array {
  const { samples, threads, strings } = profile;
  const { labels } = samples;
  const at = source.indexOf('=');
  const key = at < 0 ? undefined : source.slice(0, at);
  const wanted = at < 0 ? source : source.slice(at + 1);
  const range = rangeOf(wanted);
  const flags = new Uint8Array(samples.length);
  if (range !== undefined) {
    if (labels === undefined) return flags;
    const units = unitsOf(profile, labels);
    return eachLabel(flags, labels, (label) => {
      if (labels.text[label] !== 0 || (key !== undefined && strings[labels.key[label]!] !== key)) return false;
      return range(labels.number[label]!, units.get(labels.key[label]!) ?? '');
    });
  }
  const patterns = wanted.split(',').map((one) => compile(one));
  // Without a key every expression has to be found among the sample's labels: one pass each.
  const passes = key === undefined ? patterns.map((one) => [one]) : [patterns];
  flags.fill(1);
  for (const pass of passes) {
    const found = new Uint8Array(samples.length);
    const known = new Map<number, boolean>();
    const test = (name: string, value: string) =>
      key === undefined ? pass.some((one) => one.test(`${name}:${value}`)) : name === key && pass.some((one) => one.test(value));
    if (labels !== undefined) {
      eachLabel(found, labels, (label) => {
        if (labels.text[label] === 0) return false;
        const pair = labels.key[label]! * 2 ** 26 + labels.text[label]!;
        let matches = known.get(pair);
        if (matches === undefined) {
          matches = test(strings[labels.key[label]!]!, strings[labels.text[label]!]!);
          known.set(pair, matches);
        }
        return matches;
      });
    }
    const ofThread = threads.map((name) => test('thread', name));
    for (let i = 0; i < flags.length; i++) {
      if (found[i] === 0 && !ofThread[samples.thread?.[i] ?? -1]) flags[i] = 0;
    }
  }
  return flags;
}

/** Flags the samples that have a label that matches. */
function eachLabel(flags: Uint8Array, labels: LabelColumns, matches: (label: number) => boolean): Uint8Array {
  for (let sample = 0; sample < flags.length; sample++) {
    for (let label = labels.first[sample]!; label < labels.first[sample + 1]!; label++) {
      if (!matches(label)) continue;
      flags[sample] = 1;
      break;
    }
  }
  return flags;
}

/** Unit of each key of numeric labels: the first that is given, else as pprof has it: bytes for sizes asked of an allocator, else the key. */
function unitsOf({ strings }: Profile, labels: LabelColumns): Map<number, string> {
  const units = new Map<number, string>();
  for (let label = 0; label < labels.key.length; label++) {
    if (labels.text[label] === 0 && labels.unit[label] !== 0 && !units.has(labels.key[label]!))
      units.set(labels.key[label]!, strings[labels.unit[label]!]!);
  }
  for (const key of new Set(labels.key)) {
    const name = strings[key]!;
    if (!units.has(key)) units.set(key, name === 'request' || name === 'alignment' ? 'bytes' : name);
  }
  return units;
}

/** Sizes in bytes and times in nanoseconds; units in lower case, without the plural's s. */
const SCALES: readonly Readonly<Record<string, number>>[] = [
  {
    b: 1,
    byte: 1,
    kb: 2 ** 10,
    kib: 2 ** 10,
    kilobyte: 2 ** 10,
    mb: 2 ** 20,
    mib: 2 ** 20,
    megabyte: 2 ** 20,
    gb: 2 ** 30,
    gib: 2 ** 30,
    gigabyte: 2 ** 30,
    tb: 2 ** 40,
    tib: 2 ** 40,
  },
  {
    ns: 1,
    nanosecond: 1,
    us: 1e3,
    µs: 1e3,
    microsecond: 1e3,
    ms: 1e6,
    millisecond: 1e6,
    s: 1e9,
    sec: 1e9,
    second: 1e9,
    min: 6e10,
    minute: 6e10,
    h: 3.6e12,
    hr: 3.6e12,
    hour: 3.6e12,
  },
];

/** How many of the base unit; [undefined, the unit itself] for those that cannot be converted. */
function scale(unit: string): readonly [number, number | string] {
  const plain = unit.toLowerCase();
  for (const [index, scales] of SCALES.entries()) {
    const factor = scales[plain] ?? scales[plain.replace(/s$/, '')];
    if (factor !== undefined) return [factor, index];
  }
  return [1, unit];
}

/** A test for numbers with a unit, if the text is a number or a range. A bound without a unit is in that of the label. */
function rangeOf(text: string): ((value: number, unit: string) => boolean) | undefined {
  const single = /^(:?)([+-]?\d+)([a-zA-Zµ]*)(:?)$/.exec(text);
  const double = /^([+-]?\d+)([a-zA-Zµ]*):([+-]?\d+)([a-zA-Zµ]*)$/.exec(text);
  type Bound = readonly [value: number, unit: string] | undefined;
  let [low, high]: [Bound, Bound] = [undefined, undefined];
  if (double !== null) {
    low = [Number(double[1]), double[2]!];
    high = [Number(double[3]), double[4]!];
  } else if (single !== null && !(single[1] && single[4])) {
    const bound = [Number(single[2]), single[3]!] as const;
    if (!single[1]) low = bound;
    if (!single[4]) high = bound;
  } else return undefined;
  return (value, unit) => {
    const [factor, kind] = scale(unit);
    const inside = (bound: Bound, holds: (a: number, b: number) => boolean) => {
      if (bound === undefined) return true;
      const [boundFactor, boundKind] = bound[1] === '' ? [factor, kind] : scale(bound[1]);
      return boundKind === kind && holds(value * factor, bound[0] * boundFactor);
    };
    return inside(low, (a, b) => a >= b) && inside(high, (a, b) => a <= b);
  };
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw new UserError('bad-expression', `"${source}" is not a regular expression.`);
  }
}
