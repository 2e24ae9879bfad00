// python/heatline as a wheel: built by its backend without network, installed into a fresh environment, and used there.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { profilersPython } from '../rig/profilers.js';
import { cliKit } from './cliKit.js';

const { json } = cliKit();
const root = join(import.meta.dirname, '../..');
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string;
const builder = profilersPython();
if (process.env.CI && !existsSync(builder)) throw new Error(`${builder} is missing: node test/rig/run.mjs tools installs it.`);

test('the package has the version of the extension', () => {
  const told = (file: string, name: string) =>
    new RegExp(`^${name} = "(.*)"$`, 'm').exec(readFileSync(join(root, 'python/heatline', file), 'utf8'))?.[1];
  expect(told('__init__.py', '__version__')).toBe(version);
  expect(told('quality.py', 'VERSION')).toBe(version);
});

describe.skipIf(!existsSync(builder))('the wheel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heatline-wheel-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bin = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  // Nothing is fetched: no index, no settings of the user's.
  const env = { ...process.env, PIP_NO_INDEX: '1', PIP_CONFIG_FILE: join(folder, 'none'), PYTHONPATH: '' };
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder, encoding: 'utf8', env, stdio: 'pipe' });

  test('is built, installed and used', () => {
    cpSync(join(root, 'python'), join(folder, 'source'), {
      recursive: true,
      filter: (name) => !/__pycache__|egg-info|[\\/]build$/.test(name),
    });
    run(builder, '-m', 'pip', 'wheel', '-q', '--no-build-isolation', '--no-deps', '-w', 'wheels', './source');
    const [wheel] = readdirSync(join(folder, 'wheels'));
    expect(wheel).toBe(`heatline-${version}-py3-none-any.whl`);

    run(builder, '-m', 'venv', '--without-pip', 'fresh');
    const fresh = join(folder, 'fresh', bin);
    run(builder, '-m', 'pip', '-q', '--python', fresh, 'install', '--no-deps', join('wheels', wheel!));
    const installed = run(fresh, '-c', 'import heatline, importlib.metadata as m; print(m.version("heatline"), heatline.__file__)');
    expect(installed.startsWith(`${version} ${join(folder, 'fresh')}`)).toBe(true);

    // Every file of the package is in it, those of its folders too.
    const files = (place: string) =>
      readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.py'))
        .sort();
    const place = installed.trim().slice(version.length + 1, -'__init__.py'.length);
    expect(files(place)).toEqual(files(join(root, 'python/heatline')));

    const spin = 'def spin():\n    end = time.time() + 0.4\n    while time.time() < end:\n        pass\n';
    writeFileSync(join(folder, 'api.py'), `import heatline, time\n${spin}with heatline.profile('api.pb.gz'):\n    spin()\n`);
    writeFileSync(join(folder, 'plain.py'), `import time\n${spin}spin()\n`);
    run(fresh, 'api.py');
    run(fresh, '-m', 'heatline', 'run', '--engine', 'hybrid', '--output', 'run.pb.gz', '--', 'plain.py');
    for (const name of ['api.pb.gz', 'run.pb.gz']) {
      const spun = json('top', join(folder, name)).functions.find((each: { name: string }) => each.name === 'spin');
      expect(spun.total, name).toBeGreaterThan(1e8);
    }
  });
});
