import { callTree } from '../model/callTree.js';
import type { Profile } from '../model/profile.js';
import { stackRows } from '../model/stackRows.js';
import { isSummed } from '../model/summed.js';
import { secondsPer } from '../model/units.js';
import { formatFrame, guard } from './collapsedFrames.js';
import type { Sink } from './format.js';

/**
 * Writes the profile's default value as collapsed stacks, frames as `name (file:line)`, threads as py-spy does. Times
 * are whole microseconds or, when they are so in the profile, nanoseconds; a profile of call counts gives its estimated tree.
 */
export async function writeCollapsed(profile: Profile, sink: Sink): Promise<void> {
  const encoder = new TextEncoder();
  let text = '';
  const put = (stack: string, value: number | bigint): void => {
    if (stack !== '' && Number(value) !== 0) text += `${stack} ${value}\n`;
  };
  const flush = async (): Promise<void> => {
    const chunk = text;
    text = '';
    if (chunk !== '') await sink.write(encoder.encode(chunk));
  };
  if (isSummed(profile, profile.defaultType)) writeTree(profile, put);
  else for (const _ of writeSamples(profile, put)) if (text.length > 1 << 16) await flush();
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

function writeTree(profile: Profile, put: (stack: string, value: number) => void): void {
  const { functions, strings } = profile;
  const tree = callTree(profile, { type: profile.defaultType });
  const scale = scaleOf(profile);
  const path: string[] = [];
  for (let node = 0; node < tree.length; node++) {
    const func = tree.func[node]!;
    path.length = tree.depth[node]!;
    path.push(formatFrame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, functions.startLine[func]!));
    put(path.join(';'), Math.round(tree.self[node]! * scale));
  }
}
