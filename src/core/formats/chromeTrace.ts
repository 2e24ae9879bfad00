import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { ChromeCpuProfiles } from './chromeTrace/cpuProfiles.js';
import { TraceEvents } from './chromeTrace/events.js';
import type { Format, ReadControl, Source } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';

/**
 * Chrome's Trace Event format, as Chrome, viztracer, py-spy and many others write it: an array of events, or an object with
 * `traceEvents`. Spec: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export const chromeTrace: Format = {
  id: 'chrome-trace',
  label: 'Chrome trace',
  globs: ['*.chrometrace.json', '*.trace.json'],
  sniff(head) {
    const found = sniffJson(head);
    if (found === undefined) return 0;
    const { paths, root } = found;
    if (root === 'array') return paths.has('[].ph') && (paths.has('[].ts') || paths.has('[].pid') || paths.has('[].name')) ? 1 : 0;
    if (paths.has('traceEvents')) return 1;
    // What may come before the events, and be longer than the head.
    const before = ['viztracer_metadata', 'displayTimeUnit', 'systemTraceEvents'].some((key) => paths.has(key));
    return before || paths.get('metadata.source') === 'DevTools' ? 0.7 : 0;
  },
  read,
};

async function read(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const json = new JsonCursor(await source.bytes(), control);
  const profiles = new ChromeCpuProfiles(json, builder);
  const events = new TraceEvents(json, builder, profiles);
  const list = json.kind() === 'array';
  try {
    if (list) await events.read();
    else if (json.object()) while (json.nextKey()) if (json.key === 'traceEvents') await events.read();
  } catch (error) {
    if (!(error instanceof ReadError) || error.code !== 'truncated' || events.length + profiles.count === 0) throw error;
    // A list may end without its bracket, so that a program can write it while it runs.
    if (!list || events.inside) builder.warn('The file ends too early: what is shown is the part before.');
  }
  const asynchronous = events.asynchronous;
  if (asynchronous > 0) builder.warn(`${asynchronous} asynchronous events were left out: they belong to no stack.`);
  if (profiles.count > 0) {
    if (events.length > 0) builder.warn(`${events.length} events were left out in favour of the CPU profile in the same file.`);
    await profiles.emit((pid, tid) => events.threadName(pid, tid));
  } else if (events.length > 0) await events.emit();
  else throw new ReadError('corrupt', 'It holds no events with a duration: there is nothing to show.');
}
