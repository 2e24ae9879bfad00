/** What the process picker lists: programs with their children below them, in words. Pure. */
import path from 'node:path';
import type { Refusal } from '../../engines/doctor.js';
import { diagnose, maskSecrets, type ProcessFacts, type RunningProcess } from '../../engines/index.js';

/** One process in the picker. */
export interface ProcessRow {
  readonly facts: ProcessFacts;
  /** What runs in it: `app.py`, `-m uvicorn`, `nginx`. */
  readonly name: string;
  /** 0 for a program, 1 and more for what it started. */
  readonly depth: number;
  /** Number, interpreter, user and container. */
  readonly description: string;
  /** Command line without its secrets and without the folder of its program, which would push the rest out of sight. */
  readonly command: string;
  readonly refusal: Refusal | undefined;
}

/** Whether a process can be Python, as far as may be seen. */
export const isCandidate = ({ interpreter, facts }: RunningProcess): boolean =>
  interpreter?.kind === 'cpython' ||
  interpreter?.kind === 'pypy' ||
  (interpreter === undefined && /python|pypy/i.test(facts.argv[0] ?? ''));

/**
 * The rows in the order they are shown: programs that can be recorded first, the newest of them on top, each followed by what it
 * started. A parent that is not listed hands its children to the next one above that is.
 */
export function processRows(processes: readonly RunningProcess[], all: boolean): ProcessRow[] {
  const listed = new Map(processes.filter((each) => all || isCandidate(each)).map((each) => [each.facts.pid, each]));
  const parents = new Map(processes.map(({ facts }) => [facts.pid, facts.parent]));
  const children = new Map<number | undefined, RunningProcess[]>();
  for (const each of listed.values()) {
    const parent = listedParent(each.facts.pid, parents, listed);
    children.set(parent, [...(children.get(parent) ?? []), each]);
  }
  const rows: ProcessRow[] = [];
  const add = (each: RunningProcess, depth: number) => {
    rows.push(row(each, depth));
    for (const child of children.get(each.facts.pid) ?? []) add(child, depth + 1);
  };
  const rank = (each: RunningProcess) => (isCandidate(each) ? (diagnose(each.facts) ? 1 : 0) : 2);
  const roots = [...(children.get(undefined) ?? [])].sort((a, b) => rank(a) - rank(b) || b.facts.pid - a.facts.pid);
  for (const root of roots) add(root, 0);
  return rows;
}

function listedParent(
  pid: number,
  parents: ReadonlyMap<number, number | undefined>,
  listed: ReadonlyMap<number, unknown>,
): number | undefined {
  const seen = new Set([pid]);
  for (let at = parents.get(pid); at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (listed.has(at)) return at;
    seen.add(at);
  }
  return undefined;
}

function row(each: RunningProcess, depth: number): ProcessRow {
  const { facts } = each;
  const { pid, user, container } = facts;
  return {
    facts,
    name: programName(facts.argv),
    depth,
    description: [String(pid), interpreterName(each), user?.name, container].filter(Boolean).join(' · '),
    command: shownCommand(facts.argv),
    refusal: diagnose(facts),
  };
}

function shownCommand(argv: readonly string[]): string {
  const [program = '', ...words] = maskSecrets(argv);
  // Code given by -c has lines; a row has one.
  return [baseName(program), ...words].join(' ').replaceAll(/\s+/g, ' ');
}

const baseName = (file: string) => path.basename(file.replaceAll('\\', '/'));

function interpreterName({ interpreter }: RunningProcess): string | undefined {
  if (interpreter === undefined || interpreter.kind === 'none') return undefined;
  const version = interpreter.version ? ` ${interpreter.version.join('.')}${interpreter.freeThreaded ? 't' : ''}` : '';
  return `${{ cpython: 'Python', pypy: 'PyPy', ruby: 'Ruby' }[interpreter.kind]}${version}`;
}

const withValue = new Set(['-W', '-X', '--check-hash-based-pycs']);

/** What a command line runs, in short: the script's name, `-m module`, or the program's own. */
export function programName(argv: readonly string[]): string {
  const [program = 'process', ...words] = argv;
  const own = baseName(program);
  if (!/^(python|pypy)/i.test(own)) return own;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '-m' && words[at + 1]) return `-m ${words[at + 1]}`;
    if (word.startsWith('-m') && word.length > 2) return `-m ${word.slice(2)}`;
    if (word.startsWith('-c')) return `${own} -c`;
    if (withValue.has(word)) at++;
    else if (word === '-' || !word.startsWith('-')) return word === '-' ? own : baseName(word);
  }
  return own;
}
