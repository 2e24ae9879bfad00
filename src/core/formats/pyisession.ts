import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';
import { nanosOf, setDuration, setStart } from './pyinstrument.js';

/** What pyinstrument puts between the parts of a frame, before each of its attributes, and in place of a file for threads. */
const PART = '\0';
const ATTRIBUTE = '\x01';
const THREAD = '<thread>';

/** A frame of a record: a place in the code, or the thread that all others run in. */
type Frame = { readonly place: number } | { readonly thread: number };

/**
 * pyinstrument's sessions (`-r pyisession`, and the reports that versions 2 and 3 keep): all samples in their order, a list of
 * `[frames from the root on, seconds]`. A frame is `name\\0file\\0first line`, then attributes: `l` the line that ran, `c` the
 * class, `h` hidden (pyinstrument/frame_info.py).
 */
export const pyisession: Format = {
  id: 'pyisession',
  label: 'pyinstrument session',
  globs: ['*.pyisession', '*.pyireport'],
  sniff(head) {
    const found = sniffJson(head);
    if (found?.root !== 'object') return 0;
    const { paths } = found;
    // Version 4 begins with the samples.
    const frame = paths.get('frame_records.[].[].[]');
    if (typeof frame === 'string' && frame.includes(PART)) return 1;
    return paths.has('start_time') && paths.has('sample_count') && paths.has('start_call_stack') ? 1 : 0;
  },
  async read(source, builder, control) {
    const json = new JsonCursor(await source.bytes(), control);
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.valueType({ type: 'wall', unit: 'nanoseconds' });
    builder.quality({ engine: 'pyinstrument', lasting: true });
    let records = 0;
    if (json.object()) {
      while (json.nextKey()) {
        if (json.key === 'start_time') setStart(builder, json.number());
        else if (json.key === 'duration') setDuration(builder, json.number());
        else if (json.key === 'min_interval') setInterval(builder, json.number());
        else if (json.key === 'frame_records') records += await readRecords(json, builder);
      }
    }
    if (records === 0) builder.warn('It holds no samples: the program ended before the first one.');
  },
};

/** @param seconds between two samples, at least */
function setInterval(builder: ProfileBuilder, seconds: number): void {
  if (!(seconds > 1e-9 && seconds < 1e9)) return;
  builder.set({ periodType: { type: 'wall', unit: 'nanoseconds' }, period: seconds * 1e9 });
  builder.quality({ rateAsked: 1 / seconds });
}

async function readRecords(json: JsonCursor, builder: ProfileBuilder): Promise<number> {
  const frames: Frame[] = [];
  const table = json.table((text) => frames.push(parseFrame(text, builder)) - 1);
  let records = 0;
  let now = 0;
  if (!json.array()) return 0;
  while (json.item()) {
    if (json.due) await json.pause();
    let stack = -1;
    let thread = -1;
    let nanos = 0;
    if (!json.array()) continue;
    for (let part = 0; json.item(); part++) {
      if (part === 1) nanos = nanosOf(json.number());
      if (part !== 0 || !json.array()) continue;
      while (json.item()) {
        const frame = frames[json.interned(table)];
        if (frame === undefined) continue;
        if ('thread' in frame) thread = frame.thread;
        else stack = builder.stack(stack, frame.place);
      }
    }
    builder.sample(stack, [1, nanos], thread, now);
    now += nanos;
    records++;
  }
  return records;
}

function parseFrame(text: string, builder: ProfileBuilder): Frame {
  const [identity = '', ...attributes] = text.split(ATTRIBUTE);
  const [name = '', file = '', first = ''] = identity.split(PART);
  if (file === THREAD) return { thread: builder.thread(name) };
  let line = 0;
  let className = '';
  for (const attribute of attributes) {
    if (attribute.startsWith('l')) line = wholeNumber(attribute.slice(1));
    else if (attribute.startsWith('c')) className = attribute.slice(1);
  }
  const id = builder.string(name);
  // The class is that of the object at hand, maybe a subclass: it does not tell functions apart.
  const system = className === '' ? id : builder.string(`${className}.${name}`);
  const func = builder.func(id, system, builder.string(file), wholeNumber(first));
  return { place: builder.place(func, line) };
}

function wholeNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
