import type { ProcessFacts } from './processFacts.js';
import { shellWord } from './shellQuote.js';

/** Why a process cannot be recorded, and the way out. */
export interface Refusal {
  /** `no-process` `thread` `ended` `kernel` `not-python` `pypy` `free-threaded` `bits` `rights` */
  readonly code: string;
  /** One sentence. */
  readonly sentence: string;
  /** One sentence: the command that makes it work, or what else to do. */
  readonly fix: string;
  /** That command alone, to be copied into a shell; absent where none helps. */
  readonly command?: string;
}

/** Interpreter of a process as its files tell it; `none` when it surely is neither Python nor Ruby, undefined when they may not be seen. */
export interface Interpreter {
  readonly kind: 'cpython' | 'pypy' | 'ruby' | 'none';
  /** e.g. [3, 12], where a file's name says it. */
  readonly version?: readonly [number, number];
  readonly freeThreaded: boolean;
}

const pythonName = /^(python|pypy)(?:(\d)(?:\.(\d+))?)?(t)?d?(?:-c)?(?:\.exe)?$/i;
const rubyName = /^ruby[\d.]*(?:\.exe)?$/i;
const libraryName = /^lib(python|pypy)(\d)(?:\.(\d+))?(t)?/;

/** Tells the interpreter from the names of executable, command and libraries, pure. */
export function interpreterOf(facts: ProcessFacts): Interpreter | undefined {
  // libpython3.so beside the real one tells no minor version.
  const libraries = facts.libraries.map((name) => libraryName.exec(name)).filter((match) => match !== null);
  const library = libraries.find((match) => match[3] !== undefined) ?? libraries[0];
  const names = facts.executable === undefined ? facts.argv.slice(0, 1) : [facts.executable];
  const executable = names.map((name) => pythonName.exec(baseName(name))).find((match) => match !== null);
  if (names.some((name) => rubyName.test(baseName(name)))) return { kind: 'ruby', freeThreaded: false };
  const match = library?.[3] === undefined ? (executable ?? library) : library;
  if (!match) return facts.executable === undefined ? undefined : { kind: 'none', freeThreaded: false };
  const version = match[2] !== undefined && match[3] !== undefined ? ([Number(match[2]), Number(match[3])] as const) : undefined;
  const kind = match[1] === 'pypy' || executable?.[1] === 'pypy' ? 'pypy' : 'cpython';
  return { kind, ...(version ? { version } : {}), freeThreaded: match[4] !== undefined };
}

/**
 * The attach doctor: says from facts alone why a process cannot be read and what to do, pure; undefined when nothing is
 * known against it. A tool that was refused all the same is explained with `mayRead: false`.
 * @param heatline how our command line is called on this machine, as a shell takes it
 */
export function diagnose(facts: ProcessFacts, heatline = 'heatline'): Refusal | undefined {
  const { pid } = facts;
  if (!facts.exists) {
    return refusal('no-process', `there is no process ${pid}`, `${processList(facts.platform)} lists those that run.`);
  }
  if (facts.threadOf !== undefined) {
    return refusal('thread', `${pid} is a thread of process ${facts.threadOf}`, `Use --pid ${facts.threadOf}: it records all its threads.`);
  }
  if (facts.zombie) return refusal('ended', `process ${pid} has ended already`, `${processList(facts.platform)} lists those that run.`);
  const interpreter = interpreterOf(facts);
  const name = `process ${pid}${facts.argv[0] || facts.executable ? ` (${baseName(facts.executable ?? facts.argv[0]!)})` : ''}`;
  if (interpreter?.kind === 'none') {
    return refusal('not-python', `${name} is no Python or Ruby program`, 'Of a program that starts one, take the child: pgrep -af python.');
  }
  if (interpreter?.kind === 'pypy') {
    const fix = 'Start it under the tracer instead: heatline record --engine cprofile -- pypy3 ….';
    const command = startAgain(facts, heatline, 'cprofile');
    return { ...refusal('pypy', `${name} runs on PyPy, whose memory no sampler can read`, fix), ...command };
  }
  if (interpreter?.freeThreaded) {
    const fix = 'Start it under the sampler in the box instead: heatline record --engine sampler -- python3 ….';
    const command = startAgain(facts, heatline, 'sampler');
    return { ...refusal('free-threaded', `${name} is a free-threaded Python, which cannot be read from outside`, fix), ...command };
  }
  if (facts.bits === 32) {
    return refusal(
      'bits',
      `${name} is a 32-bit program`,
      'Use the py-spy and Python of 32 bits, or start it with heatline record -- python3 ….',
    );
  }
  return facts.mayRead === false ? rights(facts, name, heatline) : undefined;
}

function rights(facts: ProcessFacts, name: string, heatline: string): Refusal {
  const { me, user, pid, platform, ptraceScope: scope } = facts;
  const sudo = `sudo env "PATH=$PATH" ${heatline} record --pid ${pid}`;
  // A fix that names the command offers it for copying too.
  const refused = (why: string, fix: string): Refusal => ({
    ...refusal('rights', `${name} may not be read: ${why}`, fix),
    ...(fix.includes(sudo) ? { command: sudo } : {}),
  });
  if (platform === 'darwin') {
    const fix = `Run: ${sudo}; Apple's own Python in /usr/bin stays closed to root too: use one from python.org, Homebrew or conda.`;
    return refused('macOS lets only root read other programs', fix);
  }
  if (platform === 'win32') return refused('Windows refused it', 'Run the command from a terminal that was opened as administrator.');
  const inside = facts.innerPid === undefined ? '' : ` inside a container, where it is process ${facts.innerPid}`;
  if (me.id === 0 && !me.mayTrace) {
    const fix = 'Start the container with docker run --cap-add SYS_PTRACE (Kubernetes: securityContext.capabilities.add: [SYS_PTRACE]).';
    return refused('root has no right to trace (CAP_SYS_PTRACE) in this container', fix);
  }
  if (scope === 3) {
    const fix =
      'Only a restart undoes that: set kernel.yama.ptrace_scope = 1 in /etc/sysctl.d/10-ptrace.conf first; or start it with heatline record -- python3 ….';
    return refused('tracing is switched off on this machine until it restarts (ptrace_scope is 3)', fix);
  }
  if (user !== undefined && user.id !== me.id) return refused(`it belongs to ${user.name}${inside}`, `Run: ${sudo}`);
  if (scope === 2) return refused('only root may trace on this machine (ptrace_scope is 2)', `Run: ${sudo}`);
  if (scope === 1) {
    const why = 'this machine lets only a parent trace its children (ptrace_scope is 1)';
    if (me.inContainer) return refused(why, 'Start the container with docker run --cap-add SYS_PTRACE, and run this as root in it.');
    return refused(why, `Run: ${sudo}, or allow it until the next restart: echo 0 | sudo tee /proc/sys/kernel/yama/ptrace_scope`);
  }
  if (me.id === 0) return refused('the system protects it from root too', 'Start it with heatline record -- python3 ….');
  if (inside) return refused(`it runs${inside}`, `Run: ${sudo}`);
  return refused('it has more rights than you, or hides its memory', `Run: ${sudo}`);
}

/** The command that starts the same program under an engine; none when its words are not known. */
function startAgain({ argv, cwd, otherRoot }: ProcessFacts, heatline: string, engine: string): { command?: string } {
  if (argv.length < 2 || otherRoot) return {};
  const there = cwd === undefined ? '' : `cd ${shellWord(cwd)} && `;
  return { command: `${there}${heatline} record --engine ${engine} -- ${argv.map(shellWord).join(' ')}` };
}

function refusal(code: string, sentence: string, fix: string): Refusal {
  return { code, sentence, fix };
}

function processList(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'tasklist /FI "IMAGENAME eq python.exe"' : 'pgrep -af python';
}

function baseName(path: string): string {
  return (
    path
      .replace(/ \(deleted\)$/, '')
      .split(/[\\/]/)
      .at(-1) ?? path
  );
}
