import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, assertSentence, pricing, rejection, workspaceFile, write } from './support.js';

/** Files that are no profiles, or were. Each is refused in one sentence, and what was shown stays. */
export function badFiles(test: Define): void {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001', 'hex');
  const files: Record<string, () => Promise<Uint8Array> | Uint8Array> = {
    'empty.prof': () => Buffer.alloc(0),
    'empty.pb.gz': () => Buffer.alloc(0),
    'empty inside.pb.gz': () => gzipSync(Buffer.alloc(0)),
    'truncated.pb.gz': async () => {
      // Not even the names of its functions, which come first: with them, samples are shown as far as they go. They take as much
      // room however long it was recorded.
      const whole = await readFile(workspaceFile('copy ü.pb.gz').fsPath);
      return whole.subarray(0, 500);
    },
    'truncated.prof': async () => {
      const whole = await readFile(workspaceFile('cprofile ü.prof').fsPath);
      return whole.subarray(0, whole.length >> 1);
    },
    'picture.pb.gz': () => png,
    'picture.prof': () => png,
    'zipped picture.pb.gz': () => gzipSync(png),
    'letter.collapsed': () => Buffer.from('Dear reader,\nthis is not a profile.\nYours\n'),
  };

  for (const [name, content] of Object.entries(files)) {
    test(`${name} is refused`, async () => {
      const heatline = await api();
      const good = await heatline.openProfile(workspaceFile('stacks ü.collapsed'));
      assertSentence(await rejection(heatline.openProfile(await write(name, await content()))));
      assert.equal(heatline.activeProfile?.id, good.id);
      assert.equal((await heatline.lineHeat(pricing())).length, 2);
    });
  }

  test('a file that is not there is refused', async () => {
    assertSentence(await rejection((await api()).openProfile(workspaceFile('no such.prof'))), /no such\.prof/);
  });

  test('a folder is refused', async () => {
    assertSentence(await rejection((await api()).openProfile(workspaceFile('shop'))));
  });

  test('a bad file opened as a tab leaves the extension alive', async () => {
    await vscode.commands.executeCommand('vscode.open', workspaceFile('picture.prof'));
    await vscode.commands.executeCommand('heatline.openProfile', workspaceFile('truncated.pb.gz'));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const info = await (await api()).openProfile(workspaceFile('stacks ü.collapsed'));
    assert.deepEqual(info.totals, [100]);
  });
}
