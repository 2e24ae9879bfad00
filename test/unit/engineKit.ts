// What plans of engines are made for in tests: a machine of which nothing is looked at, a script that is started, a program that runs.
import type { Environment, Target } from '../../src/engines/engine.js';

export const environment: Environment = {
  platform: 'linux',
  python: '/usr/bin/python3',
  pythonVersion: [3, 12, 1],
  implementation: 'cpython',
  path: '',
  pythonPackage: '/opt/python',
};
export const target: Target = { kind: 'script', script: '/w/a.py', args: [], cwd: '/w', env: {} };
export const running: Target = { kind: 'process', pid: 4711, cwd: '/w', env: {} };
