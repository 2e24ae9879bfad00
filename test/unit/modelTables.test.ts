import { describe, expect, it } from 'vitest';
import { ReadError, UserError } from '../../src/core/errors.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import { calleesOf, callersOf, neighboursOf } from '../../src/core/model/neighbours.js';
import type { Profile, ViewSpec } from '../../src/core/model/profile.js';
import { ThreadStatus } from '../../src/core/model/profile.js';
import { searchFunctions, totalOf } from '../../src/core/model/search.js';
import { asTable, draw, drawCalls, nameOf } from './draw.js';

function table(profile: Profile, spec: Partial<ViewSpec> = {}) {
  const { self, total } = functionTable(profile, { type: profile.defaultType, ...spec });
  return asTable(profile, self, total);
}

function fileLines(profile: Profile, file: string, spec: Partial<ViewSpec> = {}) {
  const lines = lineTable(profile, { type: 0, ...spec }).files.get(file);
  return Array.from(lines?.line ?? [], (line, i) => `${line}: ${lines!.self[i]}/${lines!.total[i]} of ${lines!.totalSamples[i]}`);
}

function neighbours(profile: Profile, name: string, of: typeof callersOf) {
  const func = Array.from(profile.functions.name).findIndex((row) => profile.strings[row] === name);
  const all = neighboursOf(profile, { type: profile.defaultType }, [func]);
  expect((of === callersOf ? all.callers : all.callees).get(func) ?? []).toEqual(of(profile, { type: profile.defaultType }, func));
  return of(profile, { type: profile.defaultType }, func).map((row) => `${nameOf(profile, row.func)} ${row.self}/${row.total}`);
}

describe.each([false, true])('tables of stacks (whole: %s)', (whole) => {
  it('counts a function once per stack, however often it recurs', () => {
    const profile = draw(
      `A A A
       B A B
       A B C
       B A C`,
      { whole },
    );
    expect(table(profile)).toEqual({ A: '1/3', B: '1/3', C: '1/1' });
    expect(functionTable(profile, { type: 0 }).sum).toBe(3);
  });

  it('keeps functions of the same name in other files apart', () => {
    const profile = draw(`run@a.py run@b.py`, { whole });
    expect(profile.functions.length).toBe(2);
    expect(Array.from(functionTable(profile, { type: 0 }).total)).toEqual([1, 1]);
  });

  it('keeps functions of the same name at other first lines apart, and other lines of one function together', () => {
    const profile = draw(
      `f@a.py:2/1 f@a.py:3/1 f@a.py:9/8
       g          g          g`,
      { whole },
    );
    expect(Array.from(functionTable(profile, { type: 0 }).total)).toEqual([2, 3, 1]);
    expect(fileLines(profile, 'a.py')).toEqual(['2: 0/1 of 1', '3: 0/1 of 1', '9: 0/1 of 1']);
  });

  it('counts every inlined line, and gives self to the innermost', () => {
    const profile = draw(
      `main@m.go:1          main@m.go:1
       inner@m.go:7<outer@m.go:3  outer@m.go:3`,
      { whole },
    );
    expect(table(profile)).toEqual({ main: '0/2', inner: '1/1', outer: '1/2' });
    expect(fileLines(profile, 'm.go')).toEqual(['1: 0/2 of 2', '3: 1/2 of 2', '7: 1/1 of 1']);
  });

  it('counts a line once per stack', () => {
    const profile = draw(
      `f@a.py:2 f@a.py:2
       f@a.py:2 f@a.py:3
       f@a.py:2 f@a.py:2`,
      { whole, weights: [5, 2] },
    );
    expect(fileLines(profile, 'a.py')).toEqual(['2: 7/7 of 2', '3: 0/2 of 1']);
  });

  it('filters by thread, focus and ignore as pprof does: any frame of the stack', () => {
    const profile = draw(
      `main   main   main   .
       parse  parse  render .
       read   lex    draw   .`,
      { whole, weights: [1, 2, 4, 8], threads: ['one', 'two', 'one', 'two'] },
    );
    expect(functionTable(profile, { type: 0 }).sum).toBe(15);
    expect(table(profile, { thread: 'one' })).toEqual({ main: '0/5', parse: '0/1', read: '1/1', lex: '0/0', render: '0/4', draw: '4/4' });
    expect(functionTable(profile, { type: 0, focus: 'parse' }).sum).toBe(3);
    expect(functionTable(profile, { type: 0, focus: 'main', ignore: '^le|dra' }).sum).toBe(1);
    expect(functionTable(profile, { type: 0, focus: 'main\\.py$' }).sum).toBe(7);
    expect(functionTable(profile, { type: 0, thread: 'nobody' }).sum).toBe(0);
    expect(() => functionTable(profile, { type: 0, focus: '(' })).toThrow(UserError);
  });

  it('finds callers and callees, each once per stack', () => {
    const profile = draw(
      `A A B A
       C C C B
       D C . C`,
      { whole, weights: [1, 2, 4, 8] },
    );
    expect(neighbours(profile, 'C', callersOf)).toEqual(['B 12/12', 'A 0/3', 'C 2/2']);
    expect(neighbours(profile, 'A', calleesOf)).toEqual(['B 0/8', 'C 0/3']);
  });

  it('searches: each stack once', () => {
    const profile = draw(
      `load  load save
       load_ x    load`,
      { whole, weights: [1, 2, 4] },
    );
    const found = searchFunctions(profile, 'LOAD');
    expect(found.map((func) => nameOf(profile, func))).toEqual(['load', 'load_']);
    expect(totalOf(profile, { type: 0 }, found)).toBe(7);
    expect(searchFunctions(profile, '/^load$/').length).toBe(1);
    expect(searchFunctions(profile, '/main.py/').length).toBe(profile.functions.length);
    expect(searchFunctions(profile, '/(/')).toEqual([]);
  });

  it('keeps figures beyond 2^53 exact', () => {
    const large = 2n ** 60n + 1n;
    const profile = draw(
      `A A
       B C`,
      { whole, weights: [large, 3n] },
    );
    const { exact, self } = functionTable(profile, { type: 0 });
    expect(exact?.sum).toBe(large + 3n);
    expect(Array.from(exact!.total)).toEqual([large + 3n, large, 3n]);
    expect(self[2]).toBe(3);
  });
});

describe('tables of call counts', () => {
  const profile = drawCalls(
    {
      main: { calls: 1, self: 1, total: 10 },
      work: { calls: 5, primitive: 3, self: 6, total: 9 },
      leaf: { calls: 7, self: 3, total: 3 },
    },
    {
      'main>work': { calls: 3, self: 4, total: 9 },
      'work>work': { calls: 2, self: 2, total: 4 },
      'work>leaf': { calls: 7, self: 3, total: 3 },
    },
  );

  it('gives them as they are', () => {
    expect(table(profile)).toEqual({ main: '1/10', work: '6/9', leaf: '3/3' });
    expect(table(profile, { type: 0 })).toEqual({ main: '1/1', work: '5/5', leaf: '7/7' });
    const { calls, primitive, sum } = functionTable(profile, { type: 1 });
    expect(Array.from(calls!)).toEqual([1, 5, 7]);
    expect(Array.from(primitive!)).toEqual([1, 3, 7]);
    expect(sum).toBe(10);
  });

  it('gives callers and callees from the edges', () => {
    expect(neighbours(profile, 'work', callersOf)).toEqual(['main 4/9', 'work 2/4']);
    expect(neighbours(profile, 'work', calleesOf)).toEqual(['work 2/4', 'leaf 3/3']);
    expect(totalOf(profile, { type: 1 }, [0, 1])).toBe(7);
  });

  it('puts them at the first line of the function', () => {
    const lines = lineTable(profile, { type: 1 });
    expect(lines.perFunction).toBe(true);
    expect(Array.from(lines.files.get('main.py')!.calls)).toEqual([13]);
    expect(Array.from(lines.files.get('main.py')!.total)).toEqual([10]);
  });
});

describe('ProfileBuilder', () => {
  it('refuses indexes that do not exist, as ReadError', () => {
    const builder = new ProfileBuilder('x');
    builder.valueType({ type: 't', unit: '' });
    expect(() => builder.func(9, 0, 0, 0)).toThrow(ReadError);
    expect(() => builder.place(0, 1)).toThrow(ReadError);
    expect(() => builder.stack(-1, 3)).toThrow(ReadError);
    expect(() => builder.stack(4, 0)).toThrow(ReadError);
    expect(() => builder.sample(0, [1])).toThrow(ReadError);
    expect(() => builder.sampleFrames([0], 1, [1])).toThrow(ReadError);
    expect(() => builder.sample(-1, [])).toThrow(ReadError);
    expect(() => builder.sample(-1, [1], 0)).toThrow(ReadError);
    expect(() => builder.location(0, 0n, [], [])).toThrow(ReadError);
    expect(() => builder.func(0.5, 0, 0, 0)).toThrow(ReadError);
    expect(builder.finish().samples.length).toBe(0);
  });

  it('takes names that are special to JavaScript', () => {
    const profile = draw('__proto__ constructor');
    expect(searchFunctions(profile, '__proto__').length).toBe(1);
    expect(functionTable(profile, { type: 0 }).sum).toBe(2);
  });

  it('grows the same tree from whole stacks as from frames one by one', () => {
    const text = `A A A B
                  B B C A
                  C D . .`;
    const grown = draw(text, { whole: true });
    const told = draw(text);
    const paths = ({ stacks, samples }: Profile) =>
      Array.from(samples.stack, (stack) => {
        const path: number[] = [];
        for (let at = stack; at >= 0; at = stacks.prefix[at]!) path.unshift(stacks.location[at]!);
        return path;
      });
    expect(paths(grown)).toEqual(paths(told));
    expect(grown.stacks.length).toBe(told.stacks.length);
    for (let i = 0; i < grown.stacks.length; i++) expect(grown.stacks.prefix[i]!).toBeLessThan(i);
  });

  it('takes both kinds of stacks in one profile, whichever comes first', () => {
    for (const wholeFirst of [true, false]) {
      const builder = new ProfileBuilder('x');
      builder.valueType({ type: 't', unit: '' });
      const [a, b] = ['a', 'b'].map((name) => builder.place(builder.func(builder.string(name), 0, 0, 0), 1)) as [number, number];
      const told = () => builder.sample(builder.stack(builder.stack(-1, a), b), [1]);
      const whole = () => builder.sampleFrames([b, a], 2, [2]);
      for (const add of wholeFirst ? [whole, told] : [told, whole]) add();
      const profile = builder.finish();
      expect(table(profile)).toEqual({ a: '0/3', b: '3/3' });
      expect(profile.stacks.length).toBe(2);
      expect(profile.samples.stack[0]).toBe(profile.samples.stack[1]);
    }
  });

  it('joins equal whole stacks while that pays, and counts the same when it does not', () => {
    const build = (distinct: number, samples: number) => {
      const builder = new ProfileBuilder('x');
      builder.valueType({ type: 't', unit: '' });
      const func = builder.func(builder.string('f'), 0, builder.string('a.py'), 1);
      const places = Array.from({ length: distinct }, (_, line) => builder.place(func, line + 1));
      for (let i = 0; i < samples; i++) builder.sampleFrames([places[i % distinct]!, places[0]!], 2, [1]);
      return builder.finish();
    };
    const few = build(10, 20_000);
    expect(few.frames?.length).toBe(10);
    expect(fileLines(few, 'a.py')[1]).toBe('2: 2000/2000 of 2000');
    const many = build(10_000, 20_000);
    expect(fileLines(many, 'a.py')[1]).toBe('2: 2/2 of 2');
    expect(fileLines(many, 'a.py').length).toBe(10_000);
    expect(many.stacks.length).toBe(10_001);
  });

  it('refuses more functions or threads than any program has', () => {
    const fill = (add: (builder: ProfileBuilder, index: number) => void) => {
      const builder = new ProfileBuilder('test');
      for (let i = 0; i < 2 ** 20 + 1; i++) add(builder, i);
    };
    expect(() => fill((builder, i) => builder.func(0, 0, 0, i + 1))).toThrow('more than 1,048,576 functions');
    expect(() => fill((builder, i) => builder.thread(String(i)))).toThrow('more than 65,536 threads');
  });

  it('keeps times and statuses of the samples that have them, in any order', () => {
    const build = (times: readonly (number | undefined)[]) => {
      const builder = new ProfileBuilder('test');
      builder.valueType({ type: 'samples', unit: 'count' });
      for (const time of times) builder.sample(-1, [1], -1, time);
      return builder;
    };
    expect(Array.from(build([1, 3, 2]).finish().samples.time!)).toEqual([1, 3, 2]);
    expect(Array.from(build([undefined, 3, undefined]).finish().samples.time!)).toEqual([Number.NaN, 3, Number.NaN]);
    expect(build([undefined, undefined]).finish().samples.time).toBeUndefined();
    const builder = build([1]);
    builder.sample(-1, [1]);
    builder.status(ThreadStatus.hasGil | ThreadStatus.onCpu);
    builder.sample(-1, [1]);
    const { status } = builder.finish().samples;
    expect(Array.from(status!)).toEqual([4, 3, 4]);
    expect(build([1]).finish().samples.status).toBeUndefined();
  });
});
