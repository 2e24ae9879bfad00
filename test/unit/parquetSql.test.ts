// The questions of docs/scale.md, as that page has them, put to engines that know nothing of us: each figure is what `heatline` says of the windows
// themselves, and `go tool pprof`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sparkPython, sqlPython } from '../rig/sqlEngines.js';
import { cliKit } from './cliKit.js';
import { goName, goPprof, hasGo, judge } from './goJudge.js';
import { type Answer, askEngine, questions, type SqlEngine } from './parquetEngines.js';
import { type MadeWindow, makeWindow } from './parquetKit.js';

const { folder, json, heatline } = cliKit();
const root = join(folder, 'store');
const missing = !existsSync(sqlPython());
if (missing && process.env.CI) throw new Error(`${sqlPython()} is missing: node test/rig/run.mjs tools installs it.`);
// Half a gigabyte and Java: `node test/rig/run.mjs spark` installs it, and HEATLINE_SPARK=1 asks it too.
const engines: readonly SqlEngine[] = process.env.HEATLINE_SPARK ? ['duckdb', 'clickhouse', 'spark'] : ['duckdb', 'clickhouse'];

interface Made extends MadeWindow {
  readonly path: string;
  readonly day: string;
}

const made: Made[] = [];
let seed = 1;
for (const service of ['shop', 'cart', 'it’s "50 %"'])
  for (const day of [20, 21])
    for (const host of ['web-1', 'web-2'])
      for (let sequence = 0; sequence < 6; sequence++) {
        const window: MadeWindow = {
          service,
          version: sequence < 3 || (day === 20 && host === 'web-2') ? '2.6' : '2.7',
          host,
          processId: 100 + (sequence % 2),
          start: Date.UTC(2026, 10, day, 21, 15 * sequence),
          sequence,
          flat: sequence % 2 === 0,
          seed: seed++,
        };
        made.push({ ...window, path: makeWindow(root, window), day: `2026-11-${day}` });
      }

const shop = made.filter(({ service }) => service === 'shop');
const filesOf = (windows: readonly Made[]) => windows.map(({ path }) => join(root, path));

type Figures = Map<string, [self: number, total: number]>;

/** Functions of windows added up, by `name file`: as `heatline top` has them, once `go tool pprof` says the same. */
function functionsOf(windows: readonly Made[], type: string): Figures {
  const files = filesOf(windows);
  const { functions } = json('top', ...files, '--value', type);
  const found: Figures = new Map(
    functions
      .filter(({ self, total }: { self: number; total: number }) => self !== 0 || total !== 0)
      .map(({ name, file, self, total }: Record<string, unknown>) => [`${name} ${file}`, [self, total]]),
  );
  if (hasGo) {
    const merged = join(folder, 'by-go.pb.gz');
    goPprof(['-proto', `-output=${merged}`, ...files]);
    const { rows } = judge(merged, type, 'ns', '-filefunctions');
    expect(Object.fromEntries(Array.from(found, ([name, figures]) => [goName(name), figures]))).toEqual(rows);
  }
  return found;
}

const figureOf = (figures: Figures, name: string) => figures.get(name) ?? [0, 0];
const byText = (a: readonly (string | number)[], b: readonly (string | number)[]) =>
  a.slice(0, 2).join('\0') < b.slice(0, 2).join('\0') ? -1 : 1;
/** Rows with figures as the engines give them. */
const asAnswer = (rows: readonly (readonly (string | number)[])[]) => rows.map((row) => row.map(String));

describe.skipIf(missing)('the questions of docs/scale.md', () => {
  const answers = new Map<SqlEngine, ReadonlyMap<string, Answer>>();

  beforeAll(() => {
    expect(heatline('index', root).stderr).toBe('');
    for (const engine of engines) {
      const python = engine === 'spark' ? sparkPython() : sqlPython();
      const rows = askEngine(python, engine, root, [...questions.values()]);
      answers.set(engine, new Map([...questions.keys()].map((question, at) => [question, rows[at]!])));
    }
  });

  test('are all asked here', () => {
    expect([...questions.keys()].sort()).toEqual([...Object.keys(wanted)].sort());
  });

  /** What must be answered, in the order of the page where that is told by the figures. */
  const wanted: Readonly<Record<string, () => readonly (readonly (string | number)[])[]>> = {
    'Top functions': () => {
      const figures = functionsOf(
        shop.filter(({ day }) => day === '2026-11-21'),
        'cpu',
      );
      return Array.from(figures, ([name, [self, total]]) => [...split(name), self, total]).sort(
        (a, b) => Number(b[2]) - Number(a[2]) || byText(a, b),
      );
    },
    'Yesterday against today': () => {
      const [before, after] = ['2026-11-20', '2026-11-21'].map((day) =>
        functionsOf(
          shop.filter((window) => window.day === day),
          'cpu',
        ),
      );
      return namesOf(before!, after!)
        .map((name) => [...split(name), figureOf(before!, name)[0], figureOf(after!, name)[0]])
        .sort((a, b) => Number(b[3]) - Number(b[2]) - (Number(a[3]) - Number(a[2])) || byText(a, b));
    },
    'Version against version': () => {
      const [base, next] = ['2.6', '2.7'].map((version) =>
        functionsOf(
          shop.filter((window) => window.version === version),
          'cpu',
        ),
      );
      const [whole, wholeNext] = [base!, next!].map((figures) => [...figures.values()].reduce((sum, [self]) => sum + self, 0));
      return namesOf(base!, next!)
        .map((name) => [...split(name), figureOf(base!, name)[0], figureOf(next!, name)[0]])
        .map((row) => [...row, Number(row[3]) / wholeNext! - Number(row[2]) / whole!])
        .sort((a, b) => Number(b[4]) - Number(a[4]) || byText(a, b));
    },
    'Lines of a file': () => {
      const files = filesOf(shop.filter(({ day }) => day === '2026-11-21'));
      const lines: { file: string; lines: { line: number; self: number; total: number }[] }[] = json(
        'lines',
        ...files,
        '--value',
        'wall',
      ).files;
      return lines
        .filter(({ file }) => file.endsWith('part 1.py'))
        .flatMap(({ file, lines: own }) => own.map(({ line, self, total }) => [file, line, self, total]));
    },
    'Which hosts': () =>
      ['web-1', 'web-2']
        .map((host) => {
          const figures = functionsOf(
            shop.filter((window) => window.host === host),
            'cpu',
          );
          return [host, ...figureOf(figures, 'Cart.add /srv/shop/part 1.py')];
        })
        .sort((a, b) => Number(b[1]) - Number(a[1])),
    'Growth over days': () =>
      ['2026-11-20', '2026-11-21'].map((day) => {
        const windows = shop.filter((window) => window.day === day);
        const { total } = json('top', ...filesOf(windows), '--value', 'cpu');
        return [day, windows.length, total, figureOf(functionsOf(windows, 'cpu'), 'Cart.add /srv/shop/part 1.py')[0]];
      }),
    'By route': () =>
      ['/buy', '/cart/{id}', '/o\'clock, "x"']
        .map((route) => {
          const { total } = json('top', ...filesOf(shop), '--value', 'cpu', '--label', `route=^${route.replace(/[{}]/g, '.')}$`);
          return [route, total];
        })
        .sort((a, b) => Number(b[1]) - Number(a[1])),
    'Which windows hold a function': () => {
      const name = 'retry /srv/shop/part 1.py';
      const holds = shop.filter((window) =>
        hasGo ? name in judge(join(root, window.path), 'wall', 'ns', '-filefunctions').rows : functionsOf([window], 'wall').has(name),
      );
      const hour = ({ day, host, version, start }: Made) => [day, host, version, new Date(start).getUTCHours()].join();
      const hours = new Set(holds.map(hour));
      expect(holds.length).toBeGreaterThan(3);
      return shop
        .filter((window) => hours.has(hour(window)))
        .map(({ path }) => [path])
        .sort();
    },
  };

  test.each(Object.keys(wanted))('%s', (question) => {
    const expected = wanted[question]!();
    expect(expected.length).toBeGreaterThan(1);
    const shares = question === 'Version against version' ? expected.map((row) => Number(row[4])) : [];
    for (const engine of engines) {
      const given = answers.get(engine)!.get(question)!;
      if (shares.length === 0) {
        expect(given, engine).toEqual(asAnswer(expected));
        continue;
      }
      expect(
        given.map((row) => row.slice(0, 4)),
        engine,
      ).toEqual(asAnswer(expected.map((row) => row.slice(0, 4))));
      for (const [at, share] of shares.entries()) expect(Number(given[at]![4]), engine).toBeCloseTo(share, 9);
    }
  });
});

function split(name: string): [string, string] {
  const at = name.indexOf(' /srv/');
  return [name.slice(0, at), name.slice(at + 1)];
}

function namesOf(...all: readonly Figures[]): string[] {
  return [...new Set(all.flatMap((figures) => [...figures.keys()]))];
}
