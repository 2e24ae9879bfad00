import { plain } from './figures.js';

/** One call on a thread's stack at a moment. */
export interface StackFrame {
  readonly name: string;
  /** Absolute path; empty where it is not known. */
  readonly file: string;
  /** 1-based; 0 where it is not known. */
  readonly line: number;
  /** Local variables with their values as text; absent when they were not asked for. */
  readonly locals?: readonly { readonly name: string; readonly value: string; readonly argument: boolean }[];
}

export interface ThreadStack {
  readonly name: string;
  /** The system's number of it; null where it is not known. */
  readonly osThread: number | null;
  readonly state: 'running' | 'waiting';
  /** Whether it holds the interpreter's lock. */
  readonly holdsLock: boolean;
  /** Innermost call first. */
  readonly frames: readonly StackFrame[];
}

/** Where each thread of a program was at one moment (`heatline dump --json`). */
export interface StackDump {
  readonly pid: number;
  /** Short command line. */
  readonly label: string;
  readonly threads: readonly ThreadStack[];
}

/** Longest value of a variable that is shown in text. */
const LONGEST = 120;

/** A dump as people read it; places stand as `file:line`, which terminals make links of. */
export function stacksText({ pid, label, threads }: StackDump): string {
  const many = `${threads.length} ${threads.length === 1 ? 'thread' : 'threads'}`;
  const head = `${plain(label)} · process ${pid} · ${many}\n`;
  return head + threads.map((thread) => `\n${threadText(thread)}`).join('');
}

function threadText({ name, osThread, state, holdsLock, frames }: ThreadStack): string {
  const numbered = osThread === null || name === `thread ${osThread}` ? [] : [`thread ${osThread}`];
  const facts = [plain(name), ...numbered, state, ...(holdsLock ? ['holds the interpreter lock'] : [])];
  const width = Math.min(40, Math.max(0, ...frames.map((frame) => frame.name.length)));
  const rows = frames.flatMap((frame) => [
    `  ${plain(frame.name).padEnd(width)}  ${place(frame)}`.trimEnd(),
    ...(frame.locals ?? []).map((local) => `      ${plain(local.name)} = ${short(plain(local.value))}`),
  ]);
  return `${[facts.join(' · '), ...(rows.length > 0 ? rows : ['  no Python runs in it'])].join('\n')}\n`;
}

const place = ({ file, line }: StackFrame): string => (line > 0 ? `${plain(file)}:${line}` : plain(file));
const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
