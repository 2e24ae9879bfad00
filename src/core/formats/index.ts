import { ReadError } from '../errors.js';
import { ProfileBuilder } from '../model/builder.js';
import { maxSamples } from '../model/limits.js';
import type { Profile } from '../model/profile.js';
import { austinMojo } from './austinMojo.js';
import { austinText } from './austinText.js';
import { callgrind } from './callgrind.js';
import { chromeTrace } from './chromeTrace.js';
import { collapsed, pySpyRaw } from './collapsed.js';
import { cpuProfile } from './cpuProfile.js';
import { d3Flame } from './d3Flame.js';
import { dhat } from './dhat.js';
import { dtrace } from './dtrace.js';
import { firefox } from './firefox.js';
import { foreign } from './foreign.js';
import type { Format, ReadControl, Source } from './format.js';
import { goLegacy } from './goLegacy.js';
import { heapProfile } from './heapProfile.js';
import { importTime } from './importTime.js';
import { instruments } from './instruments.js';
import { jfr } from './jfr.js';
import { lineProfiler } from './lineProfiler.js';
import { macosSample } from './macosSample.js';
import { memrayCsv } from './memrayCsv.js';
import { otlp } from './otlp.js';
import { perfScript } from './perfScript.js';
import { pprof } from './pprof.js';
import { pstats } from './pstats.js';
import { pyinstrument } from './pyinstrument.js';
import { pyisession } from './pyisession.js';
import { rbspyRaw } from './rbspyRaw.js';
import { scalene } from './scalene.js';
import { speedscope } from './speedscope.js';
import { stackprof } from './stackprof.js';
import { tachyon } from './tachyon.js';
import { tachyonJsonl } from './tachyonJsonl.js';
import { tracemalloc } from './tracemalloc.js';
import { v8Ticks } from './v8Ticks.js';

/** Every format we know: to add one, write its file and put one line here. */
export const formats: readonly Format[] = [
  pprof,
  otlp,
  goLegacy,
  pstats,
  tachyon,
  tachyonJsonl,
  lineProfiler,
  tracemalloc,
  memrayCsv,
  scalene,
  pyisession,
  pyinstrument,
  speedscope,
  stackprof,
  dhat,
  jfr,
  d3Flame,
  cpuProfile,
  heapProfile,
  chromeTrace,
  firefox,
  austinMojo,
  austinText,
  perfScript,
  callgrind,
  rbspyRaw,
  macosSample,
  instruments,
  importTime,
  v8Ticks,
  dtrace,
  pySpyRaw,
  collapsed,
];

/** Bytes that `sniff` functions are shown of the beginning and of the end. */
const HEAD = 4096;
const TAIL = 64;

/** The format whose content this is, whatever the name; undefined when none claims it. On a draw the first wins. */
export function sniff(bytes: Uint8Array, name: string): Format | undefined {
  const head = bytes.subarray(0, HEAD);
  const tail = bytes.subarray(Math.max(0, bytes.length - TAIL));
  let best: Format | undefined;
  let bestScore = 0;
  for (const format of formats) {
    const score = format.sniff(head, name, tail);
    if (score > bestScore) {
      best = format;
      bestScore = score;
    }
  }
  return best;
}

/**
 * Reads a profile of any known format, packed with gzip or zstd or not, recognised by its content alone.
 * @throws ReadError and nothing else, unless `control.signal` is aborted (then the signal's reason)
 */
export async function readProfile(source: Source, control: ReadControl = {}): Promise<Profile> {
  const pieces = source.pieces?.();
  const head = pieces?.head ?? (await source.bytes());
  control.signal?.throwIfAborted();
  if (head.length === 0) throw new ReadError('empty', 'The file is empty: nothing was recorded, or it was not written to the end.', 0);
  const format = sniff(head, source.name);
  if (format === undefined) throw foreign(await source.bytes());
  const builder = new ProfileBuilder(format.id, maxSamples(pieces?.size ?? head.length));
  try {
    await format.read(source, builder, control);
  } catch (error) {
    if (source.cutAt === undefined || !(error instanceof ReadError)) throw error;
    throw new ReadError('truncated', 'The packed data ends too early, and what is left cannot be read.', source.cutAt, error.message);
  }
  if (source.cutAt !== undefined) builder.warn('The packed data ends too early, so only its beginning is shown.');
  control.signal?.throwIfAborted();
  return builder.finish();
}

/** The format that writes files of this name (by its globs); undefined when we write none such. */
export function formatForName(name: string): Format | undefined {
  const lower = name.toLowerCase();
  return formats.find((format) => format.write !== undefined && format.globs.some((glob) => lower.endsWith(glob.replace(/^\*+/, ''))));
}
