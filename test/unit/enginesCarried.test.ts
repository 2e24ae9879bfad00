// py-spy in the box of a platform's VSIX, and what is offered where there is none.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/engines/engine.js';
import { chooseEngine, engines, isInstallable } from '../../src/engines/index.js';
import { targets } from '../rig/carried.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline carried ü-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tool = (...parts: string[]): string => {
  const file = join(folder, ...parts, 'py-spy');
  mkdirSync(join(folder, ...parts), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
};
const pySpy = engines.find(({ id }) => id === 'py-spy')!;
const environment: Environment = {
  platform: 'linux',
  python: '/usr/bin/python3',
  pythonVersion: [3, 12, 1],
  implementation: 'cpython',
  path: join(folder, 'path'),
  scripts: join(folder, 'scripts'),
  pythonPackage: join(folder, 'dist', 'python'),
};
const target = { kind: 'process', pid: 1, cwd: '/', env: {} } as const;
const program = () => pySpy.plan(target, environment, { output: '/t/o' }).argv[0];

describe('py-spy', () => {
  test('is offered where there is none: to install it, and the command', async () => {
    const error = await chooseEngine('py-spy', target, environment, {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'engine-missing',
      message: 'The engine py-spy cannot run: py-spy is not installed. /usr/bin/python3 -m pip install py-spy',
      actions: [
        { title: 'Install py-spy…', command: 'heatline.installTool', args: ['/usr/bin/python3', 'py-spy'] },
        { title: 'Copy Command', command: 'heatline.copyText', args: ['/usr/bin/python3 -m pip install py-spy'] },
      ],
    });
    const { python: _, ...none } = environment;
    const without = await chooseEngine('py-spy', target, none, {}).catch((thrown: unknown) => thrown);
    expect(without).toMatchObject({ actions: [{ title: 'Copy Command' }] });
  });

  test('beside the program’s Python, then in the box, then on PATH', async () => {
    const onPath = tool('path');
    expect(program()).toBe(onPath);
    const carried = tool('dist', 'bin');
    expect(program()).toBe(carried);
    expect(await pySpy.probe(environment)).toEqual({ state: 'found', detail: `in the box, ${carried}`, executable: carried });
    const own = tool('scripts');
    expect(program()).toBe(own);
    expect(await pySpy.probe(environment)).toEqual({ state: 'found', detail: own, executable: own });
  });
});

test('only what engines need is installed', () => {
  expect(['py-spy', 'yappi', 'line_profiler'].every(isInstallable)).toBe(true);
  expect(['requests', '--upgrade yappi', 'git+https://x', ''].some(isInstallable)).toBe(false);
});

test('platforms that have a VSIX of their own', () => {
  expect(targets).toEqual(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64']);
});
