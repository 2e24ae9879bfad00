import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, extension, pricing } from './support.js';

export function activation(test: Define): void {
  test('sleeps until it is used', () => {
    assert.equal(extension().isActive, false);
    assert.deepEqual(vscode.window.terminals, []);
  });

  test('wakes with a Python file', async () => {
    await vscode.window.showTextDocument(pricing());
    const until = Date.now() + 120_000;
    while (!extension().isActive && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(extension().isActive, true);
  });

  test('exports the API of version 1', async () => {
    const heatline = await api();
    assert.equal(heatline.version, 1);
    assert.deepEqual(Object.keys(heatline).sort(), [
      'activeProfile',
      'lineHeat',
      'onDidChangeActiveProfile',
      'openProfile',
      'profileFile',
      'version',
    ]);
    assert.equal(heatline.activeProfile, undefined);
  });

  test('has no heat before there is a profile', async () => {
    assert.deepEqual(await (await api()).lineHeat(pricing()), []);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', pricing(), 100);
    assert.deepEqual(
      lenses.filter((lens) => / self /.test(lens.command?.title ?? '')),
      [],
    );
  });

  test('registers every command that it contributes', async () => {
    const contributed: string[] = extension().packageJSON.contributes.commands.map((entry: { command: string }) => entry.command);
    for (const id of ['heatline.profileFile', 'heatline.openProfile', 'heatline.stop', 'heatline.rerun']) {
      assert.ok(contributed.includes(id), `${id} is not contributed`);
    }
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributed.filter((id) => !registered.has(id)),
      [],
    );
  });

  test('starts no program and shows nothing by itself', () => {
    assert.deepEqual(vscode.window.terminals, []);
    assert.deepEqual(vscode.tasks.taskExecutions, []);
  });
}
