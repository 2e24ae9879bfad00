import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { GrowingFloat64 } from '../model/growing.js';
import type { Format, ReadControl, Source } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';
import { CallFrames } from './v8/frames.js';
import { V8Profile } from './v8/profile.js';

/** Node's `--cpu-prof` and what Chrome's developer tools save: V8's CPU profile. */
export const cpuProfile: Format = {
  id: 'cpuprofile',
  label: 'V8 CPU profile',
  globs: ['*.cpuprofile'],
  sniff(head) {
    const paths = sniffJson(head)?.paths;
    if (paths === undefined) return 0;
    if (paths.has('nodes.[].callFrame')) return 1;
    return paths.has('nodes') && (paths.has('timeDeltas') || paths.has('nodes.[].hitCount') || paths.has('samples')) ? 0.8 : 0;
  },
  read,
};

/** Takes the array entered; one entry a sample. */
async function readColumn(json: JsonCursor, into: GrowingFloat64, builder: ProfileBuilder): Promise<void> {
  while (json.numbers(into, 1 << 20)) {
    builder.checkSamples(into.length);
    await json.pause();
  }
}

async function read(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const json = new JsonCursor(await source.bytes(), control);
  const profile = new V8Profile();
  const frames = new CallFrames(json, builder);
  builder.valueType({ type: 'samples', unit: 'count' });
  builder.valueType({ type: 'wall', unit: 'microseconds' });
  try {
    if (json.object()) {
      while (json.nextKey()) {
        const { key } = json;
        if (key === 'nodes') await profile.nodes(json, frames);
        else if (key === 'startTime') profile.start = json.number();
        else if (key === 'endTime') profile.end = json.number();
        else if (key === 'samples' && json.array()) await readColumn(json, profile.samples, builder);
        else if (key === 'timeDeltas' && json.array()) await readColumn(json, profile.deltas, builder);
      }
    }
  } catch (error) {
    if (!(error instanceof ReadError) || error.code !== 'truncated' || profile.samples.length === 0) throw error;
    builder.warn('The file ends too early: what is shown is the part before.');
  }
  if (profile.end > profile.start) builder.set({ durationNanos: (profile.end - profile.start) * 1000 });
  // Without times the samples can still be counted.
  if (profile.deltas.length === 0) builder.set({ defaultType: 0 });
  await profile.emit(builder, -1, Number.isFinite(profile.start) ? profile.start : 0, () => json.pause(false));
}
