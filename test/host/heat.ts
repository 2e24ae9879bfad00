import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { type Define, Skip } from './harness.js';
import { api, eventually, lineWith, pricing, recordedRun, runMarked, write } from './support.js';

/** Profiles the sample program with everything at its default, and looks at what an editor shows of it. */
export function heat(test: Define): void {
  let info: ProfileInfo | undefined;

  test('profileFile records the sample program', async () => {
    const heatline = await api();
    const seen: (ProfileInfo | undefined)[] = [];
    const following = heatline.onDidChangeActiveProfile((profile) => seen.push(profile));
    try {
      info = await recordedRun(pricing());
    } finally {
      following.dispose();
    }
    // While it goes on it is shown as far as it is, on a busy machine many times: the whole one comes last, and once.
    const ids = seen.map((profile) => profile?.id);
    assert.equal(ids.at(-1), info.id);
    assert.equal(new Set(ids).size, ids.length, ids.join());
    assert.ok(seen.every((profile) => profile?.uri === info?.uri));
    assert.equal(heatline.activeProfile?.id, info.id);
    assert.equal(info.recording?.exitStatus, 0);
    assert.equal(info.recording?.stoppedBy, 'program');
    assert.ok(existsSync(vscode.Uri.parse(info.uri, true).fsPath));
    assert.ok(info.samples > 50 && info.functions >= 4, `${info.samples} samples, ${info.functions} functions`);
    assert.match(info.summary, /quote|pricing/);
  });

  test('the hottest line is the search through the catalogue', async () => {
    const lines = await (await api()).lineHeat(pricing());
    const at = await lineWith(pricing(), '.casefold()');
    // Two thirds of the time, before the recursion in `rebate` with one; on a busy machine tracing weighs more on the second.
    const hottest = lines.toSorted((a, b) => b.share - a.share).slice(0, 2);
    const share = hottest.find(({ line }) => line === at)?.share ?? 0;
    assert.ok(share > 0.25 && share <= 1, `share ${share}; hottest ${JSON.stringify(hottest)}`);
    assert.deepEqual(
      lines.filter((line) => line.stale),
      [],
    );
    const sum = lines.reduce((total, line) => total + line.share, 0);
    assert.ok(sum <= 1 + 1e-9, `self shares of all lines add up to ${sum}`);
    for (const line of lines) assert.ok(line.self <= line.total, `line ${line.line}: self ${line.self} > total ${line.total}`);
  });

  test('cold lines stay cold', async () => {
    const byLine = new Map((await (await api()).lineHeat(pricing())).map((line) => [line.line, line.share]));
    const text = (await vscode.workspace.openTextDocument(pricing())).getText().split('\n');
    for (const [index, line] of text.entries()) {
      if (!/^\s*$|"""|^class /.test(line)) continue;
      assert.ok((byLine.get(index + 1) ?? 0) < 0.01, `line ${index + 1} “${line}” has ${byLine.get(index + 1)}`);
    }
  });

  test('totals follow the calls: main holds nearly everything', async () => {
    const lines = await (await api()).lineHeat(pricing());
    const at = await lineWith(pricing(), 'total += quote');
    const call = lines.find(({ line }) => line === at);
    const searching = await lineWith(pricing(), '.casefold()');
    const hot = lines.find(({ line }) => line === searching);
    assert.ok(call && hot && call.total >= hot.self, 'the line that calls quote has less than quote itself');
    assert.ok(call.self < call.total / 2, 'the line that calls quote keeps its time for itself');
  });

  test('CodeLens counts calls exactly', async () => {
    const lenses = await eventually(async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', pricing(), 100);
      assert.ok(
        found.some((lens) => / self /.test(lens.command?.title ?? '')),
        'no lens has figures',
      );
      return found;
    });
    // rebate(n) is called as often as Fibonacci's numbers grow: 1 + calls(n - 1) + calls(n - 2).
    const calls = (n: number): number => (n < 2 ? 1 : 1 + calls(n - 1) + calls(n - 2));
    const expected = { 'def quote': '20 calls', 'def rebate': `${calls(21).toLocaleString('en-US')} calls`, 'def pay': '600 calls' };
    for (const [start, count] of Object.entries(expected)) {
      const line = await lineWith(pricing(), start);
      const titles = lenses.filter((lens) => lens.range.start.line === line - 1).map((lens) => lens.command?.title ?? '');
      assert.ok(
        titles.some((title) => title.endsWith(`· ${count}`) || title.endsWith(` ${count}`)),
        `${start}: ${titles.join(' | ') || 'no lens'}`,
      );
    }
  });

  test('CodeLens can be switched off and on', async () => {
    const figures = async () =>
      (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', pricing(), 100)).filter((lens) =>
        / self /.test(lens.command?.title ?? ''),
      ).length;
    const before = await figures();
    assert.ok(before >= 3);
    await vscode.commands.executeCommand('heatline.toggleCodeLens');
    await eventually(async () => assert.equal(await figures(), 0));
    await vscode.commands.executeCommand('heatline.toggleCodeLens');
    await eventually(async () => assert.equal(await figures(), before));
  });

  test('hover tells the figures of the hot line, and nothing on a blank one', async () => {
    const hover = async (line: number, column: number) => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        pricing(),
        new vscode.Position(line - 1, column),
      );
      return found.flatMap((entry) => entry.contents.map((part) => (typeof part === 'string' ? part : part.value))).join('\n');
    };
    const hot = await hover(await lineWith(pricing(), '.casefold()'), 16);
    assert.match(hot, /\d(\.\d+)?\s?%/);
    assert.match(hot, /self/i);
    assert.match(hot, /total/i);
    assert.match(hot, /quote/);
    const link = /\[main\]\(command:heatline\.openLocation\?([^)]+)\)/.exec(hot);
    assert.ok(link, `no link to the caller: ${hot}`);
    await vscode.commands.executeCommand('heatline.openLocation', ...JSON.parse(decodeURIComponent(link[1]!)));
    const editor = vscode.window.activeTextEditor!;
    assert.equal(editor.document.uri.toString(), pricing().toString());
    assert.equal(editor.selection.active.line + 1, await lineWith(pricing(), 'def main'));
    assert.doesNotMatch(await hover(2, 0), /self/i);
  });

  test('a file that did not run has no heat', async () => {
    const other = await write('not_run.py', 'def idle():\n    return 1\n');
    assert.deepEqual(await (await api()).lineHeat(other), []);
  });

  for (const engine of ['hybrid', 'sampler', 'cprofile']) {
    test(`the engine “${engine}” can be asked for`, async () => {
      const found = await recordedRun(pricing(), { engine });
      assert.equal(found.recording?.engine, engine);
      assert.equal(found.hasCalls, engine !== 'sampler');
      const lines = await (await api()).lineHeat(pricing());
      const hottest = lines.reduce((a, b) => (b.share > a.share ? b : a));
      // cProfile knows functions, not lines: its heat is on the line of the def.
      const expected = engine === 'cprofile' ? /def (quote|pay)|casefold|sum\(/ : /casefold/;
      const document = await vscode.workspace.openTextDocument(pricing());
      assert.match(document.lineAt(hottest.line - 1).text, expected);
    });
  }

  test('the engine “memory” puts bytes on the lines', async () => {
    const script = await write(
      'holds.py',
      'KEPT = []\n\ndef keep():\n    KEPT.append(bytes(3_000_000))\n\nfor _ in range(3):\n    keep()\n',
    );
    const info = await recordedRun(script, { engine: 'memory' });
    assert.equal(info.recording?.engine, 'memory');
    assert.deepEqual(
      info.valueTypes.map(({ type }) => type),
      ['inuse_objects', 'inuse_space', 'peak_objects', 'peak_space'],
    );
    assert.equal(info.defaultType, 1);
    const hottest = (await (await api()).lineHeat(script)).reduce((a, b) => (b.share > a.share ? b : a));
    assert.equal(hottest.line, await lineWith(script, 'bytes('));
  });

  test('py-spy can be asked for where it is installed', async () => {
    if (spawnSync('py-spy', ['--version']).status !== 0) throw new Skip('py-spy is not on PATH');
    // Only one line has work to do: a hundred samples cannot name another.
    const text = `import time\n\ndef spin(end):\n    while time.perf_counter() < end:\n        sum(range(20000))\n\nspin(time.perf_counter() + 2)\nraise SystemExit(5)\n`;
    const script = await write('spy.py', text);
    const info = await recordedRun(script, { engine: 'py-spy' });
    assert.equal(info.recording?.engine, 'py-spy');
    assert.equal(info.recording.exitStatus, 5);
    const hottest = (await (await api()).lineHeat(script)).reduce((a, b) => (b.share > a.share ? b : a));
    assert.equal(hottest.line, await lineWith(script, 'sum(range'));
  });

  test('an engine that does not exist is refused', async () => {
    const { error } = await runMarked(pricing(), { engine: 'no-such-engine' });
    assert.match(String(error), /no-such-engine/);
  });
}
