import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, eventually, lineWith, pricing, recordedRun } from './support.js';

/** Heat follows the code: while one types, over saving, and it says where it no longer fits. */
export function edits(test: Define): void {
  const hot = '.casefold()';

  async function edit(change: (edit: vscode.WorkspaceEdit, document: vscode.TextDocument) => void): Promise<void> {
    const document = await vscode.workspace.openTextDocument(pricing());
    const changes = new vscode.WorkspaceEdit();
    change(changes, document);
    assert.ok(await vscode.workspace.applyEdit(changes), 'the edit was refused');
  }

  async function setText(text: string): Promise<void> {
    await edit((changes, document) => {
      const all = new vscode.Range(0, 0, document.lineCount, 0);
      changes.replace(pricing(), all, text);
    });
    assert.ok(await (await vscode.workspace.openTextDocument(pricing())).save());
  }

  /** Runs the body and puts the file back, on disk as well. */
  const restored = (body: () => Promise<void>) => async () => {
    const original = (await vscode.workspace.openTextDocument(pricing())).getText();
    try {
      await body();
    } finally {
      await setText(original);
    }
  };

  const heatNow = async () => (await api()).lineHeat(pricing());
  const figures = (lines: readonly { line: number; self: number; total: number }[], by: number) =>
    lines.map(({ line, self, total }) => ({ line: line + by, self, total }));

  test('there is heat to move', async () => {
    await vscode.window.showTextDocument(pricing());
    const info = await recordedRun(pricing(), { engine: 'hybrid' });
    assert.equal((await api()).activeProfile?.id, info.id);
    assert.ok((await heatNow()).some((line) => line.share > 0.3));
  });

  test(
    'lines inserted above move all of it, saved or not',
    restored(async () => {
      const before = await heatNow();
      await edit((changes) => changes.insert(pricing(), new vscode.Position(0, 0), '# one\n# two\n# three\n'));
      await eventually(async () => assert.deepEqual(figures(await heatNow(), 0), figures(before, 3)));
      const document = await vscode.workspace.openTextDocument(pricing());
      assert.equal(document.isDirty, true);
      assert.ok(await document.save());
      assert.deepEqual(figures(await heatNow(), 0), figures(before, 3));
      assert.deepEqual(
        (await heatNow()).filter((line) => line.stale),
        [],
      );
    }),
  );

  test('and it comes back when they go', async () => {
    const at = await lineWith(pricing(), hot);
    await eventually(async () => {
      const lines = await heatNow();
      assert.equal(lines.reduce((a, b) => (b.share > a.share ? b : a)).line, at);
    });
  });

  test(
    'a line inserted in the middle moves only what is below',
    restored(async () => {
      const before = await heatNow();
      const at = await lineWith(pricing(), 'def rebate');
      await edit((changes) => changes.insert(pricing(), new vscode.Position(at - 1, 0), '# here\n'));
      const expected = before.map(({ line, self }) => ({ line: line < at ? line : line + 1, self }));
      await eventually(async () =>
        assert.deepEqual(
          (await heatNow()).map(({ line, self }) => ({ line, self })),
          expected,
        ),
      );
    }),
  );

  test(
    'a changed line says that its figures are of another text',
    restored(async () => {
      const at = await lineWith(pricing(), hot);
      const others = (await heatNow()).filter((line) => line.line !== at);
      await edit((changes, document) => {
        const { text, range } = document.lineAt(at - 1);
        changes.replace(pricing(), range, text.replace('row[0].casefold()', 'row[0].lower()'));
      });
      await eventually(async () => {
        const now = await heatNow();
        assert.equal(now.find((line) => line.line === at)?.stale, true);
        assert.deepEqual(
          now.filter((line) => line.line !== at),
          others,
        );
      });
    }),
  );

  test(
    'a deleted line takes its heat with it and no other line inherits it',
    restored(async () => {
      const before = await heatNow();
      const at = await lineWith(pricing(), hot);
      const hottest = before.find((line) => line.line === at)!;
      await edit((changes) => changes.delete(pricing(), new vscode.Range(at - 1, 0, at, 0)));
      await eventually(async () => {
        const now = await heatNow();
        assert.ok(!now.some((line) => !line.stale && line.self >= hottest.self), 'an unchanged line shows the deleted line’s figure');
        const below = before.filter((line) => line.line > at + 1).map(({ line, self }) => ({ line: line - 1, self }));
        for (const { line, self } of below) assert.equal(now.find((entry) => entry.line === line)?.self, self, `line ${line}`);
      });
    }),
  );
}
