// Filters on labels, threads, stacks and frames; go tool pprof is the judge of what they mean.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { callTree } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { hideFrames } from '../../src/core/model/hideFrames.js';
import { lineTable } from '../../src/core/model/lines.js';
import type { Profile, ViewSpec } from '../../src/core/model/profile.js';
import { asTree, draw, nameOf } from './draw.js';
import { goPprof, hasGo } from './goJudge.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline-filters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every combination of labels once, each with a weight of its own, so that a sum tells which samples it is of. */
function labelled(): Profile {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'samples', unit: 'count' });
  const text = (value: string) => builder.string(value);
  const place = (name: string) => builder.place(builder.func(text(name), 0, text(`/srv/${name}.go`), 1), 5);
  const [main, work, inner] = [place('main'), place('work'), place('inner')];
  const outer = builder.location(
    -1,
    0n,
    [builder.func(text('small'), 0, text('/srv/small.go'), 1), builder.func(text('large'), 0, text('/srv/large.go'), 1)],
    [3, 4],
  );
  const stacks = [
    [work, main],
    [inner, work, main],
    [outer, main],
    [inner, outer, work, main],
  ];
  let weight = 1;
  for (const tenant of ['', 'acme', 'umbrella']) {
    for (const bytes of [0, 64, 4096, 1 << 20]) {
      for (const wait of [0, 250]) {
        const stack = stacks[weight.toString(2).length % 4]!;
        builder.sampleFrames(stack, stack.length, [weight], tenant === 'umbrella' ? builder.thread('worker-7') : -1);
        if (tenant !== '') builder.label(text('tenant'), text(tenant), 0, 0);
        if (tenant === 'acme' && wait > 0) builder.label(text('path'), text('/umbrella'), 0, 0);
        if (bytes > 0) builder.label(text('size'), 0, bytes, text('bytes'));
        if (wait > 0) builder.label(text('wait'), 0, wait, text('ms'));
        weight *= 2;
      }
    }
  }
  return builder.finish();
}

/** Flat and cum of every function as go tool pprof says; its flags as they are. */
function judge(path: string, flags: readonly string[]): Record<string, [number, number]> {
  const all = ['-nodecount=100000', '-nodefraction=0', '-edgefraction=0', '-symbolize=none', '-functions'];
  const rows: Record<string, [number, number]> = {};
  for (const line of goPprof(['-top', ...all, ...flags, path]).split('\n')) {
    const match = /^\s*(\d+)\s+\S+%\s+\S+%\s+(\d+)\s+\S+%\s+(.+?)( \((?:partial-)?inline\))?$/.exec(line);
    if (match !== null) rows[match[3]!] = [Number(match[1]), Number(match[2])];
  }
  return rows;
}

function rowsOf(profile: Profile, spec: ViewSpec): Record<string, [number, number]> {
  const { self, total } = functionTable(profile, spec);
  const rows: Record<string, [number, number]> = {};
  for (let func = 0; func < self.length; func++) if (total[func] !== 0) rows[nameOf(profile, func)] = [self[func]!, total[func]!];
  return rows;
}

describe.skipIf(!hasGo)('as go tool pprof filters', () => {
  const profile = labelled();
  const path = join(folder, 'labelled.pb.gz');
  writeFileSync(path, writePprof(profile));

  it.each([
    'tenant=acme',
    'tenant=a',
    'tenant=^u.*a$,acme',
    'umbrella',
    'tenant:umbrella',
    'acme,umbrella',
    'thread=worker',
    'size=4096b',
    'size=4kb',
    'size=64b:4kb',
    'size=4kb:',
    'size=:64b',
    '1mb',
    '1kb:',
    'wait=250ms',
    'wait=1ms:1s',
    'wait=1s:',
    'nothing=at all',
  ])('by labels: %s', (words) => {
    for (const [flag, spec] of [
      ['-tagfocus', { type: 0, tagFocus: words }],
      ['-tagignore', { type: 0, tagIgnore: words }],
    ] as const) {
      expect(rowsOf(profile, spec), flag).toEqual(judge(path, [`${flag}=${words}`]));
    }
  });

  it.each([
    ['-focus=work', { focus: 'work' }],
    ['-focus=small|inner', { focus: 'small|inner' }],
    ['-ignore=large', { ignore: 'large' }],
    ['-ignore=/srv/inner', { ignore: '/srv/inner' }],
    ['-focus=inner -ignore=small', { focus: 'inner', ignore: 'small' }],
    ['-focus=work -tagfocus=tenant=acme -tagignore=size=1kb:', { focus: 'work', tagFocus: 'tenant=acme', tagIgnore: 'size=1kb:' }],
  ])('by stacks: %s', (flags, spec) => {
    const judged = judge(path, flags.split(' '));
    expect(Object.keys(judged).length).toBeGreaterThan(1);
    expect(rowsOf(profile, { type: 0, ...spec })).toEqual(judged);
  });

  it.each([
    ['-hide=inner', { hide: 'inner' }],
    ['-hide=small', { hide: 'small' }],
    ['-hide=main|work', { hide: 'main|work' }],
    ['-show=work|large', { show: 'work|large' }],
    ['-show=srv -hide=large', { show: 'srv', hide: 'large' }],
  ])('by frames: %s', (flags, hidden) => {
    const judged = judge(path, flags.split(' '));
    expect(Object.keys(judged).length).toBeGreaterThan(0);
    expect(rowsOf(hideFrames(profile, hidden), { type: 0 })).toEqual(judged);
  });
});

describe('filters', () => {
  it('compare a bare number with a label in its own unit', () => {
    const { sum } = functionTable(labelled(), { type: 0, tagFocus: 'size=4096' });
    expect(sum).toBe(functionTable(labelled(), { type: 0, tagFocus: 'size=4kb' }).sum);
    expect(sum).toBeGreaterThan(0);
  });

  it('hide frames alike in whole stacks and prefix trees, in every table', () => {
    const [tree, whole] = [false, true].map((kind) =>
      hideFrames(draw('a a b x\nb x c x\nx<c b . .\nd . . .', { weights: [1, 2, 4, 8], threads: ['p', 'q', 'q', 'p'], whole: kind }), {
        hide: '^x$',
      }),
    ) as [Profile, Profile];
    expect(asTree(tree, callTree(tree, { type: 0 }))).toEqual(['b 0/4', '  c 4/4', 'a 0/3', '  b 2/3', '    c 0/1', '      d 1/1']);
    for (const inverted of [false, true])
      expect(asTree(whole, callTree(whole, { type: 0 }, { inverted }))).toEqual(asTree(tree, callTree(tree, { type: 0 }, { inverted })));
    for (const profile of [tree, whole]) {
      expect(functionTable(profile, { type: 0 }).sum).toBe(7);
      expect(rowsOf(profile, { type: 0, thread: 'q' })).toEqual({ a: [0, 2], b: [2, 6], c: [4, 4] });
      expect([...lineTable(profile, { type: 0 }).files.get('main.py')!.total]).toEqual([7]);
      expect(profile.samples.length).toBe(3);
    }
  });

  it('say in one sentence what is no regular expression', () => {
    for (const spec of [{ tagFocus: 'tenant=(' }, { tagIgnore: '(' }])
      expect(() => functionTable(labelled(), { type: 0, ...spec })).toThrow('is not a regular expression');
  });
});
