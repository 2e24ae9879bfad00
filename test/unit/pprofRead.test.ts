// pprof: what others write, in odd but legal ways.
import { describe, expect, it } from 'vitest';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { draw } from './draw.js';
import { functionAndLocation, handmade, read, shown, type } from './pprofKit.js';

describe('pprof: what others write', () => {
  it.each([1, 2 ** 40, 2n ** 64n - 1n])('takes samples before locations, unpacked lists, and ids such as %s', async (id) => {
    const bytes = handmade((out, inner, row) => {
      inner.number(1, id);
      inner.number(1, 9);
      inner.number(2, -5);
      out.block(2, inner);
      functionAndLocation(out, inner, row, id, 3);
      functionAndLocation(out, inner, row, 9, 4);
      type(out, inner, 1, 2);
    });
    const profile = await read(bytes);
    const { self, total } = functionTable(profile, { type: 0 });
    expect(Array.from(self)).toEqual([-5, 0]);
    expect(Array.from(total)).toEqual([-5, -5]);
    expect(profile.samples.stack.length).toBe(1);
  });

  it('shows the last type unless another is named', async () => {
    const two = (named: number) =>
      handmade((out, inner) => {
        type(out, inner, 1, 2);
        type(out, inner, 3, 2);
        type(out, inner, 4, 2);
        out.number(14, named);
      });
    expect((await read(two(0))).defaultType).toBe(2);
    expect((await read(two(3))).defaultType).toBe(1);
    expect((await read(two(2))).defaultType).toBe(2);
  });

  it('names frames without symbols by their file', async () => {
    const bytes = handmade(
      (out, inner) => {
        type(out, inner, 1, 2);
        inner.number(1, 4);
        inner.number(5, 3);
        out.block(3, inner);
        inner.number(1, 1);
        inner.number(2, 4);
        inner.number(3, 0xbeefn);
        out.block(4, inner);
        inner.number(1, 2);
        inner.number(3, 0xdeadn);
        out.block(4, inner);
        for (const id of [1, 2]) {
          inner.number(1, id);
          inner.number(2, 5);
          out.block(2, inner);
        }
      },
      ['', 'cpu', 'ns', '/usr/lib/libx.so.1', ''],
    );
    const profile = await read(bytes);
    expect(Array.from(profile.functions.name, (row) => profile.strings[row])).toEqual(['[libx.so.1]', '<unknown>']);
    const again = await read(writePprof(profile));
    expect(shown(again)).toEqual(shown(profile));
  });

  it('puts samples with time stamps in order, in nanoseconds since the start', async () => {
    const start = 1_700_000_000_000_000_000n;
    const bytes = handmade(
      (out, inner, row) => {
        type(out, inner, 1, 2);
        functionAndLocation(out, inner, row, 1, 3);
        for (const [stamp, value] of [
          [start + 30n, 3],
          [start + 10n, 1],
          [start + 20n, 2],
        ] as const) {
          inner.number(1, 1);
          inner.number(2, value);
          row.number(1, 5);
          row.number(3, stamp);
          inner.block(3, row);
          row.number(1, 6);
          row.number(2, 7);
          inner.block(3, row);
          out.block(2, inner);
        }
        out.number(9, start);
      },
      ['', 'cpu', 'ns', 'f', 'g', 'end_timestamp_ns', 'thread name', 'worker'],
    );
    const { samples, threads } = await read(bytes);
    expect(Array.from(samples.time!)).toEqual([10, 20, 30]);
    expect(Array.from(samples.values[0] as Float64Array)).toEqual([1, 2, 3]);
    expect(threads).toEqual(['worker']);
    expect(samples.labels).toBeUndefined();
  });

  it('tells threads of one name apart, and shows first what was measured at all', async () => {
    const bytes = handmade(
      (out, inner, row) => {
        type(out, inner, 1, 2);
        type(out, inner, 3, 2);
        functionAndLocation(out, inner, row, 1, 4);
        for (const [thread, id] of [
          [6, 77],
          [6, 78],
          [6, 77],
          [0, 79],
          [0, 0],
        ] as const) {
          inner.number(1, 1);
          inner.number(2, 5);
          inner.varint(2 << 3);
          inner.varint(0);
          row.number(1, 5);
          row.number(2, thread);
          if (thread !== 0) inner.block(3, row);
          row.clear();
          row.number(1, 7);
          row.number(3, id);
          if (id !== 0) inner.block(3, row);
          row.clear();
          out.block(2, inner);
        }
      },
      ['', 'cpu', 'ns', 'gpu', 'f', 'thread name', 'worker', 'thread id'],
    );
    const { samples, threads, defaultType } = await read(bytes);
    expect(Array.from(samples.thread!, (thread) => threads[thread])).toEqual(['worker', 'worker (78)', 'worker', 'thread 79', undefined]);
    expect(defaultType).toBe(0);
  });

  it('keeps comments that only look like ours', async () => {
    const bytes = handmade(
      (out, inner) => {
        type(out, inner, 1, 2);
        for (const comment of [3, 4, 5]) out.number(13, comment);
      },
      ['', 'cpu', 'ns', 'heatline: {"engine":"sampler","rateGot":"x","odd":1}', 'heatline: is nice', 'heatline: [1]'],
    );
    const profile = await read(bytes);
    expect(profile.quality).toEqual({ engine: 'sampler' });
    expect(profile.comments).toEqual(['heatline: is nice', 'heatline: [1]']);
  });
});

it('reads integers of every length to the digit', async () => {
  const values = Array.from({ length: 63 }, (_, bit) => [
    2n ** BigInt(bit),
    2n ** BigInt(bit + 1) - 1n,
    -(2n ** BigInt(bit)),
    -(2n ** BigInt(bit + 1)),
  ]).flat();
  const builder = new ProfileBuilder('x');
  builder.valueType({ type: 'x', unit: 'count' });
  for (const value of values) builder.sample(-1, [value]);
  const { samples } = await read(writePprof(builder.finish()));
  expect(Array.from(samples.values[0] as BigInt64Array)).toEqual(values);
});

it('keeps numbers of labels to the digit', async () => {
  const bytes = handmade(
    (out, inner, row) => {
      type(out, inner, 1, 2);
      for (const number of [7, 2n ** 63n - 1n, -(2n ** 63n)]) {
        inner.number(2, 5);
        row.number(1, 3);
        row.number(3, number);
        inner.block(3, row);
        out.block(2, inner);
      }
    },
    ['', 'cpu', 'ns', 'span id'],
  );
  for (const profile of [await read(bytes), await read(writePprof(await read(bytes)))]) {
    const { text, number } = profile.samples.labels!;
    expect(Array.from(text, (row, i) => profile.strings[row] || number[i])).toEqual([7, '9223372036854775807', '-9223372036854775808']);
  }
});

it('drops frames by names without their parameters', async () => {
  const frames = 'main (anonymous namespace)::alloc(int) operator() tc::operator()(long) .alloc(void*) keep(int)';
  const profile = draw(frames.replaceAll(' ', '\n').replace('(anonymous\nnamespace)', '(anonymous_namespace)'));
  const named = { ...profile, strings: profile.strings.map((text) => text.replace('anonymous_', 'anonymous ')) };
  const left = async (dropFrames: string) => {
    const { stacks, samples } = await read(writePprof({ ...named, dropFrames }));
    let frames = 0;
    for (let at = samples.stack[0]!; at >= 0; at = stacks.prefix[at]!) frames++;
    return frames;
  };
  expect(await left('')).toBe(6);
  expect(await left('\\(anonymous namespace\\)::alloc')).toBe(1);
  expect(await left('operator\\(\\)')).toBe(2);
  expect(await left('tc::operator\\(\\)')).toBe(3);
  expect(await left('alloc')).toBe(4);
  expect(await left('keep')).toBe(5);
});
