import { libraryFlags } from './library.js';
import type { Profile, ViewSpec } from './profile.js';
import { stackRows } from './stackRows.js';
import { chosenRows, chosenSamples } from './weights.js';

/** What answers about waiting look at of a sample: where it is, in own code, and its labels. */
export interface WaitSample {
  readonly sample: number;
  /** Function and recorded line of the frame that counts; the innermost one where none does. */
  readonly func: number;
  readonly line: number;
  /** The outermost frame's function: a task, where the recording has tasks as roots. */
  readonly root: number;
  /** Label of text, or `thread`; empty without it. */
  text(key: string): string;
  /** Label of a number; 0 without it. */
  number(key: string): number;
}

/** Values of a type by its name; undefined where the profile has no such type. */
export function columnOf(profile: Profile, type: string): ArrayLike<number | bigint> | undefined {
  const index = profile.sampleTypes.findIndex((one) => one.type === type);
  const column = index < 0 ? undefined : profile.samples.values[index];
  return column !== undefined && column.length > 0 ? column : undefined;
}

/**
 * Goes through the samples of a view. `counts(func)` says whether a frame of the function is the one that a sample is about; of a
 * stack it is the innermost such frame.
 */
export function eachWait(profile: Profile, spec: ViewSpec, counts: (func: number) => boolean, see: (one: WaitSample) => void): void {
  const { samples, strings, threads, lines, locations } = profile;
  const { labels } = samples;
  const rows = stackRows(profile);
  const chosen = chosenSamples(profile, spec);
  const stays = chosenRows(profile, spec);
  const last = (location: number) => locations.firstLine[location + 1]! - 1;
  for (let sample = 0; sample < samples.length; sample++) {
    const row = rows.ofSample[sample]!;
    if (chosen?.[sample] === 0 || stays?.[row] === 0 || rows.first[row] === rows.first[row + 1]) continue;
    let place = locations.firstLine[rows.location[rows.first[row]!]!]!;
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      const one = locations.firstLine[rows.location[at]!]!;
      if (!counts(lines.func[one]!)) continue;
      place = one;
      break;
    }
    const find = (key: string): number => {
      for (let label = labels?.first[sample] ?? 0; label < (labels?.first[sample + 1] ?? 0); label++)
        if (strings[labels!.key[label]!] === key) return label;
      return -1;
    };
    see({
      sample,
      func: lines.func[place]!,
      line: lines.line[place]!,
      root: lines.func[last(rows.location[rows.first[row + 1]! - 1]!)]!,
      text(key) {
        if (key === 'thread') return threads[samples.thread?.[sample] ?? -1] ?? '';
        const label = find(key);
        return label < 0 ? '' : strings[labels!.text[label]!]!;
      },
      number(key) {
        const label = find(key);
        return label < 0 ? 0 : labels!.number[label]!;
      },
    });
  }
}

/** Flags own code: neither a library's nor without a line. */
export function isOwn(profile: Profile): (func: number) => boolean {
  const flags = libraryFlags(profile);
  const { functions, strings } = profile;
  return (func) => flags[func] === 0 && !strings[functions.file[func]!]!.startsWith('<');
}

/** A part of a sum, with the function that it is about, if one is known. */
export interface Part {
  readonly text: string;
  readonly value: number;
  /** Index of the function and recorded line; -1 and 0 where they are not known. */
  readonly func: number;
  readonly line: number;
}

/** Sums by text. */
export class Parts {
  private readonly sums = new Map<string, { value: number; func: number; line: number }>();

  add(text: string, value: number, func = -1, line = 0): void {
    if (text === '' || value === 0) return;
    const known = this.sums.get(text);
    if (known) known.value += value;
    else this.sums.set(text, { value, func, line });
  }

  /** Largest first. */
  list(): Part[] {
    return Array.from(this.sums, ([text, sum]) => ({ text, ...sum })).sort((a, b) => b.value - a.value || (a.text < b.text ? -1 : 1));
  }
}
