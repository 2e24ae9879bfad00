import { readdir } from 'node:fs/promises';
import { ask } from './ask.js';
import { type Interpreter, interpreterOf } from './doctor.js';
import { type ProcessFacts, processFacts } from './processFacts.js';

/** A process that runs, and whether it can be Python. */
export interface RunningProcess {
  readonly facts: ProcessFacts;
  /** Its interpreter; undefined when that may not be seen, `none` when it is surely no Python. */
  readonly interpreter: Interpreter | undefined;
}

/** Milliseconds of looking at processes at a stretch: an editor goes on typing meanwhile. */
const STRETCH = 8;

/**
 * All processes of this machine but ourselves and the kernel's threads, by number. On Linux from /proc, on Windows from its
 * management service, elsewhere from `ps`; where that fails the list is empty. Never throws.
 */
export async function listProcesses(platform: NodeJS.Platform = process.platform): Promise<readonly RunningProcess[]> {
  const found = platform === 'linux' ? await fromProc() : await fromTool(platform);
  return found
    .filter((facts) => facts.exists && !facts.zombie && facts.pid !== process.pid && facts.argv.length > 0)
    .map((facts) => ({ facts, interpreter: interpreterOf(facts) }))
    .sort((a, b) => a.facts.pid - b.facts.pid);
}

async function fromProc(): Promise<ProcessFacts[]> {
  const found: ProcessFacts[] = [];
  let since = Date.now();
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    found.push(processFacts(Number(name), 'linux'));
    if (Date.now() - since < STRETCH) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = Date.now();
  }
  return found;
}

const WINDOWS_QUESTION =
  'Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,ExecutablePath,CommandLine | ConvertTo-Json -Compress';

async function fromTool(platform: NodeJS.Platform): Promise<ProcessFacts[]> {
  const [program, args] =
    platform === 'win32'
      ? ['powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_QUESTION]]
      : ['ps', ['-A', '-ww', '-o', 'pid=,ppid=,uid=,user=,args=']];
  const { stdout: text } = await ask(program, args, { maxBuffer: 1 << 26 });
  const me = processFacts(process.pid, platform).me;
  const entries = platform === 'win32' ? readWindows(text) : readPs(text);
  return entries.map((entry) => ({ platform, exists: true, libraries: [], me, ...entry }));
}

type Entry = Pick<ProcessFacts, 'pid' | 'argv'> & Partial<ProcessFacts>;

/** Reads what `ps -o pid=,ppid=,uid=,user=,args=` prints: words of a command are only known by their blanks. Pure. */
export function readPs(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, uid, name, args] = /^\s*(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (pid === undefined || args === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), user: { id: Number(uid), name: name! }, argv: args.split(/\s+/) }];
  });
}

/** Reads the JSON of {@link WINDOWS_QUESTION}: one object, or a list of them; anything else is no processes. Pure. */
export function readWindows(text: string): Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return (Array.isArray(value) ? value : [value]).flatMap((entry: Record<string, unknown> | null) => {
    const pid = Number(entry?.ProcessId);
    if (!entry || !(pid > 0)) return [];
    const { ExecutablePath: executable, CommandLine: command } = entry;
    const words = typeof command === 'string' ? (command.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', '')) : [];
    const argv = words.length > 0 ? words : typeof executable === 'string' ? [executable] : [];
    return [{ pid, parent: Number(entry.ParentProcessId), argv, ...(typeof executable === 'string' ? { executable } : {}) }];
  });
}
