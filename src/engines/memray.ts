import { UserError } from '../core/errors.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { installed } from './installed.js';
import { entryOf, joinsByItself } from './inTheBox.js';
import { stopSteps } from './stopSteps.js';
import { findExecutable } from './which.js';

const engine = installed({
  id: 'memray',
  label: 'memray',
  distribution: 'memray',
  oldest: [1, 10],
  measures: ['alloc'],
  format: 'pprof',
  understands: ['native'],
});

/** Seconds to read memray's file in, after Ctrl-C. */
const READ_SECONDS = 120;

/**
 * memray (https://github.com/bloomberg/memray): every block, those of C and C++ too, alive at the end and at the peak. It joins programs
 * whose own environment has it.
 */
export const memray: Engine = {
  ...engine,
  attaches: true,
  probe,
  probeJoining,
  // Its own file, which a program that is killed leaves behind.
  plan: (target, environment, options) => ({
    ...(target.kind === 'process' ? joiningPlan(target, environment, options) : engine.plan(target, environment, options)),
    after: [],
    scratch: [`${options.output}.memray`],
  }),
};

async function probe(environment: Environment): Promise<Availability> {
  if (environment.platform === 'win32')
    return { state: 'missing', reason: 'memray is for Linux and macOS', fix: 'Take the engine memory.' };
  return await engine.probe(environment);
}

async function probeJoining(environment: Environment): Promise<Availability> {
  const { path, platform, python } = environment;
  if (python === undefined && platform !== 'win32') {
    const reason = 'it needs the program’s own interpreter, which may not be run from here';
    return { state: 'missing', reason, fix: 'Run Heatline as the program’s user and where its files are, inside its container.' };
  }
  const found = await probe(environment);
  if (found.state === 'missing' || joinsByItself(environment)) return found;
  const debugger_ = ['gdb', 'lldb'].map((name) => findExecutable(name, [path], platform)).find((file) => file !== undefined);
  if (debugger_ !== undefined) return { ...found, detail: `${found.detail}, joined by ${debugger_}` };
  const reason = 'a debugger has to let it into a running program before Python 3.14, and neither gdb nor lldb is on PATH';
  const command = debuggerInstall(environment);
  return { state: 'missing', reason, fix: command === undefined ? 'Install gdb.' : `Run: ${command}`, ...(command && { command }) };
}

/** What installs the debugger, by the package manager that is there. */
function debuggerInstall({ path, platform }: Environment): string | undefined {
  if (platform === 'darwin') return 'xcode-select --install';
  const managers = { 'apt-get': 'install', dnf: 'install', apk: 'add', pacman: '-S', zypper: 'install' };
  const manager = Object.entries(managers).find(([name]) => findExecutable(name, [path], platform) !== undefined);
  return manager && `sudo ${manager.join(' ')} gdb`;
}

/** An interpreter of the program's environment lets a guest in, and reads what memray wrote (installed/memray_joining.py). */
function joiningPlan(target: Target & { kind: 'process' }, environment: Environment, options: EngineOptions): LaunchPlan {
  if (options.subprocesses)
    throw new UserError('no-subprocesses', 'The engine memray records one process; py-spy and viztracer record child processes.');
  const words = ['join', '--engine', 'memray', '--pid', String(target.pid), '--output', options.output];
  if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
  if (options.native) words.push('--native');
  return {
    // Not isolated: memray may be among the user's own packages.
    argv: [environment.python ?? 'python3', entryOf(environment), ...words],
    cwd: target.cwd,
    env: target.env,
    output: options.output,
    format: 'pprof',
    attached: true,
    hint: 'what reads memray’s file was killed; a shorter --duration makes a smaller one',
    stop: stopSteps(READ_SECONDS),
  };
}
