import { expect, test } from 'vitest';
import type { EngineOptions, Environment, Target } from '../../src/engines/engine.js';
import { engines } from '../../src/engines/index.js';
import { chooseFor, type Preferences } from '../../src/engines/preferences.js';

const environment: Environment = {
  platform: 'linux',
  python: '/usr/bin/python3',
  pythonVersion: [3, 12, 0],
  implementation: 'cpython',
  path: '/nowhere',
  pythonPackage: '/opt/python',
};
const script: Target = { kind: 'script', script: '/app/main.py', args: [], cwd: '/app', env: {} };
const go: Target = { kind: 'command', argv: ['go', 'test', './pkg'], cwd: '/app', env: {}, language: 'go' };
const chosen = async (preferences: Preferences, target: Target, options: Partial<EngineOptions> = {}, id?: string) => {
  const choice = await chooseFor(id, preferences, target, { ...environment, toolchain: '/usr/bin/go' }, options);
  return { ...choice, engine: choice.engine.id };
};

test('what settings say is taken where it fits', async () => {
  expect(await chosen({ engine: 'sampler', rateHz: 500 }, script)).toEqual({
    engine: 'sampler',
    reason: 'asked for by name',
    options: { rateHz: 500 },
  });
  expect(await chosen({ engine: 'sampler', rateHz: 500 }, script, { rateHz: 100 }, 'hybrid')).toMatchObject({
    engine: 'hybrid',
    options: { rateHz: 100 },
  });
});

test('and left out, with a note, where it does not', async () => {
  const { engine, reason, options } = await chosen({ engine: 'sampler', rateHz: 500 }, go);
  expect([engine, options]).toEqual(['go', {}]);
  expect(reason).toContain(
    '; the setting heatline.engine (sampler) is not for this; go has a rate of its own, so the setting heatline.rateHz',
  );
  const plan = engines.find(({ id }) => id === 'go')!.plan(go, environment, { ...options, output: '/tmp/o' });
  expect(plan.argv).toContain('-cpuprofile=/tmp/o');
  expect(await chosen({ engine: 'cprofile' }, script, { function: 'f' })).toMatchObject({ engine: 'sampler' });
  expect(await chosen({ engine: 'cprofile' }, script, { within: '/a.py:1-2' })).toMatchObject({ engine: 'cprofile' });
  expect(await chosen({ engine: 'lines' }, script, { within: '/a.py:1-2' })).toMatchObject({ engine: 'hybrid' });
  expect(await chosen({ engine: 'cprofile' }, script, { perTest: true })).toMatchObject({ engine: 'sampler' });
  expect(await chosen({ engine: 'py-spy' }, script, { only: 'f' })).toMatchObject({ engine: 'lines' });
});

test('what is asked for is refused where it cannot be', async () => {
  await expect(chosen({}, go, {}, 'sampler').then(({ engine }) => plan(engine, go))).rejects.toThrow('go is not a Python program');
  const { options } = await chosen({ rateHz: 100 }, go, { rateHz: 500 });
  expect(() => plan('go', go, options)).toThrow('leave --rate out');
  await expect(chosen({ engine: 'nonsense' }, script)).rejects.toThrow('There is no engine nonsense');
  await expect(chosen({}, script, { within: '/a.py:1-2' }, 'lines')).rejects.toThrow('--within is for the engines');
});

test('stackprof has a rate for time, and none for allocations', () => {
  const { takesRate } = engines.find(({ id }) => id === 'stackprof')!;
  expect([takesRate?.({}), takesRate?.({ measure: 'cpu' }), takesRate?.({ measure: 'alloc' })]).toEqual([true, true, false]);
});

function plan(id: string, target: Target, options: Partial<EngineOptions> = {}) {
  return engines.find((each) => each.id === id)!.plan(target, environment, { output: '/tmp/o', ...options });
}
