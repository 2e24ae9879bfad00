import { hasPlace, unguard } from './frames.js';

/** What stands before the frames of a collapsed stack: processes and a thread. */
export interface Prefix {
  /** Thread name, or `thread (ID)` for one without a name. */
  readonly thread: string | undefined;
  /** The thread's id as it is written. */
  readonly threadId: string | undefined;
  /** `PID:"command line"` of every process, outermost first (py-spy's `-s`). */
  readonly processes: readonly string[];
}

const PROCESS = /^process (\d+):"/;
const THREAD = /^thread \(((?:0x)?[0-9A-Fa-f]+)\)(?:: |$)/;
/** Python's own sampler. */
const TID = /^tid:(\d+)$/;
/** async-profiler's `threads` option: `[name tid=12]`, where the name may hold what separates frames. */
const BRACKET_END = /(?:^\[| )tid=(\d+)\]$/;

/** Kinds of parts, as bits; see `kindOf`. */
export const PartKind = {
  process: 1,
  thread: 2,
  named: 4,
  place: 8,
  parenthesis: 16,
  quote: 32,
  tid: 64,
  bracket: 128,
  bracketEnd: 256,
} as const;

/** What a part (the text between two `;`) of a stack can be. */
export function kindOf(part: string): number {
  let kind = 0;
  if (part.startsWith('process ') && PROCESS.test(part)) kind |= PartKind.process;
  const thread = part.startsWith('thread (') ? THREAD.exec(part) : null;
  if (thread !== null) kind |= PartKind.thread | (part.length > thread[0].length ? PartKind.named : 0);
  if (part.endsWith(')') && part.includes(' (')) kind |= PartKind.parenthesis | (hasPlace(part) ? PartKind.place : 0);
  if (part.endsWith('"')) kind |= PartKind.quote;
  if (part.startsWith('tid:') && TID.test(part)) kind |= PartKind.tid;
  if (part.startsWith('[')) kind |= PartKind.bracket;
  if (part.endsWith(']') && BRACKET_END.test(part.slice(-32))) kind |= PartKind.bracketEnd;
  return kind;
}

const STARTS_ANEW = PartKind.process | PartKind.thread | PartKind.parenthesis;

/**
 * How many of a stack's first parts are no frames. Thread names and command lines may hold `;`, spaces and quotes: what was
 * put first is joined again, up to where real frames begin. `kind(i)` is the kind of part i, -1 past the last.
 */
export function prefixLength(kind: (part: number) => number): number {
  const is = (part: number, bits: number): boolean => kind(part) > 0 && (kind(part) & bits) !== 0;
  let at = 0;
  while (is(at, PartKind.process)) {
    let end = at + 1;
    while (kind(end) >= 0 && !(is(end - 1, PartKind.quote) && is(end, STARTS_ANEW))) end++;
    at = end;
  }
  if (is(at, PartKind.tid)) return at + 1;
  if (is(at, PartKind.thread)) {
    if (!is(at, PartKind.named)) return at + 1;
    let end = at + 1;
    while (kind(end) >= 0 && !is(end, PartKind.place)) end++;
    return kind(end) < 0 ? at + 1 : end;
  }
  if (is(at, PartKind.bracket)) {
    // A name holds few separators, a stack many frames: no need to look through all of it.
    for (let end = at; end < at + 8 && kind(end) >= 0; end++) if (is(end, PartKind.bracketEnd)) return end + 1;
  }
  return at;
}

/** Understands the parts that `prefixLength` counted, joined by `;`. */
export function parsePrefix(text: string): Prefix {
  const processes: string[] = [];
  const parts = text.split(';');
  const kinds = parts.map(kindOf);
  let at = 0;
  while (((kinds[at] ?? 0) & PartKind.process) !== 0) {
    let end = at + 1;
    while (end < parts.length && !((kinds[end - 1]! & PartKind.quote) !== 0 && (kinds[end]! & STARTS_ANEW) !== 0)) end++;
    processes.push(unguard(parts.slice(at, end).join(';').slice('process '.length)));
    at = end;
  }
  const rest = parts.slice(at).join(';');
  const tid = TID.exec(rest);
  if (tid !== null) return { thread: `thread (${tid[1]})`, threadId: tid[1], processes };
  const named = THREAD.exec(rest);
  if (named !== null) {
    const thread = rest.length > named[0].length ? unguard(rest.slice(named[0].length)) : `thread (${named[1]})`;
    return { thread, threadId: named[1], processes };
  }
  const bracket = rest.startsWith('[') ? BRACKET_END.exec(rest.slice(-32)) : null;
  if (bracket !== null) {
    const name = rest.slice(1, rest.length - bracket[0].length);
    return { thread: name === '' || name.endsWith('[') ? `thread (${bracket[1]})` : unguard(name), threadId: bracket[1], processes };
  }
  return { thread: undefined, threadId: undefined, processes };
}

/** Splits the stack part of a line into what comes first and its frames, root first. */
export function splitStack(text: string): Prefix & { readonly frames: readonly string[] } {
  const parts = text.split(';');
  const kinds = parts.map(kindOf);
  const length = prefixLength((part) => kinds[part] ?? -1);
  return { ...parsePrefix(parts.slice(0, length).join(';')), frames: parts.slice(length).filter((part) => part !== '') };
}
