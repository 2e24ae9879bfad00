import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { callTree } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import { callersOf } from '../../src/core/model/neighbours.js';
import { packProfile, unpackProfile } from '../../src/core/model/transport.js';

/** As callgrind tells it: main (10 Ir, 2 Dr) calls work twice (90 Ir, 8 Dr), whose lines 5 and 6 took 60 and 30, one of them inlined. */
function callgrindLike() {
  const builder = new ProfileBuilder('test');
  const calls = builder.valueType({ type: 'calls', unit: 'count' });
  const ir = builder.valueType({ type: 'Ir', unit: 'count' });
  const dr = builder.valueType({ type: 'Dr', unit: 'count' });
  builder.callTypes(calls, ir, dr);
  const func = (name: string, line: number) => builder.func(builder.string(name), 0, builder.string('a.c'), line);
  const main = func('main', 1);
  const work = func('work', 4);
  builder.functionCalls(main, 1, 1, 10, 100);
  builder.functionCost(main, dr, 2, 10);
  builder.functionCalls(work, 2, 2, 90, 90);
  builder.functionCost(work, dr, 8, 8);
  builder.edge(main, work, 2, 2, 90, 90);
  builder.edgeCost(main, work, dr, 5, 5);
  builder.edgeCost(main, work, dr, 3, 3);
  builder.lineCost(ir, main, 2, 10, 100, 2);
  builder.lineCost(ir, work, 5, 40, 40);
  builder.lineCost(ir, work, 5, 20, 20);
  builder.lineCost(ir, work, 6, 30, 30, -1, builder.string('b.h'));
  return { profile: builder.finish(), main, work, calls, ir, dr };
}

const column = (values: ArrayLike<number>) => Array.from(values);

describe('several costs of the same calls', () => {
  it('gives functions, callers and tree in each of them', () => {
    const { profile, main, work, calls, ir, dr } = callgrindLike();
    expect(column(functionTable(profile, { type: ir }).total)).toEqual([100, 90]);
    expect(column(functionTable(profile, { type: dr }).self)).toEqual([2, 8]);
    expect(column(functionTable(profile, { type: dr }).total)).toEqual([10, 8]);
    expect(column(functionTable(profile, { type: calls }).self)).toEqual([1, 2]);
    expect(callersOf(profile, { type: dr }, work)).toEqual([{ func: main, self: 8, total: 8, calls: 2, primitive: 2 }]);
    const tree = callTree(profile, { type: dr });
    expect(column(tree.func)).toEqual([main, work]);
    expect(column(tree.total)).toEqual([10, 8]);
    expect(tree.estimate).toBe(true);
  });

  it('refuses a cost that nobody named, or of another edge than the last', () => {
    const builder = new ProfileBuilder('test');
    for (const type of ['calls', 'Ir']) builder.valueType({ type, unit: 'count' });
    builder.callTypes(0, 1);
    const func = builder.func(builder.string('f'), 0, 0, 0);
    expect(() => builder.functionCost(func, 2, 1, 1)).toThrow('callTypes');
    expect(() => builder.edgeCost(func, func, 1, 1, 1)).toThrow('follows its edge');
  });
});

describe('sums per line', () => {
  it('are the lines of the type, in the file they stand in; rows of one line add up', () => {
    const { profile, ir, dr } = callgrindLike();
    const table = lineTable(profile, { type: ir });
    expect(table.perFunction).toBe(false);
    expect(table.sum).toBe(100);
    const own = table.files.get('a.c')!;
    expect(column(own.line)).toEqual([1, 2, 4, 5]);
    expect(column(own.self)).toEqual([0, 10, 0, 60]);
    expect(column(own.total)).toEqual([0, 100, 0, 60]);
    expect(column(own.calls)).toEqual([1, 2, 2, -1]);
    expect(column(table.files.get('b.h')!.self)).toEqual([30]);
    // The other cost is known per function only.
    expect(lineTable(profile, { type: dr }).perFunction).toBe(true);
  });

  it('give the functions their figures where the file has none, never more than the whole', () => {
    const builder = new ProfileBuilder('test');
    const type = builder.valueType({ type: 'time', unit: 'microseconds' });
    const func = builder.func(builder.string('f'), 0, builder.string('a.py'), 1);
    builder.lineCost(type, func, 2, 30, 70, 5);
    builder.lineCost(type, func, 3, 10, 40, 5);
    const profile = unpackProfile(structuredClone(packProfile(builder.finish()).packed));
    const table = functionTable(profile, { type });
    expect(column(table.self)).toEqual([40]);
    expect(column(table.total)).toEqual([40]);
    expect(table.sum).toBe(40);
    expect(table.calls).toBeUndefined();
    expect(column(callTree(profile, { type }).self)).toEqual([40]);
    expect(callTree(profile, { type }).estimate).toBe(false);
    expect(column(lineTable(profile, { type }).files.get('a.py')!.calls)).toEqual([5, 5]);
  });
});
