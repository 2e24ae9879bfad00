import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { eventType } from './events.js';

/** One function while a file is read; costs have one entry per event. */
interface Func {
  readonly object: string;
  readonly file: string;
  readonly name: string;
  readonly self: Float64Array;
  /** First line with costs: where a Python function begins, in the files of tools that know no other line. */
  line: number;
  /** Whether an edge leads here; its calls can be none, if they began in an earlier part. */
  reached: boolean;
  calls: number;
  selfCalls: number;
  readonly edges: Map<Func, Edge>;
  /** Own costs and those of calls, by file and line. */
  readonly lines: Map<string, Map<number, { readonly self: Float64Array; readonly calls: Float64Array }>>;
}

interface Edge {
  calls: number;
  readonly costs: Float64Array;
}

/** Share by which sums may miss what the file says of the whole: some tools round each figure. */
const TOLERANCE = 0.001;
/** Bytes that functions, edges and lines may take, roughly: real files of 100 MB stay well below. */
const MAX_MEMORY = 1.1e9;
const FUNCTION_BYTES = 2000;
const EDGE_BYTES = 500;
const LINE_BYTES = 700;
/** Tools whose cost lines are the functions' first lines. */
const PYTHON = /^(?:yappi|pyprof2calltree)/;

/** Collects what a callgrind file says and gives it to the builder at the end, when inclusive costs can be told. */
export class CallgrindFunctions {
  private readonly functions = new Map<string, Func>();
  private names: string[] = [];
  /** Event of the first `events:` for each column of the present part. */
  private columns: number[] = [];
  private currentObject = '';
  private currentFile = '';
  private lineFile = '';
  private current: Func | undefined;
  private cobject: string | undefined;
  private cfile: string | undefined;
  private callee: Func | undefined;
  private readonly facts = new Map<string, string>();
  private summary = 0;
  private totals = 0;
  private readonly warnings: string[] = [];
  private memory = 0;

  get hasEvents(): boolean {
    return this.names.length > 0;
  }

  warn(sentence: string): void {
    this.warnings.push(sentence);
  }

  /** Several parts or programs in one file may count events in another order; the first one's are kept. */
  events(names: readonly string[]): void {
    if (this.names.length === 0) this.names = [...names];
    this.columns = names.map((name) => this.names.indexOf(name));
    if (this.columns.includes(-1)) this.warn('Parts of the file count other events than the first: only those of the first are shown.');
  }

  fact(key: string, value: string): void {
    if (!this.facts.has(key)) this.facts.set(key, value);
  }

  sum(key: 'summary' | 'totals', value: number): void {
    if (Number.isFinite(value)) this[key] += value;
  }

  part(): void {
    this.current = undefined;
  }

  object(name: string): void {
    this.currentObject = name;
  }

  file(name: string): void {
    this.currentFile = name;
    this.lineFile = name;
  }

  inlinedFile(name: string): void {
    this.lineFile = name;
  }

  func(name: string): void {
    this.lineFile = this.currentFile;
    this.current = this.find(this.currentObject, this.currentFile, name);
  }

  calledObject(name: string): void {
    this.cobject = name;
  }

  calledFile(name: string): void {
    this.cfile = name;
  }

  /** What is not said of the called function is as with the line that calls it, which may be inlined from another file. */
  calledFunction(name: string): void {
    this.callee = this.find(this.cobject ?? this.currentObject, this.cfile ?? this.lineFile, name);
    this.cobject = undefined;
    this.cfile = undefined;
  }

  cost(line: number, costs: Float64Array): void {
    const { current } = this;
    if (current === undefined) return;
    if (current.line === 0) current.line = line;
    this.addTo(current.self, costs);
    if (line > 0) this.addTo(this.lineOf(current, line).self, costs);
  }

  call(line: number, calls: number, costs: Float64Array): void {
    const { current, callee } = this;
    if (current === undefined || callee === undefined) return;
    let edge = current.edges.get(callee);
    if (edge === undefined) {
      this.take(EDGE_BYTES, 1);
      edge = { calls: 0, costs: new Float64Array(this.names.length) };
      current.edges.set(callee, edge);
    }
    edge.calls += calls;
    this.addTo(edge.costs, costs);
    callee.calls += calls;
    callee.reached = true;
    if (callee === current) callee.selfCalls += calls;
    // What a function spends in calls of itself is spent on its lines below, too.
    else if (line > 0) this.addTo(this.lineOf(current, line).calls, costs);
  }

  private addTo(sums: Float64Array, costs: Float64Array): void {
    const { columns } = this;
    for (let i = 0; i < columns.length; i++) if (columns[i]! >= 0) sums[columns[i]!]! += costs[i]!;
  }

  private lineOf(func: Func, line: number): { readonly self: Float64Array; readonly calls: Float64Array } {
    let ofFile = func.lines.get(this.lineFile);
    if (ofFile === undefined) {
      ofFile = new Map();
      func.lines.set(this.lineFile, ofFile);
    }
    let found = ofFile.get(line);
    if (found === undefined) {
      this.take(LINE_BYTES, 2);
      found = { self: new Float64Array(this.names.length), calls: new Float64Array(this.names.length) };
      ofFile.set(line, found);
    }
    return found;
  }

  private find(object: string, file: string, name: string): Func {
    if (this.names.length === 0) throw new ReadError('corrupt', 'Functions come before "events:".');
    const key = `${object}\0${file}\0${name}`;
    let found = this.functions.get(key);
    if (found === undefined) {
      this.take(FUNCTION_BYTES + key.length, 1);
      const self = new Float64Array(this.names.length);
      found = { object, file, name, self, line: 0, reached: false, calls: 0, selfCalls: 0, edges: new Map(), lines: new Map() };
      this.functions.set(key, found);
    }
    return found;
  }

  /** Counts what is about to be made: fixed bytes and rows of costs. */
  private take(bytes: number, rows: number): void {
    this.memory += bytes + rows * this.names.length * 8;
    if (this.memory > MAX_MEMORY) throw new ReadError('too-large', 'It holds more functions, calls and lines than can be read safely.');
  }

  /** Hands everything to the builder. */
  fill(builder: ProfileBuilder): void {
    const creator = this.facts.get('creator') ?? '';
    const events = this.names.map((name) => eventType(name, creator));
    const calls = builder.valueType({ type: 'calls', unit: 'count' });
    const types = events.map(({ type, unit }) => builder.valueType({ type, unit }));
    builder.callTypes(calls, types[0]!, ...types.slice(1));
    builder.set({ defaultType: types[0]! });
    // pyprof2calltree says nothing of itself; nobody else counts "ns" in files of Python's sources.
    const isPython = PYTHON.test(creator) || (creator === '' && this.names[0] === 'ns');
    const used = [...this.functions.values()].filter((func) => func.reached || func.edges.size > 0 || func.self.some((cost) => cost !== 0));
    if (used.length === 0) throw new ReadError('empty', 'It holds no costs: nothing was recorded, or it was not written to the end.');
    const ids = new Map(used.map((func) => [func, addFunction(builder, func, isPython)]));
    const sums = this.names.map((_, event) => used.reduce((sum, func) => sum + func.self[event]!, 0));
    const { totals, whole } = inclusive(used, sums);
    for (const func of used) {
      const id = ids.get(func)!;
      const total = totals.get(func)!;
      // Of a function that nobody called, or only what is not in the file, the number of calls is not known.
      builder.functionCalls(id, func.calls, func.calls - func.selfCalls, func.self[0]! * events[0]!.scale, total[0]! * events[0]!.scale);
      for (let i = 1; i < types.length; i++)
        builder.functionCost(id, types[i]!, func.self[i]! * events[i]!.scale, total[i]! * events[i]!.scale);
    }
    this.fillEdges(
      builder,
      used,
      ids,
      types,
      events.map(({ scale }) => scale),
    );
    if (!isPython)
      this.fillLines(
        builder,
        used,
        ids,
        types,
        events.map(({ scale }) => scale),
        whole,
      );
    this.fillFacts(builder, creator, sums[0]!);
  }

  /** An edge's share of the called function's own costs is not in the file: it is taken to be as its share of all. */
  private fillEdges(
    builder: ProfileBuilder,
    used: readonly Func[],
    ids: ReadonlyMap<Func, number>,
    types: readonly number[],
    scales: readonly number[],
  ): void {
    const incoming = new Map<Func, Float64Array>();
    for (const { edges } of used) {
      for (const [callee, { costs }] of edges) {
        const sums = incoming.get(callee) ?? new Float64Array(costs.length);
        for (let i = 0; i < costs.length; i++) sums[i]! += costs[i]!;
        incoming.set(callee, sums);
      }
    }
    for (const func of used) {
      const caller = ids.get(func)!;
      for (const [target, { calls, costs }] of func.edges) {
        const callee = ids.get(target)!;
        const of = incoming.get(target)!;
        const self = (i: number): number => (of[i]! > 0 ? (target.self[i]! * costs[i]!) / of[i]! : 0) * scales[i]!;
        builder.edge(caller, callee, calls, target === func ? 0 : calls, self(0), costs[0]! * scales[0]!);
        for (let i = 1; i < types.length; i++) builder.edgeCost(caller, callee, types[i]!, self(i), costs[i]! * scales[i]!);
      }
    }
  }

  private fillLines(
    builder: ProfileBuilder,
    used: readonly Func[],
    ids: ReadonlyMap<Func, number>,
    types: readonly number[],
    scales: readonly number[],
    whole: readonly number[],
  ): void {
    for (const func of used) {
      for (const [file, lines] of func.lines) {
        const name = builder.string(fileOf(func.object, file));
        for (const [line, { self, calls }] of lines) {
          for (let i = 0; i < types.length; i++) {
            const total = Math.min(self[i]! + calls[i]!, whole[i]!);
            if (total > 0) builder.lineCost(types[i]!, ids.get(func)!, line, self[i]! * scales[i]!, total * scales[i]!, -1, name);
          }
        }
      }
    }
  }

  private fillFacts(builder: ProfileBuilder, creator: string, sum: number): void {
    const [engine, version] = /^([a-z][\w ]*?)[- ]v?(\d[\w.]*)/i.exec(creator)?.slice(1) ?? [creator];
    if (engine !== undefined && engine !== '') builder.quality({ engine, ...(version !== undefined && { engineVersion: version }) });
    for (const key of ['cmd', 'pid', 'thread']) {
      const value = this.facts.get(key);
      if (value !== undefined && value !== '') builder.comment(`${key}: ${value}`);
    }
    const said = this.totals > 0 ? this.totals : this.summary;
    if (said > 0 && Math.abs(said - sum) > said * TOLERANCE) {
      builder.warn(`The file says that it holds ${said} ${this.names[0]} in all, but its functions add up to ${sum}: it may not be whole.`);
    }
    for (const warning of this.warnings) builder.warn(warning);
  }
}

/** `???` is valgrind's word for unknown files: functions of a library without sources are then known by the library. */
function fileOf(object: string, file: string): string {
  if (file !== '???' && file !== '') return file;
  return object === '???' ? '' : object;
}

function addFunction(builder: ProfileBuilder, { object, file, name, line }: Func, isPython: boolean): number {
  // yappi writes `name file:line`.
  const place = ` ${file}:`;
  const at = isPython ? name.lastIndexOf(place) : -1;
  const own = at > 0 && /^\d{1,9}$/.test(name.slice(at + place.length)) ? name.slice(0, at) : name;
  const start = at > 0 ? Number(name.slice(at + place.length)) || 0 : isPython ? line : 0;
  const id = builder.string(own);
  return builder.func(id, builder.string(name), builder.string(fileOf(object, file)), start);
}

/**
 * What functions cost with all they called: what their callers say, or, for those that nobody called, own costs and those of their
 * calls. Calls of a function by itself are within others; in longer cycles costs may be counted again, as callgrind_annotate does,
 * but never more than the whole: the sum of own costs, or more where costs of functions that are not in the file are in calls.
 */
function inclusive(functions: readonly Func[], sums: readonly number[]): { totals: Map<Func, Float64Array>; whole: readonly number[] } {
  const totals = new Map<Func, Float64Array>();
  const called = new Set<Func>();
  for (const func of functions) totals.set(func, new Float64Array(sums.length));
  for (const func of functions) {
    for (const [callee, { costs }] of func.edges) {
      if (callee === func) continue;
      called.add(callee);
      add(totals.get(callee)!, costs);
    }
  }
  const entered = new Float64Array(sums.length);
  for (const func of functions) {
    if (called.has(func)) continue;
    const total = totals.get(func)!;
    add(total, func.self);
    for (const [callee, { costs }] of func.edges) if (callee !== func) add(total, costs);
    add(entered, total);
  }
  const whole = sums.map((sum, i) => Math.max(sum, entered[i]!));
  for (const [func, total] of totals) {
    for (let i = 0; i < total.length; i++) total[i] = Math.min(Math.max(total[i]!, func.self[i]!), whole[i]!);
  }
  return { totals, whole };
}

function add(sums: Float64Array, costs: Float64Array): void {
  for (let i = 0; i < costs.length; i++) sums[i]! += costs[i]!;
}
