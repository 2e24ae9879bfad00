// What async-profiler writes, against its own converter and its own report of the same samples.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { topText } from '../../src/core/report/top.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/async-profiler');
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const open = (name: string) => readProfile(bytesSource('any', readFileSync(join(folder, name))));

/** Thread and frames, root first → sum in the value type that is meant. `named` says how a frame is shown. */
function sums(profile: Profile, type: string, named: (system: string, file: string, line: number) => string): Map<string, number> {
  const { samples, stacks, locations, lines, functions, strings, threads } = profile;
  const column = profile.sampleTypes.findIndex((each) => each.type === type);
  const found = new Map<string, number>();
  for (let i = 0; i < samples.length; i++) {
    const value = Number(samples.values[column]![i]);
    if (value === 0) continue;
    const frames: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      const row = locations.firstLine[stacks.location[at]!]!;
      const func = lines.func[row]!;
      frames.unshift(named(strings[functions.systemName[func]!]!, strings[functions.file[func]!]!, lines.line[row]!));
    }
    const key = [threads[samples.thread![i]!], ...frames].join(';');
    found.set(key, (found.get(key) ?? 0) + value);
  }
  return found;
}

/** Adds up a key's values. */
function summed(rows: Iterable<readonly [string, number]>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [key, value] of rows) found.set(key, (found.get(key) ?? 0) + value);
  return found;
}

/** Rows of a collapsed text with threads: `[name tid=1];frame;frame 2`. The names of threads may hold `;`. */
function collapsed(name: string, frame: (text: string) => string): Map<string, number> {
  const rows = text(name)
    .trimEnd()
    .split('\n')
    .map((line): [string, number] => {
      const [, thread, stack, value] = /^\[(.*?) tid=\d+\];(.*) (\d+)$/.exec(line)!;
      return [[thread, ...stack!.split(';').map(frame)].join(';'), Number(value)];
    });
  return summed(rows);
}

/** As the converter writes methods: `java/lang/Thread.run:840_[j]`, native code and classes without a mark or line. */
const converted = (frame: string) => frame.replace(/_\[[jik01]\]$/, '').replaceAll('/', '.');

/** Ours, with the descriptor left out. */
const method = (system: string, _file: string, line: number) =>
  `${system.replace(/\([^)]*\)(?:\[*[A-Z][\w/$;]*)?$/, '').replaceAll('/', '.')}${line > 0 ? `:${line}` : ''}`;

describe('a recording (jfr)', () => {
  it.each([
    ['cpu', 'samples'],
    ['wall', 'wall samples'],
    ['alloc', 'allocated in TLABs'],
    ['lock', 'lock'],
  ])('has every stack and figure that jfrconv --%s finds in it', async (kind, type) => {
    const found = sums(await open('till.jfr'), type, method);
    const rows = [...collapsed(`till.jfr.judge.${kind}.txt`, converted)];
    // Of allocations and locks the converter shows the class on top of the stack.
    const top = kind === 'alloc' || kind === 'lock' ? 1 : 0;
    const wanted = summed(rows.map(([stack, value]) => [stack.split(';').toSpliced(-1, top).join(';'), value] as const));
    expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [key, value] of wanted) expect(Math.abs(found.get(key)! - value), key).toBeLessThanOrEqual(kind === 'lock' ? 100 : 0);
    expect(wanted.size).toBeGreaterThanOrEqual(2);
  });

  it('names native code by its function and library, and classes made at run time without their address', async () => {
    const { strings, functions } = await open('till.jfr');
    const shown = Array.from(functions.name, (name, func) => `${strings[name]} (${strings[functions.file[func]!]})`);
    expect(shown).toContain('SharedRuntime::lrem (libjvm.so)');
    expect(shown).toContain('Till$$Lambda$4.run() (Till.java)');
    expect(shown).toContain('Till.step(long, int) (Till.java)');
  });

  it('lists of a value type only the functions that have any of it', async () => {
    const profile = await open('till.jfr');
    const text = topText(profile, { type: profile.sampleTypes.findIndex(({ type }) => type === 'lock') }, {});
    expect(text).toContain('Till.pay()');
    expect(text).not.toMatch(/^ *0 s +0 % +0 s/m);
    expect(text).not.toContain('more function');
  });

  it('is pprof with the same sums when jfrconv has made it that', async () => {
    const cpu = sums(await open('till.jfr'), 'samples', (system) => system.replace(/\(.*/, ''));
    const pprof = await open('till.pprof');
    const total = [...cpu.values()].reduce((sum, value) => sum + value, 0);
    expect(Array.from(pprof.samples.values[0]!, Number).reduce((sum, value) => sum + value, 0)).toBe(total);
  });
});

/** Stacks of async-profiler's own report, `[ 0]` the leaf, with nanoseconds and samples. */
function report(): { stack: string; nanos: number; samples: number }[] {
  return text('report.judge.txt')
    .split(/^--- (?=\d)/m)
    .slice(1)
    .map((part) => {
      const [, nanos, samples] = /^(\d+) ns \(.*%\), (\d+) samples?/.exec(part)!;
      const frames = Array.from(part.matchAll(/^ {2}\[ *\d+\] (.*)$/gm), ([, frame]) => frame!).reverse();
      const thread = /^\[(.*) tid=\d+\]$/.exec(frames[0]!)![1];
      return { stack: [thread, ...frames.slice(1)].join(';'), nanos: Number(nanos), samples: Number(samples) };
    });
}

describe('collapsed stacks', () => {
  const dotted = (name: string) => name.replace(/\([^)]*\)(?: const|\[*[A-Z][\w/$|]*)?$/, '').replaceAll('/', '.');

  it('are those of its report, by samples and by time', async () => {
    const rows = report();
    expect(rows.length).toBeGreaterThan(10);
    const name = (stack: string) => stack.replaceAll('/', '.');
    const samples = summed(rows.map(({ stack, samples }) => [name(stack), samples] as const));
    const nanos = summed(rows.map(({ stack, nanos }) => [name(stack), nanos] as const));
    expect(sums(await open('annotated.collapsed'), 'samples', dotted)).toEqual(samples);
    expect(sums(await open('till.collapsed'), 'samples', dotted)).toEqual(nanos);
    // With the libraries of native code before their names: "libjvm.so`Interpreter".
    const plain = (system: string) => dotted(system.replace(/^[^`;]*\.so[.\d]*`/, ''));
    expect(sums(await open('libraries.collapsed'), 'samples', plain)).toEqual(samples);
  });

  it('make one function of a method, however it was compiled', async () => {
    const { strings, functions, threads } = await open('annotated.collapsed');
    const names = Array.from(functions.name, (name) => strings[name]!);
    expect(names.filter((name) => name.startsWith('Till.step'))).toEqual(['Till.step(JI)J']);
    expect(threads).toContain('queue; two');
  });
});
