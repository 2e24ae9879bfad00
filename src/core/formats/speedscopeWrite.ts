import { callTree } from '../model/callTree.js';
import type { Profile } from '../model/profile.js';
import { stackRows } from '../model/stackRows.js';
import { isSummed } from '../model/summed.js';
import { bytesPer, secondsPer } from '../model/units.js';
import type { Sink } from './format.js';

/** Characters gathered before they are handed on. */
const CHUNK = 1 << 18;
/** speedscope's names of units, by seconds. */
const TIMES: Readonly<Record<string, string>> = {
  '1e-9': 'nanoseconds',
  '0.000001': 'microseconds',
  '0.001': 'milliseconds',
  '1': 'seconds',
};

/** Rows of one thread in order of time: a stack of frames (leaf first, from `path`) and a weight. */
interface Rows {
  readonly length: number;
  /** Writes the frames of a row, leaf first, into `into`; gives their number. */
  path(row: number, into: number[]): number;
  weight(row: number): number | bigint;
  /** Nanoseconds; NaN unknown. */
  time(row: number): number;
}

/**
 * Writes the profile's default value, every thread as one sampled profile in order of time, frames with the line that ran.
 * A profile of call counts gives its estimated tree.
 */
export async function writeSpeedscope(profile: Profile, sink: Sink): Promise<void> {
  const out = new TextSink(sink);
  const type = profile.sampleTypes[profile.defaultType];
  const unit = speedscopeUnit(type?.unit ?? '');
  const summed = isSummed(profile, profile.defaultType);
  const threads = summed ? [{ name: '', rows: treeRows(profile) }] : threadRows(profile);
  const weightScale = bytesPer(type?.unit ?? '') ?? 1;
  const timeScale = 1e-9 / (secondsPer(unit) ?? Number.NaN);
  out.put('{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"heatline","shared":{"frames":[');
  await putFrames(profile, summed, out);
  out.put(']},"profiles":[');
  for (const [index, { name, rows }] of threads.entries()) {
    const start = rows.length > 0 && rows.time(0) * timeScale > 0 ? rows.time(0) * timeScale : 0;
    out.put(
      `${index > 0 ? ',\n' : '\n'}{"type":"sampled","name":${JSON.stringify(name)},"unit":"${unit}","startValue":${start},"samples":[`,
    );
    const path: number[] = [];
    let sum = 0;
    for (let row = 0; row < rows.length; row++) {
      path.length = rows.path(row, path);
      out.put(`${row > 0 ? ',' : ''}[${path.reverse().join(',')}]`);
      sum += Number(rows.weight(row)) * weightScale;
      if (out.full) await out.flush();
    }
    out.put('],"weights":[');
    for (let row = 0; row < rows.length; row++) {
      const weight = rows.weight(row);
      out.put(`${row > 0 ? ',' : ''}${weightScale === 1 ? weight : Number(weight) * weightScale}`);
      if (out.full) await out.flush();
    }
    out.put(`],"endValue":${start + sum}}`);
  }
  out.put('\n]}\n');
  await out.flush();
}

function speedscopeUnit(unit: string): string {
  const seconds = secondsPer(unit);
  if (seconds !== undefined) return TIMES[String(seconds)] ?? 'seconds';
  return bytesPer(unit) === undefined ? 'none' : 'bytes';
}

/** One frame per line of the profile (a location with inlined calls has several); of a tree: per function. */
async function putFrames(profile: Profile, ofFunctions: boolean, out: TextSink): Promise<void> {
  const { functions, lines, strings } = profile;
  const length = ofFunctions ? functions.length : lines.length;
  let separator = '\n';
  for (let i = 0; i < length; i++) {
    const func = ofFunctions ? i : lines.func[i]!;
    const name = strings[functions.name[func]!]!;
    const file = strings[functions.file[func]!]!;
    const line = ofFunctions ? functions.startLine[func]! : lines.line[i]!;
    const column = ofFunctions ? 0 : (lines.column?.[i] ?? 0);
    const place = `${file === '' ? '' : `,"file":${JSON.stringify(file)}`}${line > 0 ? `,"line":${line}` : ''}${column > 0 ? `,"col":${column}` : ''}`;
    out.put(`${separator}{"name":${JSON.stringify(name === '' ? '?' : name)}${place}}`);
    separator = ',\n';
    if (out.full) await out.flush();
  }
  if (ofFunctions) return;
  for (const address of bareAddresses(profile).names) {
    out.put(`${separator}{"name":"${address}"}`);
    separator = ',\n';
  }
}

/** Locations without lines, as frames after all others. */
function bareAddresses({ locations, lines }: Profile): { names: string[]; frame: Map<number, number> } {
  const names: string[] = [];
  const frame = new Map<number, number>();
  for (let i = 0; i < locations.length; i++) {
    if (locations.firstLine[i] !== locations.firstLine[i + 1]) continue;
    frame.set(i, lines.length + names.length);
    names.push(`0x${(locations.address?.[i] ?? 0n).toString(16)}`);
  }
  return { names, frame };
}

function threadRows(profile: Profile): { name: string; rows: Rows }[] {
  const { samples, locations, threads } = profile;
  const stacks = stackRows(profile);
  const column = samples.values[profile.defaultType];
  const bare = bareAddresses(profile).frame;
  const ofThread = new Map<number, number[]>();
  for (let i = 0; i < (column?.length ?? 0); i++) {
    if (Number(column![i]) === 0) continue;
    const thread = samples.thread?.[i] ?? -1;
    const list = ofThread.get(thread);
    if (list === undefined) ofThread.set(thread, [i]);
    else list.push(i);
  }
  const time = (sample: number) => samples.time?.[sample] ?? Number.NaN;
  const made = Array.from(ofThread, ([thread, list]) => {
    if (samples.time !== undefined && list.every((sample) => Number.isFinite(time(sample)))) list.sort((a, b) => time(a) - time(b));
    const rows: Rows = {
      length: list.length,
      path(row, into) {
        let length = 0;
        const stack = stacks.ofSample[list[row]!]!;
        for (let at = stacks.first[stack]!; at < stacks.first[stack + 1]!; at++) {
          const location = stacks.location[at]!;
          for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++) into[length++] = line;
          const address = bare.get(location);
          if (address !== undefined) into[length++] = address;
        }
        return length;
      },
      weight: (row) => column![list[row]!]!,
      time: (row) => time(list[row]!),
    };
    return { name: thread < 0 ? '' : threads[thread]!, rows };
  });
  return made.length > 0 ? made : [{ name: '', rows: { length: 0, path: () => 0, weight: () => 0, time: () => Number.NaN } }];
}

function treeRows(profile: Profile): Rows {
  const tree = callTree(profile, { type: profile.defaultType });
  const nodes: number[] = [];
  for (let node = 0; node < tree.length; node++) if (tree.self[node] !== 0) nodes.push(node);
  // Nodes are in depth-first order, so that the way to a node is the last one seen at each depth.
  const parent = new Int32Array(tree.length);
  const last: number[] = [];
  for (let node = 0; node < tree.length; node++) {
    last[tree.depth[node]!] = node;
    parent[node] = tree.depth[node]! > 0 ? last[tree.depth[node]! - 1]! : -1;
  }
  return {
    length: nodes.length,
    path(row, into) {
      let length = 0;
      for (let node = nodes[row]!; node >= 0; node = parent[node]!) into[length++] = tree.func[node]!;
      return length;
    },
    weight: (row) => tree.self[nodes[row]!]!,
    time: () => Number.NaN,
  };
}

/** Gathers text into chunks. */
class TextSink {
  private readonly encoder = new TextEncoder();
  private text = '';

  constructor(private readonly sink: Sink) {}

  put(text: string): void {
    this.text += text;
  }

  /** Whether it is time to `flush`. */
  get full(): boolean {
    return this.text.length >= CHUNK;
  }

  async flush(): Promise<void> {
    const { text } = this;
    this.text = '';
    if (text !== '') await this.sink.write(this.encoder.encode(text));
  }
}
