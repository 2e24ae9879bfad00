import assert from 'node:assert/strict';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import type { Define } from './harness.js';
import { api, eventually, lineWith, pricing, python, recordedRun, workspaceFile, write } from './support.js';

/** Profile files of several makers, through the API and as tabs. */
export function openProfiles(test: Define): void {
  test('openProfile reads what cProfile wrote, as pstats does', async () => {
    const root = workspaceFile().fsPath;
    await python(['-m', 'cProfile', '-o', 'cprofile ü.prof', path.join(root, 'shop', 'pricing.py')], root);
    const judge = `import json, pstats
stats = pstats.Stats("cprofile ü.prof")
print(json.dumps([stats.total_tt, sum(v[1] for v in stats.stats.values()), len(stats.stats)]))`;
    const [seconds, calls, functions] = JSON.parse(await python(['-c', judge], root)) as [number, number, number];
    const heatline = await api();
    const seen: (string | undefined)[] = [];
    const following = heatline.onDidChangeActiveProfile((info) => seen.push(info?.id));
    const info = await heatline.openProfile(workspaceFile('cprofile ü.prof'));
    following.dispose();
    assert.deepEqual(seen, [info.id]);
    assert.equal(heatline.activeProfile?.id, info.id);
    assert.equal(info.treeIsEstimate, true);
    assert.equal(info.functions, functions);
    const total = (unit: string) => info.totals[info.valueTypes.findIndex((type) => type.unit === unit)];
    assert.ok(Math.abs(total('seconds')! - seconds) < 1e-6 * functions, `${total('seconds')} s, pstats says ${seconds} s`);
    assert.equal(total('count'), calls);
    const heat = await heatline.lineHeat(pricing());
    const def = await lineWith(pricing(), 'def quote');
    assert.ok(
      heat.some((line) => line.line === def && line.share > 0.1),
      JSON.stringify(heat.slice(0, 5)),
    );
  });

  test('openProfile reads collapsed stacks', async () => {
    const file = pricing().fsPath;
    const hot = await lineWith(pricing(), '.casefold()');
    const calls = await lineWith(pricing(), 'total += quote');
    const text = `main (${file}:${calls});quote (${file}:${hot}) 70\nmain (${file}:${calls}) 30\n`;
    const info = await (await api()).openProfile(await write('stacks ü.collapsed', text));
    assert.deepEqual(info.totals, [100]);
    const heat = await (await api()).lineHeat(pricing());
    assert.deepEqual(
      heat.map(({ line, self, total, share }) => ({ line, self, total, share })),
      [
        { line: hot, self: 70, total: 70, share: 0.7 },
        { line: calls, self: 30, total: 100, share: 0.3 },
      ],
    );
  });

  test('openProfile reads a pprof file that lies elsewhere', async () => {
    const recorded = await recordedRun(pricing(), { engine: 'hybrid' });
    assert.equal(recorded.format, 'pprof');
    const copy = workspaceFile('copy ü.pb.gz');
    await copyFile(vscode.Uri.parse(recorded.uri, true).fsPath, copy.fsPath);
    const info = await (await api()).openProfile(copy);
    assert.equal(info.recording, null);
    assert.deepEqual(info.totals, recorded.totals);
    assert.equal(info.samples, recorded.samples);
    assert.equal(vscode.Uri.parse(info.uri, true).fsPath, copy.fsPath);
  });

  test('openProfile reads a file of every maker, and the page shows it', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const folder = path.join(vscode.extensions.getExtension('heatline.heatline')!.extensionPath, 'test', 'golden');
    const makers = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    assert.ok(makers.length > 20, makers.join());
    for (const maker of makers) {
      const [golden] = (await readdir(path.join(folder, maker))).sort();
      const file = path.join(folder, '..', 'fixtures', 'profiles', maker, golden!.replace(/\.txt$/, ''));
      const info = await (await api()).openProfile(vscode.Uri.file(file));
      assert.equal(`format ${info.format}`, (await readFile(path.join(folder, maker, golden!), 'utf8')).split('\n')[0], file);
      await vscode.commands.executeCommand('heatline.showFlameGraph');
      await eventually(() => assert.deepEqual(profileTabs(), [file]));
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    }
  });

  test('the same file opened twice is the same profile', async () => {
    const heatline = await api();
    const first = await heatline.openProfile(workspaceFile('stacks ü.collapsed'));
    const second = await heatline.openProfile(workspaceFile('stacks ü.collapsed'));
    assert.equal(second.id, first.id);
  });

  test('a file that was written again is read again', async () => {
    const heatline = await api();
    const first = await heatline.openProfile(await write('again.collapsed', 'a;b 1\n'));
    const second = await heatline.openProfile(await write('again.collapsed', 'a;b 1\na;c 41\n'));
    assert.deepEqual([first.totals, second.totals], [[1], [42]]);
  });

  for (const name of ['cprofile ü.prof', 'stacks ü.collapsed', 'copy ü.pb.gz']) {
    test(`vscode.open shows ${name} in the profile editor`, async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await vscode.commands.executeCommand('vscode.open', workspaceFile(name));
      await eventually(() => assert.deepEqual(profileTabs(), [workspaceFile(name).fsPath]));
    });
  }

  test('showFlameGraph opens the active profile’s page once', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const info: ProfileInfo = await (await api()).openProfile(workspaceFile('copy ü.pb.gz'));
    await vscode.commands.executeCommand('heatline.showFlameGraph');
    await vscode.commands.executeCommand('heatline.showFlameGraph');
    await eventually(() => assert.deepEqual(profileTabs(), [vscode.Uri.parse(info.uri, true).fsPath]));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('heatline.clear takes the heat away', async () => {
    const heatline = await api();
    await heatline.openProfile(workspaceFile('stacks ü.collapsed'));
    await vscode.commands.executeCommand('heatline.clear');
    assert.equal(heatline.activeProfile, undefined);
    assert.deepEqual(await heatline.lineHeat(pricing()), []);
  });
}

function profileTabs(): string[] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .flatMap(({ input }) => (input instanceof vscode.TabInputCustom && input.viewType === 'heatline.profile' ? [input.uri.fsPath] : []));
}
