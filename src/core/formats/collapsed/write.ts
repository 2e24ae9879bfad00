import { ReadError } from '../../errors.js';
import { callTree } from '../../model/callTree.js';
import type { Profile } from '../../model/profile.js';
import { stackRows } from '../../model/stackRows.js';
import { isSummed } from '../../model/summed.js';
import { secondsPer } from '../../model/units.js';
import type { Sink } from '../format.js';
import { formatFrame, guard } from './frames.js';

/** Longest text that is written: deep stacks repeat all their frames on every line. */
const MAX_LENGTH = 2 ** 33;
const PIECE = 1 << 16;
const MARK = '\ufeff';

/**
 * Writes the profile's default value as collapsed stacks, frames as `name (file:line)`, threads as py-spy does. Times
 * are whole microseconds or, when they are so in the profile, nanoseconds; a profile of call counts gives its estimated tree.
 * @throws ReadError `too-large` when the text would pass all measure
 */
export async function writeCollapsed(profile: Profile, sink: Sink): Promise<void> {
  const encoder = new TextEncoder();
  let text = '';
  let length = 0;
  const put = (stack: string, value: number | bigint): void => {
    if (stack !== '' && Number(value) !== 0) text += `${stack} ${value}\n`;
  };
  const flush = async (): Promise<void> => {
    const chunk = text;
    text = '';
    // At the very beginning it would be taken for the mark of the encoding: one more is.
    if (length === 0 && chunk.startsWith(MARK)) await sink.write(encoder.encode(MARK));
    length += chunk.length;
    if (length > MAX_LENGTH) throw new ReadError('too-large', 'Its stacks are too deep for collapsed text: it would be larger than 8 GiB.');
    if (chunk !== '') await sink.write(encoder.encode(chunk));
  };
  const lines = isSummed(profile, profile.defaultType) ? writeTree(profile, put) : writeSamples(profile, put);
  for (const _ of lines) if (text.length > PIECE) await flush();
  await flush();
}

/** Seconds become microseconds, since most readers want whole numbers. */
function scaleOf(profile: Profile): number {
  const unit = profile.sampleTypes[profile.defaultType]?.unit ?? '';
  return (secondsPer(unit) ?? 0) === 1 ? 1e6 : 1;
}

function* writeSamples(profile: Profile, put: (stack: string, value: number | bigint) => void): Generator<void> {
  const { samples, locations, lines, functions, strings, threads } = profile;
  const stacks = stackRows(profile);
  const column = samples.values[profile.defaultType];
  if (column === undefined) return;
  const frames: string[] = [];
  for (let location = 0; location < locations.length; location++) {
    const texts: string[] = [];
    // Innermost first in the columns; root first in the text.
    for (let row = locations.firstLine[location + 1]! - 1; row >= locations.firstLine[location]!; row--) {
      const func = lines.func[row]!;
      texts.push(formatFrame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, lines.line[row]!));
    }
    frames.push(texts.length > 0 ? texts.join(';') : `0x${(locations.address?.[location] ?? 0n).toString(16)}`);
  }
  const scale = scaleOf(profile);
  for (let i = 0; i < samples.length; i++) {
    const path: string[] = [];
    const row = stacks.ofSample[i]!;
    for (let at = stacks.first[row]!; at < stacks.first[row + 1]!; at++) path.push(frames[stacks.location[at]!]!);
    const thread = samples.thread?.[i] ?? -1;
    if (thread >= 0) path.push(threadText(threads[thread]!, thread));
    const value = column[i]!;
    put(path.reverse().join(';'), typeof value === 'bigint' || scale === 1 ? value : Math.round(value * scale));
    yield;
  }
}

/** As py-spy writes it. */
function threadText(name: string, index: number): string {
  return /^thread \((?:0x)?[0-9A-Fa-f]+\)$/.test(name) ? name : `thread (${index + 1}): ${guard(name)}`;
}

function* writeTree(profile: Profile, put: (stack: string, value: number) => void): Generator<void> {
  const { functions, strings } = profile;
  const tree = callTree(profile, { type: profile.defaultType });
  const scale = scaleOf(profile);
  const path: string[] = [];
  for (let node = 0; node < tree.length; node++) {
    const func = tree.func[node]!;
    path.length = tree.depth[node]!;
    path.push(formatFrame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, functions.startLine[func]!));
    put(path.join(';'), Math.round(tree.self[node]! * scale));
    yield;
  }
}
