// Cells of notebooks in the server: recorded texts, and the documents that they belong to.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CodeLens, Hover } from 'vscode-languageserver/node';
import type { ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import { buildServer, encodePprof, type RunningServer, startServer } from './serverKit.js';

const MS = 1_000_000;
const BASE = 'vscode-notebook-cell:/home/me/a%20b.ipynb';
const NAME = '/home/me/a b.ipynb#cell';
const DEFINES = 'import time\n\ndef work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total';
const BOTH = 'def inner():\n    pass\ninner()';
const USES = 'work(10)\ntime.sleep(1)';

let folder = '';
let built: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;
let info: ProfileInfo;
let view: ViewParams;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline cells '));
  built = await buildServer();
});
afterAll(() => {
  built.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const profile = {
  functions: [
    ['work', `${NAME}2`, 3],
    ['<module>', `${NAME}3`, 1],
    ['<module>', `${NAME}4`, 1],
    ['inner', `${NAME}5`, 1],
    ['<module>', `${NAME}5`, 1],
  ],
  samples: [
    {
      stack: [
        [0, 6],
        [1, 1],
      ],
      values: [6, 600 * MS],
    },
    { stack: [[1, 2]], values: [3, 300 * MS] },
    { stack: [[2, 2]], values: [1, 100 * MS] },
    {
      stack: [
        [3, 2],
        [4, 3],
      ],
      values: [1, 50 * MS],
    },
  ],
} as const;

async function seal(cells: unknown, id = `cells-${++count}`): Promise<ProfileInfo> {
  const recording = path.join(folder, id);
  mkdirSync(recording);
  writeFileSync(path.join(recording, 'a.pb.gz'), encodePprof(profile));
  writeFileSync(path.join(recording, 'a.pb.gz.cells'), typeof cells === 'string' ? cells : JSON.stringify(cells));
  for (const ending of ['.armed', '.request']) writeFileSync(path.join(recording, `a.pb.gz${ending}`), '{}');
  const meta = {
    version: 1 as const,
    id,
    label: 'a b.ipynb',
    file: 'a.pb.gz',
    engine: 'sampler',
    argv: [],
    cwd: folder,
    target: 'a b.ipynb',
    startedAt: new Date().toISOString(),
    durationSeconds: 1,
    exitStatus: 0,
    stoppedBy: 'program' as const,
    sources: [],
  };
  return server.request('recording/seal', { folder: recording, meta, roots: [folder] });
}

const told = [
  { name: `${NAME}2`, text: DEFINES, cell: `${BASE}#W1` },
  { name: `${NAME}3`, text: USES, cell: `${BASE}#W2` },
  { name: `${NAME}4`, text: USES, cell: `${BASE}#W3` },
  { name: `${NAME}5`, text: BOTH, cell: `${BASE}#W4` },
];

const open = (fragment: string, text: string, base = BASE) =>
  server.connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri: `${base}#${fragment}`, languageId: 'python', version: 1, text },
  });
const close = (fragment: string) =>
  server.connection.sendNotification('textDocument/didClose', { textDocument: { uri: `${BASE}#${fragment}` } });
const change = (fragment: string, text: string) =>
  server.connection.sendNotification('textDocument/didChange', {
    textDocument: { uri: `${BASE}#${fragment}`, version: ++count },
    contentChanges: [{ text }],
  });
const heat = async (fragment: string, base = BASE) => {
  const { lines } = await server.request('profile/lineHeat', { view, uri: `${base}#${fragment}` });
  return lines.filter(({ self }) => self > 0).map(({ line, self, stale }) => [line, self / MS, stale]);
};

beforeEach(async () => {
  server = await startServer(built.bundle, folder);
  info = await seal(told);
  view = { profile: info.id, type: 1 };
  return async () => void (await server.stop());
});

it('heat, lenses, hovers and places are the documents’, equal cells each by its own', async () => {
  expect(info.recording?.sources.map(({ path: name, cell }) => [name, cell])).toEqual(told.map(({ name, cell }) => [name, cell]));
  for (const [fragment, text] of [
    ['W0', '# Title'],
    ['W1', DEFINES],
    ['W2', USES],
    ['W3', `${USES}\n`],
  ] as const)
    await open(fragment, text);
  expect(await heat('W0')).toEqual([]);
  expect(await heat('W1')).toEqual([[6, 600, false]]);
  expect(await heat('W2')).toEqual([[2, 300, false]]);
  expect(await heat('W3')).toEqual([[2, 100, false]]);
  await server.request('profile/activate', { view });
  const textDocument = { uri: `${BASE}#W1` };
  const hover = await server.connection.sendRequest<Hover | null>('textDocument/hover', {
    textDocument,
    position: { line: 5, character: 9 },
  });
  expect(JSON.stringify(hover)).toMatch(/Line 6/);
  const lenses = await server.connection.sendRequest<CodeLens[]>('textDocument/codeLens', { textDocument });
  expect(lenses.map(({ command }) => [command?.command, command?.arguments])).toEqual([
    ['heatline.showFunction', [{ profile: info.id, func: 0 }]],
  ]);
  // To run a cell that only defines what others call shows nothing; one that calls its own functions is offered.
  await open('W4', BOTH);
  const own = await server.connection.sendRequest<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: `${BASE}#W4` } });
  expect(own.map(({ command }) => [command?.command, command?.arguments])).toEqual([
    ['heatline.showFunction', [{ profile: info.id, func: 3 }]],
    ['heatline.profileCell', [`${BASE}#W4`]],
  ]);
  expect(await server.request('profile/locate', { profile: info.id, func: 0, line: 6 })).toEqual({ path: `${BASE}#W1`, line: 6 });
  const around = await server.request('profile/functionAt', { view, uri: `${BASE}#W1`, line: 6 });
  expect(around.map(({ name }) => name)).toEqual(['work']);
});

it('a cell keeps its heat through every edit, and lines that changed are marked', async () => {
  await open('W1', DEFINES);
  expect(await heat('W1')).toEqual([[6, 600, false]]);
  await change('W1', `# one\n${DEFINES.replace('i * i', 'i ** 2')}`);
  expect(await heat('W1')).toEqual([[7, 600, true]]);
  await change('W1', 'nothing is left of it');
  expect(await heat('W1')).toEqual([]);
  await change('W1', DEFINES);
  expect(await heat('W1')).toEqual([[6, 600, false]]);
});

it('after a reload cells are known again by their text, edited ones by most of it; other notebooks are others', async () => {
  for (const [fragment, text] of [
    ['W1', 'x = 1'],
    ['W2', DEFINES.replace('total = 0', 'total = 0.0')],
    ['W5', USES],
  ] as const)
    await open(fragment, text);
  await open('W2', DEFINES, BASE.replace('a%20b', 'other'));
  expect(await heat('W1')).toEqual([]);
  expect(await heat('W2')).toEqual([[6, 600, false]]);
  expect(await heat('W5')).toEqual([[2, 300, false]]);
  expect(await heat('W2', BASE.replace('a%20b', 'other'))).toEqual([]);
  await close('W2');
  await open('W9', DEFINES);
  expect(await heat('W9')).toEqual([[6, 600, false]]);
});

it('of a notebook that is not open, the places are those of then', async () => {
  expect(await server.request('profile/locate', { profile: info.id, func: 0 })).toEqual({ path: `${BASE}#W1`, line: 3 });
});

it('what a kernel says is checked, and its files go', async () => {
  expect(readdirSync(path.join(folder, info.recording!.id)).sort()).toEqual(['a.pb.gz', 'meta.json', 'sources']);
  const hostile = [
    null,
    7,
    { name: 'elsewhere.py', text: 'x', cell: `${BASE}#W1` },
    { name: `${NAME}2`, text: 5, cell: `${BASE}#W1` },
    { name: `${NAME}2`, text: DEFINES, cell: pathToFileURL(path.join(folder, 'x')).href },
    { name: `${NAME}3`, text: 'x'.repeat(3 * 1024 * 1024), cell: `${BASE}#W1` },
    { name: `${NAME}4`, text: USES, cell: `${BASE}#W3` },
  ];
  expect((await seal(hostile)).recording?.sources.map(({ path: name }) => name)).toEqual([`${NAME}4`]);
  for (const bad of ['', '{}', '[[]]', '"x"', '[']) expect((await seal(bad)).recording?.sources).toEqual([]);
  expect(existsSync(path.join(folder, `cells-${count}`, 'a.pb.gz.cells'))).toBe(false);
});
