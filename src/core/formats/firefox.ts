import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { firefoxOutline, type Outline } from './firefox/outline.js';
import { FirefoxThread } from './firefox/thread.js';
import type { Format, ReadControl, Source } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';

/**
 * Firefox Profiler's two formats: "Gecko" (Firefox itself, perf's exporter: rows with a schema, strings of each thread) and "processed"
 * (the profiler's own files, samply, Python's `profiling.sampling --gecko`: columns, strings shared).
 * Formats: https://github.com/firefox-devtools/profiler/tree/main/docs-developer
 */
export const firefox: Format = {
  id: 'firefox',
  label: 'Firefox Profiler',
  globs: ['*.gecko.json', '*.samply.json'],
  sniff(head) {
    const paths = sniffJson(head)?.paths;
    if (paths === undefined) return 0;
    if (paths.has('meta.preprocessedProfileVersion') || paths.has('threads.[].stackTable') || paths.has('threads.[].frameTable')) return 1;
    if (paths.has('meta.interval') && (paths.has('meta.processType') || paths.has('meta.stackwalk') || paths.has('meta.version')))
      return 0.9;
    if (paths.has('shared.stringArray') || paths.has('meta.markerSchema') || paths.has('meta.categories.[].subcategories')) return 0.8;
    return 0;
  },
  read,
};

async function read(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const json = new JsonCursor(await source.bytes(), control);
  const outline = await firefoxOutline(json);
  const { processes } = outline;
  const threads = processes.flatMap((process) => process.threads.map((thread) => ({ process, thread })));
  if (threads.length === 0) {
    throw outline.cut ?? new ReadError('corrupt', 'It holds no thread: the list "threads" is empty or missing.');
  }
  const main = processes[0]!.meta;
  // Memory profiles and traces say what their samples weigh; others count.
  const kinds = new Set(threads.map(({ thread }) => thread.weightType));
  const bytes = kinds.has('bytes') || main.timeUnit === 'bytes';
  const columns = { samples: -1, wall: -1, cpu: -1, bytes: -1 };
  if ([...kinds].some((kind) => kind !== 'bytes' && kind !== 'tracing-ms') && !bytes)
    columns.samples = builder.valueType({ type: 'samples', unit: 'count' });
  if (threads.some(({ thread }) => thread.offsets.has('samples')) && !bytes && (main.interval > 0 || kinds.has('tracing-ms'))) {
    if (main.cpuUnit === 'ns' || main.cpuUnit === 'µs') columns.cpu = builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
    columns.wall = builder.valueType({ type: 'wall', unit: 'nanoseconds' });
    if (kinds.size === 1 && kinds.has('tracing-ms')) builder.quality({ lasting: true });
  }
  if (bytes || (columns.samples < 0 && columns.wall < 0)) columns.bytes = builder.valueType({ type: 'memory', unit: 'bytes' });
  describe(builder, outline);
  const names = threadNames(threads.map(({ process, thread }) => ({ name: thread.name, pid: thread.pid || process.pid, tid: thread.tid })));
  let count = 0;
  for (const [index, { process, thread }] of threads.entries()) {
    const reader = new FirefoxThread(json, builder, outline, process, thread, columns);
    try {
      count += await reader.read(names[index]!);
    } catch (error) {
      // The last of the threads that were found is not whole.
      if (!(error instanceof ReadError) || outline.cut === undefined) throw error;
    }
  }
  if (areAddresses(builder)) builder.warn(NO_SYMBOLS);
  if (outline.cut === undefined) return;
  if (count === 0) throw outline.cut;
  builder.warn('The file ends too early: what is shown is the part before.');
}

/** samply looks names up when a profile is looked at, and not when it is written. */
const NO_SYMBOLS =
  'Most functions are only addresses, since the file came without symbols: record with samply record --presymbolicate, or open the file with samply load on the machine where it was recorded, and save it from the profiler.';

/** Whether most functions have an address for a name. */
function areAddresses(builder: ProfileBuilder): boolean {
  let addresses = 0;
  for (let func = 0; func < builder.functionCount; func++) if (/^0x[\da-f]+$/i.test(builder.functionName(func))) addresses++;
  return 2 * addresses > builder.functionCount;
}

function describe(builder: ProfileBuilder, outline: Outline): void {
  const { meta } = outline.processes[0]!;
  if (meta.startTime > 1e12 && meta.startTime < 4e12) builder.set({ timeNanos: BigInt(Math.round(meta.startTime * 1e6)) });
  if (meta.interval > 0) {
    builder.set({ period: Math.round(meta.interval * 1e6), periodType: { type: 'wall', unit: 'nanoseconds' } });
    builder.quality({ rateGot: 1000 / meta.interval });
  }
  const engine = meta.importedFrom || meta.product;
  if (engine !== '') builder.quality({ engine });
}

/** Names that tell threads apart: with the process where there are several, with the id where a process has several of a name. */
function threadNames(threads: readonly { name: string; pid: string; tid: string }[]): string[] {
  const several = new Set(threads.map(({ pid }) => pid)).size > 1;
  const names = threads.map(({ name, pid, tid }) => `${name || `thread (${tid})`}${several && pid !== '' ? ` [process ${pid}]` : ''}`);
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return names.map((name, index) => (count.get(name)! > 1 ? `${name} (${threads[index]!.tid || index})` : name));
}
