import { closeSync, existsSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';

/** What can be learnt of a process without touching it, and of ourselves; all that `doctor.ts` decides by. */
export interface ProcessFacts {
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  /** Process that started it; absent when it has none, or where that is not known. */
  readonly parent?: number;
  readonly exists: boolean;
  /** When it began, in the system's own ticks: tells it from a later process that got its number. Absent where that is not known. */
  readonly began?: string;
  /** Process that this id is a thread of, when it is none itself. */
  readonly threadOf?: number;
  /** It has ended, and its parent has not asked for its status. */
  readonly zombie?: boolean;
  /** Command line as its program sees it; empty for threads of the kernel. */
  readonly argv: readonly string[];
  /** Absolute path in the process's own root; absent when we may not know. */
  readonly executable?: string;
  /** Working directory, absolute in the process's own root; absent when we may not know. */
  readonly cwd?: string;
  /** Its PATH as it was started with; absent when we may not know. */
  readonly searchPath?: string;
  /** File names of mapped libraries that tell the interpreter, such as `libpython3.12.so.1.0`. */
  readonly libraries: readonly string[];
  /** Bits of its instruction set, by its executable. */
  readonly bits?: 32 | 64;
  readonly user?: { readonly id: number; readonly name: string };
  /** Its memory may be read by us now. Absent where that cannot be tried. */
  readonly mayRead?: boolean;
  /** Its number inside its own container, when it lives in one that we are not in. */
  readonly innerPid?: number;
  /** Container that it lives in and we do not, as `docker 3f2a9c01b2c4`. */
  readonly container?: string;
  /** It sees other files than we do under the same names. */
  readonly otherRoot?: boolean;
  readonly me: {
    readonly id: number;
    /** CAP_SYS_PTRACE. */
    readonly mayTrace: boolean;
    readonly inContainer: boolean;
  };
  /** Yama's /proc/sys/kernel/yama/ptrace_scope, 0–3. */
  readonly ptraceScope?: number;
}

const CAP_SYS_PTRACE = 19n;

/** Looks at a process in /proc; on systems without it, only whether it is there. Never throws. */
export function processFacts(pid: number, platform: NodeJS.Platform = process.platform): ProcessFacts {
  const me = { id: process.getuid?.() ?? -1, ...ourselves() };
  const base = { platform, pid, argv: [], libraries: [], me };
  if (platform !== 'linux') return { ...base, exists: isThere(pid) };
  const at = `/proc/${pid}`;
  const status = fields(`${at}/status`);
  if (status === undefined) return { ...base, exists: false };
  const group = Number(status.get('Tgid'));
  const uid = Number(status.get('Uid')?.split(/\s+/)[1] ?? -1);
  const inner = status.get('NSpid')?.split(/\s+/) ?? [];
  const nested = inner.length > (fields('/proc/self/status')?.get('NSpid')?.split(/\s+/).length ?? 1);
  const parent = Number(status.get('PPid'));
  const executable = attempt(() => readlinkSync(`${at}/exe`));
  const cwd = attempt(() => readlinkSync(`${at}/cwd`));
  const searchPath = /(?:^|\0)PATH=([^\0]*)/.exec(text(`${at}/environ`) ?? '')?.[1];
  const container = containerOf(text(`${at}/cgroup`) ?? '');
  const bits = elfBits(`${at}/exe`);
  const scope = Number.parseInt(text('/proc/sys/kernel/yama/ptrace_scope') ?? '', 10);
  return {
    ...base,
    exists: true,
    ...beganAt(text(`${at}/stat`)),
    ...(parent > 0 ? { parent } : {}),
    ...(group !== pid && group > 0 ? { threadOf: group } : {}),
    zombie: /^[ZX]/.test(status.get('State') ?? ''),
    argv: (text(`${at}/cmdline`) ?? '').split('\0').slice(0, -1),
    libraries: [...new Set((text(`${at}/maps`) ?? '').match(/[^/\n]*lib(?:python|pypy)[^/\n]*\.so[^/\n]*/g) ?? [])],
    ...(executable === undefined ? {} : { executable }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(searchPath === undefined ? {} : { searchPath }),
    ...(container === undefined || container === containerOf(text('/proc/self/cgroup') ?? '') ? {} : { container }),
    ...(bits === undefined ? {} : { bits }),
    ...(uid >= 0 ? { user: { id: uid, name: userName(uid) } } : {}),
    // Opening asks the kernel the very question that a sampler will ask; nothing is read.
    mayRead: mayOpen(`${at}/mem`),
    ...(nested ? { innerPid: Number(inner.at(-1)) } : {}),
    otherRoot: differs(`${at}/root`),
    ...(Number.isNaN(scope) ? {} : { ptraceScope: scope }),
  };
}

/** The twenty-second field of a stat file; the second is a name in brackets, which may hold anything. */
function beganAt(stat: string | undefined): { readonly began?: string } {
  const began = stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
  return began === undefined ? {} : { began };
}

/** Whether what has a process's number now is still that process, as far as can be told. */
export function isStillThere({ pid, platform, began }: ProcessFacts): boolean {
  const now = processFacts(pid, platform);
  return now.exists && now.zombie !== true && now.began === began;
}

/** The container that a cgroup file names, with what runs it and the first twelve letters of its id; undefined for none. Pure. */
export function containerOf(cgroup: string): string | undefined {
  for (const path of cgroup.split('\n').map((line) => line.split(':').slice(2).join(':'))) {
    // Names as the runtimes write them: docker/<id>, docker-<id>.scope, libpod-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope.
    const id = /(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(path)?.[1]?.slice(0, 12);
    if (id !== undefined) {
      const kube = /kubepods/.test(path) ? 'kubernetes' : undefined;
      const runtime = kube ?? (/libpod/.test(path) ? 'podman' : /docker/.test(path) ? 'docker' : 'container');
      return `${runtime} ${id}`;
    }
    const lxc = /\/lxc(?:\.payload)?[./]([\w.-]+)/.exec(path)?.[1];
    if (lxc !== undefined) return `lxc ${lxc}`;
  }
  return undefined;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function mayOpen(file: string): boolean {
  try {
    closeSync(openSync(file, 'r'));
    return true;
  } catch {
    return false;
  }
}

function text(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** `Name: value` lines of a status file. */
function fields(file: string): ReadonlyMap<string, string> | undefined {
  const found = text(file);
  if (found === undefined) return undefined;
  return new Map([...found.matchAll(/^(\w+):[ \t]*(.*)$/gm)].map((match) => [match[1]!, match[2]!.trim()]));
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ourselves(): { mayTrace: boolean; inContainer: boolean } {
  const effective = fields('/proc/self/status')?.get('CapEff') ?? '0';
  const mayTrace = /^[0-9a-f]+$/i.test(effective) && ((BigInt(`0x${effective}`) >> CAP_SYS_PTRACE) & 1n) === 1n;
  const inContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv') || process.env.KUBERNETES_SERVICE_HOST !== undefined;
  return { mayTrace, inContainer };
}

function userName(id: number): string {
  for (const line of (text('/etc/passwd') ?? '').split('\n')) {
    const [name, , uid] = line.split(':');
    if (uid === String(id) && name) return name;
  }
  return String(id);
}

function elfBits(file: string): 32 | 64 | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const head = Buffer.alloc(5);
    readSync(handle, head);
    if (head.toString('latin1', 0, 4) !== '\u007fELF') return undefined;
    return head[4] === 1 ? 32 : 64;
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Whether a process's root folder is another than ours; false where we may not look. */
function differs(root: string): boolean {
  try {
    const [theirs, ours] = [statSync(`${root}/`), statSync('/')];
    return theirs.ino !== ours.ino || theirs.dev !== ours.dev;
  } catch {
    return false;
  }
}
