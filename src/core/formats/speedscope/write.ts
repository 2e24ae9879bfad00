import { callTree } from '../../model/callTree.js';
import type { Profile } from '../../model/profile.js';
import { stackRows } from '../../model/stackRows.js';
import { inTime } from '../../model/stretches.js';
import { isSummed } from '../../model/summed.js';
import { bytesPer, secondsPer } from '../../model/units.js';
import type { Sink } from '../format.js';

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
  const frames = frameTexts(profile, summed);
  const threads = summed ? [{ name: '', rows: treeRows(profile, frames) }] : threadRows(profile, frames);
  const weightScale = bytesPer(type?.unit ?? '') ?? 1;
  const timeScale = 1e-9 / (secondsPer(unit) ?? Number.NaN);
  out.put('{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"heatline","shared":{"frames":[');
  for (const [index, text] of frames.texts.entries()) {
    out.put(`${index > 0 ? ',\n' : '\n'}${text}`);
    if (out.full) await out.flush();
  }
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

/** The frames of the file: a text for each, and for each line of the profile (or function, for a tree) the frame that it is. */
interface Frames {
  readonly texts: string[];
  readonly ofRow: Uint32Array;
  /** Frames of locations that have nothing but an address. */
  readonly ofBare: ReadonlyMap<number, number>;
}

/** Places that look the same are one frame: speedscope tells frames apart by their index. */
function frameTexts(profile: Profile, ofFunctions: boolean): Frames {
  const { functions, lines, locations, strings } = profile;
  const ofRow = new Uint32Array(ofFunctions ? functions.length : lines.length);
  const known = new Map<string, number>();
  const texts: string[] = [];
  const frame = (text: string): number => {
    const found = known.get(text);
    if (found !== undefined) return found;
    known.set(text, texts.length);
    return texts.push(text) - 1;
  };
  for (let row = 0; row < ofRow.length; row++) {
    const func = ofFunctions ? row : lines.func[row]!;
    const name = strings[functions.name[func]!]!;
    const file = strings[functions.file[func]!]!;
    const line = ofFunctions ? functions.startLine[func]! : lines.line[row]!;
    const column = ofFunctions ? 0 : (lines.column?.[row] ?? 0);
    const place = `${file === '' ? '' : `,"file":${JSON.stringify(file)}`}${line > 0 ? `,"line":${line}` : ''}${column > 0 ? `,"col":${column}` : ''}`;
    ofRow[row] = frame(`{"name":${JSON.stringify(name === '' ? '?' : name)}${place}}`);
  }
  const ofBare = new Map<number, number>();
  for (let i = 0; !ofFunctions && i < locations.length; i++) {
    if (locations.firstLine[i] === locations.firstLine[i + 1])
      ofBare.set(i, frame(`{"name":"0x${(locations.address?.[i] ?? 0n).toString(16)}"}`));
  }
  return { texts, ofRow, ofBare };
}

function threadRows(given: Profile, frames: Frames): { name: string; rows: Rows }[] {
  const profile = inTime(given);
  const { samples, locations, threads } = profile;
  const stacks = stackRows(profile);
  const column = samples.values[profile.defaultType];
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
          for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++)
            into[length++] = frames.ofRow[line]!;
          const address = frames.ofBare.get(location);
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

function treeRows(profile: Profile, frames: Frames): Rows {
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
      for (let node = nodes[row]!; node >= 0; node = parent[node]!) into[length++] = frames.ofRow[tree.func[node]!]!;
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
