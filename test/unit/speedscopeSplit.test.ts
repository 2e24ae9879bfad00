// Samples are taken out of a speedscope file as it arrives: what comes out is what reading them where they stand gives, and JSON.parse.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import type { Source } from '../../src/core/formats/format.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { splitSamples } from '../../src/core/formats/speedscope/split.js';
import { speedscope } from '../../src/core/formats/speedscope.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { Profile } from '../../src/core/model/profile.js';
import { describeProfile } from './describeProfile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/speedscope');
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.speedscope.json'));

/** Numbers below 1, the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** A text that comes in pieces of so many bytes, in one buffer again and again. */
function inPieces(text: string, size: number): Source {
  const bytes = Buffer.from(text);
  const buffer = new Uint8Array(size);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      buffer.set(piece);
      yield buffer.subarray(0, piece.length);
    }
  }
  const made = () => ({ head: bytes.subarray(0, 4096), size: bytes.length, [Symbol.asyncIterator]: pieces });
  return { ...bytesSource('any', bytes), size: bytes.length, bytes: async () => bytes, pieces: made };
}

/** The same to JSON, but no samples that anybody would take out. */
const hidden = (text: string) => text.replaceAll('"samples"', '"\\u0073amples"');

/** Whatever its head looks like. */
async function readProfile(source: Source): Promise<Profile> {
  const builder = new ProfileBuilder('speedscope');
  await speedscope.read(source, builder, {});
  return builder.finish();
}

/** What there is to compare of a profile, or the error. */
async function outcome(source: Source): Promise<unknown> {
  try {
    const profile = await readProfile(source);
    const { time, thread, values } = profile.samples;
    return { text: describeProfile(profile), stacks: stacksOf(profile), time, thread, values };
  } catch (error) {
    if (error instanceof ReadError) return { code: error.code, message: error.message };
    throw error;
  }
}

/** Names of each sample, root first. */
function stacksOf({ samples, stacks, locations, lines, functions, strings }: Profile): string[] {
  return Array.from({ length: samples.length }, (_, i) => {
    const names: string[] = [];
    for (let stack = samples.stack[i]!; stack >= 0; stack = stacks.prefix[stack]!)
      names.unshift(strings[functions.name[lines.func[locations.firstLine[stacks.location[stack]!]!]!]!]!);
    return names.join(';');
  });
}

interface Drawn {
  readonly profiles: { readonly name: string; readonly samples: readonly (readonly number[])[]; readonly weights: readonly number[] }[];
}

/** Threads of samples of which most are like the one before, with numbers of one to four digits. */
function drawn(seed: number, samples = 300): Drawn & { readonly shared: object } {
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const profiles = Array.from({ length: 1 + below(3) }, (_, thread) => {
    let stack: number[] = [];
    const rows = Array.from({ length: below(samples) }, () => {
      const kept = next() < 0.5 ? stack.length : below(stack.length + 1);
      stack = [
        ...stack.slice(0, kept),
        ...(kept === stack.length ? [] : Array.from({ length: below(6) }, () => below(10 ** (1 + below(4))))),
      ];
      if (next() < 0.1) stack = Array.from({ length: below(12) }, () => below(10_000));
      return stack;
    });
    return {
      type: 'sampled',
      name: `worker ${thread}`,
      unit: 'seconds',
      startValue: 0,
      endValue: 9,
      samples: rows,
      weights: rows.map(() => 0.25),
    };
  });
  const frames = Array.from({ length: 10_000 }, (_, i) => ({ name: `f${i}` }));
  return { profiles, shared: { frames } };
}

const spacings: Record<string, (value: object) => string> = {
  close: (value) => JSON.stringify(value),
  // As Python's json.dump writes it.
  'with spaces': (value) => JSON.stringify(value).replaceAll(',', ', ').replaceAll('":', '": '),
  'on lines of their own': (value) => JSON.stringify(value, null, 1).replaceAll('\n', '\r\n'),
};

describe.each(Object.entries(spacings))('samples that stand %s', (_, textOf) => {
  it.each([1, 2, 3])('are those of JSON.parse, in pieces of any size (%i)', async (seed) => {
    const value = drawn(seed);
    const text = textOf(value);
    const expected = value.profiles.flatMap(({ samples }) => samples.map((row) => row.map((frame) => `f${frame}`).join(';')));
    let rows: Profile['frames'];
    for (const size of [1 << 30, 1 << 16, 1021, 97]) {
      const profile = await readProfile(size > text.length ? bytesSource('any', Buffer.from(text)) : inPieces(text, size));
      expect(stacksOf(profile)).toEqual(expected);
      rows ??= profile.frames;
      expect(profile.frames).toEqual(rows);
    }
  });

  it('are taken out of the text', async () => {
    const value = drawn(4);
    const split = await splitSamples(inPieces(textOf(value), 4096), {});
    expect(split?.taken.size).toBe(value.profiles.length);
    const rest = JSON.parse(Buffer.from(split!.rest).toString()) as Drawn;
    expect(rest).toEqual({ ...value, profiles: value.profiles.map((profile) => ({ ...profile, samples: 0 })) });
    expect(split!.ofSample.length).toBe(value.profiles.reduce((sum, { samples }) => sum + samples.length, 0));
  });
});

const small = JSON.stringify({ ...drawn(6, 12), shared: { frames: [{ name: 'f0' }, { name: 'f1', file: '/a.py', line: 3 }] } }).replaceAll(
  /\d{2,}/g,
  '1',
);

it.each(fixtures)('%s is the same with its samples where they stand', async (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const whole = await outcome(bytesSource('any', Buffer.from(hidden(text))));
  for (const size of [1 << 14, 61]) expect(await outcome(inPieces(text, size))).toEqual(whole);
});

test('damaged and cut texts give the same, or the same error', async () => {
  const next = random(11);
  const seen = new Set<unknown>();
  for (let round = 0; round < 400; round++) {
    const at = Math.floor(next() * small.length);
    const wrong = '[]{}",:\\ -.x19'[Math.floor(next() * 14)]!;
    const text = round % 4 === 0 ? small.slice(0, at) : small.slice(0, at) + wrong + small.slice(at + (round % 2));
    const whole = await outcome(bytesSource('any', Buffer.from(hidden(text))));
    expect(await outcome(bytesSource('any', Buffer.from(text))), text).toEqual(whole);
    expect(await outcome(inPieces(text, 7)), text).toEqual(whole);
    seen.add((whole as { code?: string }).code);
  }
  expect([...seen].sort()).toEqual(['corrupt', 'truncated', undefined]);
});

it.each(['[[0],[1.0]]', '[[0],[-1]]', '[[0],null]', '[[0],[1e0]]', '[[0],[[1]]]', '[[0],[1],]', '[[0,],[1]]', '[[0]'])(
  'leaves to the whole: %s',
  async (samples) => {
    const text = `{"shared":{"frames":[{"name":"a"},{"name":"b"}]},"profiles":[{"type":"sampled","name":"one","unit":"none","samples":${samples},"weights":[1,1]}]}`;
    expect(await splitSamples(bytesSource('any', Buffer.from(text)), {})).toBeUndefined();
    expect(await outcome(bytesSource('any', Buffer.from(text)))).toEqual(await outcome(bytesSource('any', Buffer.from(hidden(text)))));
  },
);

test('texts that look like samples are none', async () => {
  const texts = ['"samples":[[1]]', '\\"samples\\":[[2]]', '\\\\', '"events":['].map((name) => ({ name }));
  const value = { ...drawn(5, 40), exporter: '"samples":[[3', more: [{ samples: [[7]] }, [[['samples', [1]]]]] };
  const text = JSON.stringify({
    ...value,
    shared: { frames: [...texts, ...Array.from({ length: 10_000 }, (_, i) => ({ name: `g${i}` }))] },
  });
  const whole = await outcome(bytesSource('any', Buffer.from(hidden(text))));
  expect(await outcome(inPieces(text, 333))).toEqual(whole);
  expect((await splitSamples(inPieces(text, 333), {}))?.taken.size).toBe(value.profiles.length + 1);
});

it('says where in the file the damage is', async () => {
  const text = small.replace('"name":"f1"', '"name";"f1"');
  const error = await readProfile(bytesSource('any', Buffer.from(text))).catch((error: unknown) => error as ReadError);
  expect(error).toMatchObject({ code: 'corrupt', offset: text.indexOf(';') });
});

it('ends when it is cancelled', async () => {
  const signal = AbortSignal.abort(new Error('no longer'));
  const text = JSON.stringify(drawn(8));
  await expect(splitSamples(inPieces(text + ' '.repeat(2 ** 23), 2 ** 20), { signal })).rejects.toThrow('no longer');
});
