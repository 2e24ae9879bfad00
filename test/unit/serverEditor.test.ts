// What an editor sees of a profile: heat that follows edits, hover and lenses.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeLens, Hover } from 'vscode-languageserver/node';
import type { ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import type { RunningServer } from './serverKit.js';
import { MS, openShop, SHOP, type Shop, uri } from './serverShop.js';

let shop = '';
let server: RunningServer;
let info: ProfileInfo;
let view: ViewParams;
let heat: Shop['heat'];
let close: Shop['close'] | undefined;

beforeAll(async () => {
  ({ shop, server, info, view, heat, close } = await openShop());
});
afterAll(async () => expect(await close?.()).toBe(0));

describe('heat in an edited document', () => {
  let version = 1;
  const change = (line: number, text: string, end = line) =>
    server.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri(shop), version: ++version },
      contentChanges: [{ range: { start: { line, character: 0 }, end: { line: end, character: 0 } }, text }],
    });

  beforeAll(() =>
    server.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uri(shop), languageId: 'python', version, text: SHOP },
    }),
  );
  afterAll(() => server.connection.sendNotification('textDocument/didClose', { textDocument: { uri: uri(shop) } }));

  it('moves with lines inserted above, exactly', async () => {
    await change(3, 'import os\nimport sys\n\n\n');
    const { lines, stale } = await heat(view);
    expect(stale).toBe(false);
    expect(Object.keys(lines).map(Number)).toEqual([11, 16, 17, 22, 25]);
    expect(lines[17]).toMatchObject({ self: 600 * MS, stale: false });
    expect(await server.request('profile/locate', { profile: info.id, func: 1 })).toEqual({ path: shop, line: 15 });
    expect(await server.request('profile/locate', { profile: info.id, func: 1, line: 13 })).toEqual({ path: shop, line: 17 });
  });

  it('says which line was changed, and drops deleted ones', async () => {
    await change(16, '        if row.casefold() == name: return len(row) + 1\n', 17);
    expect((await heat(view)).lines[17]).toMatchObject({ self: 600 * MS, stale: true });
    await change(10, '', 11);
    const { lines } = await heat(view);
    expect(Object.keys(lines).map(Number)).toEqual([15, 16, 21, 24]);
    expect(lines[16]).toMatchObject({ self: 600 * MS, stale: true });
  });
});

describe('hover and lenses', () => {
  const hover = async (line: number) =>
    (
      (await server.connection.sendRequest('textDocument/hover', {
        textDocument: { uri: uri(shop) },
        position: { line: line - 1, character: 4 },
      })) as Hover | null
    )?.contents as { kind: string; value: string } | undefined;
  const lenses = async () =>
    (await server.connection.sendRequest('textDocument/codeLens', { textDocument: { uri: uri(shop) } })) as CodeLens[];

  it('are empty until a profile is active, and tell the client when one is', async () => {
    expect(await lenses()).toEqual([]);
    expect(await hover(13)).toBeUndefined();
    await server.request('profile/activate', { view });
    expect(server.notifications).toContainEqual({ method: 'heatline/refresh', params: { reason: 'activated' } });
  });

  it('stand on the functions with their figures', async () => {
    const found = await lenses();
    expect(found.map(({ range, command }) => [range.start.line + 1, command?.title])).toEqual([
      [4, '$(flame)\u00a0100 ms self · 900 ms total'],
      [4, 'Profile'],
      [11, '$(flame)\u00a0600 ms self · 800 ms total'],
      [17, '$(flame)\u00a0100 ms self · 1.00 s total'],
    ]);
    expect(found[2]?.command).toMatchObject({ command: 'heatline.showFunction', arguments: [{ profile: info.id, func: 1 }] });
  });

  it('tell a line with its share, its samples and what it called', async () => {
    const text = (await hover(7))?.value ?? '';
    expect(text).toContain('| Line 7 | Wall time | of 1.00 s |');
    expect(text).toContain('| self | 100 ms | 10.0 % |');
    expect(text).toContain('| total | 900 ms | 90.0 % |');
    expect(text).toContain('100 ± 20 samples');
    expect(text).toMatch(/Calls \[find\]\(command:heatline\.openLocation\?[^)\s]+\) 80\.0 %/);
    expect(await hover(2)).toBeUndefined();
  });

  it('tell a function with callers, and links that lead where they say', async () => {
    const text = (await hover(11))?.value ?? '';
    expect(text).toContain('| find | Wall time |');
    const link = /Called by \[quote\]\(command:heatline\.openLocation\?([^)]+)\)/.exec(text)?.[1] ?? '';
    expect(JSON.parse(decodeURIComponent(link))).toEqual([{ profile: info.id, func: 0 }]);
  });

  it('show hostile names as text only', async () => {
    const text = (await hover(11))?.value ?? '';
    expect(text).toContain('Calls evil\\`\\|\\[x\\](command:bad)\\<b\\>\\\\u\\{202e\\}\\\\u\\{a\\}\\# head 20.0 %');
    expect(text).not.toContain('\u202e');
  });

  it('tell what of a line was native code, and in which library; its heat is with it', async () => {
    const stacks = [
      `MainThread;quote (${shop}:7);squeeze (/usr/lib/zlib.so);deflate (/usr/lib/libz.so.1) 6`,
      `MainThread;quote (${shop}:7);copy (/usr/lib/libc.so.6) 2`,
      `MainThread;quote (${shop}:7) 2`,
    ];
    const file = path.join(path.dirname(shop), 'native.raw');
    writeFileSync(file, `${stacks.join('\n')}\n`);
    const { id } = await server.request('profile/open', { uri: uri(file) });
    await server.request('profile/activate', { view: { profile: id, type: 0 } });
    expect((await heat({ profile: id, type: 0 })).lines[7]).toMatchObject({ self: 10, share: 1 });
    expect(await hover(7)).toMatchObject({ value: expect.stringContaining('Native code: 8 (80.0 % of self) · libz 6 · libc 2') });
    await server.request('profile/activate', { view });
  });
});
