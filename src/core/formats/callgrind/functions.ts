import { ReadError } from '../../errors.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from '../../model/growing.js';
import { Interner, mix } from '../../model/interner.js';
import { checkRoom, lineNumber } from '../../model/limits.js';
import type { CallgrindTexts } from './texts.js';

/** Bytes that functions, edges and lines may take, with what the profile makes of them. */
const MAX_MEMORY = 1.0e9;
/** Bytes of one of them, besides its costs; and of one cost, here and in the profile. */
const FUNCTION_BYTES = 150;
const EDGE_BYTES = 100;
const LINE_BYTES = 40;
const COST_BYTES = { function: 48, edge: 40, line: 52 } as const;

/** Rows of so many figures each; new ones are 0. */
export class CostRows {
  private readonly all = new GrowingFloat64();

  constructor(private readonly width: number) {}

  push(): void {
    for (let i = 0; i < this.width; i++) this.all.push(0);
  }

  get(row: number, column: number): number {
    return this.all.array[row * this.width + column]!;
  }

  add(row: number, column: number, value: number): void {
    this.all.array[row * this.width + column]! += value;
  }
}

/** Functions, call edges and lines with their costs, as columns; names, files and objects are numbers of texts. */
export class CallgrindFunctions {
  /** Names of the events; none before the first `events:`. */
  names: readonly string[] = [];
  readonly facts = new Map<string, string>();
  summary = 0;
  totals = 0;
  readonly warnings = new Set<string>();

  readonly object = new GrowingUint32();
  readonly file = new GrowingUint32();
  readonly name = new GrowingUint32();
  /** First line with costs: where a Python function begins, in the files of tools that know no other line. */
  readonly firstLine = new GrowingInt32();
  /** 1: an edge leads here; its calls can be none, if they began in an earlier part. 2: it has edges. */
  readonly linked = new GrowingUint32();
  readonly calls = new GrowingFloat64();
  readonly selfCalls = new GrowingFloat64();
  self = new CostRows(0);

  readonly caller = new GrowingUint32();
  readonly callee = new GrowingUint32();
  readonly edgeCalls = new GrowingFloat64();
  edgeCosts = new CostRows(0);

  readonly lineFunction = new GrowingUint32();
  readonly lineFile = new GrowingUint32();
  readonly line = new GrowingInt32();
  lineSelf = new CostRows(0);
  lineCalls = new CostRows(0);

  private readonly functionIndex = new Interner();
  private readonly edgeIndex = new Interner();
  private readonly lineIndex = new Interner();
  /** Event of the first `events:` for each column of the present part; -1 none. */
  private columns: readonly number[] = [];
  private currentObject = 0;
  private currentFile = 0;
  private currentLineFile = 0;
  private current = -1;
  private calledObjectText = -1;
  private calledFileText = -1;
  private called = -1;
  private memory = 0;

  constructor(readonly texts: CallgrindTexts) {}

  /** Several parts or programs in one file may count events in another order; the first one's are kept. */
  events(names: readonly string[]): void {
    if (this.names.length === 0) {
      this.names = [...names];
      const width = names.length;
      this.self = new CostRows(width);
      this.edgeCosts = new CostRows(width);
      this.lineSelf = new CostRows(width);
      this.lineCalls = new CostRows(width);
    }
    this.columns = names.map((name) => this.names.indexOf(name));
    if (this.columns.includes(-1))
      this.warnings.add('Parts of the file count other events than the first: only those of the first are shown.');
  }

  fact(key: string, value: string): void {
    if (!this.facts.has(key)) this.facts.set(key, value);
  }

  sum(key: 'summary' | 'totals', value: number): void {
    if (Number.isFinite(value)) this[key] += value;
  }

  part(): void {
    this.current = -1;
  }

  setObject(text: number): void {
    this.currentObject = text;
  }

  setFile(text: number): void {
    this.currentFile = text;
    this.currentLineFile = text;
  }

  inlinedFile(text: number): void {
    this.currentLineFile = text;
  }

  setFunction(text: number): void {
    this.currentLineFile = this.currentFile;
    this.current = this.find(this.currentObject, this.currentFile, text);
  }

  calledObject(text: number): void {
    this.calledObjectText = text;
  }

  calledFile(text: number): void {
    this.calledFileText = text;
  }

  /** What is not said of the called function is as with the line that calls it, which may be inlined from another file. */
  calledFunction(text: number): void {
    const object = this.calledObjectText < 0 ? this.currentObject : this.calledObjectText;
    const file = this.calledFileText < 0 ? this.currentLineFile : this.calledFileText;
    this.called = this.find(object, file, text);
    this.calledObjectText = -1;
    this.calledFileText = -1;
  }

  cost(line: number, costs: Float64Array): void {
    const { current } = this;
    if (current < 0) return;
    if (this.firstLine.array[current] === 0) this.firstLine.array[current] = lineNumber(line);
    this.addTo(this.self, current, costs);
    if (line > 0) this.addTo(this.lineSelf, this.lineOf(current, line), costs);
  }

  call(line: number, calls: number, costs: Float64Array): void {
    const { current, called } = this;
    if (current < 0 || called < 0) return;
    const edge = this.edgeOf(current, called);
    this.edgeCalls.array[edge]! += calls;
    this.addTo(this.edgeCosts, edge, costs);
    this.calls.array[called]! += calls;
    this.linked.array[called]! |= 1;
    this.linked.array[current]! |= 2;
    if (called === current) this.selfCalls.array[called]! += calls;
    // What a function spends in calls of itself is spent on its lines below, too.
    else if (line > 0) this.addTo(this.lineCalls, this.lineOf(current, line), costs);
  }

  private addTo(rows: CostRows, row: number, costs: Float64Array): void {
    const { columns } = this;
    for (let i = 0; i < columns.length; i++) if (columns[i]! >= 0 && costs[i] !== 0) rows.add(row, columns[i]!, costs[i]!);
  }

  private find(object: number, file: number, name: number): number {
    if (this.names.length === 0) throw new ReadError('corrupt', 'Functions come before "events:".');
    const index = this.functionIndex;
    for (let row = index.first(mix(mix(mix(41, object), file), name)); row >= 0; row = index.next()) {
      if (this.name.array[row] === name && this.file.array[row] === file && this.object.array[row] === object) return row;
    }
    const row = this.name.length;
    checkRoom('functions', row);
    this.take(FUNCTION_BYTES, COST_BYTES.function);
    index.add(row);
    this.object.push(object);
    this.file.push(file);
    this.name.push(name);
    this.firstLine.push(0);
    this.linked.push(0);
    this.calls.push(0);
    this.selfCalls.push(0);
    this.self.push();
    return row;
  }

  private edgeOf(caller: number, callee: number): number {
    const index = this.edgeIndex;
    for (let row = index.first(mix(mix(43, caller), callee)); row >= 0; row = index.next()) {
      if (this.caller.array[row] === caller && this.callee.array[row] === callee) return row;
    }
    this.take(EDGE_BYTES, COST_BYTES.edge);
    const row = this.caller.length;
    index.add(row);
    this.caller.push(caller);
    this.callee.push(callee);
    this.edgeCalls.push(0);
    this.edgeCosts.push();
    return row;
  }

  private lineOf(func: number, position: number): number {
    const line = lineNumber(position);
    const file = this.currentLineFile;
    const index = this.lineIndex;
    for (let row = index.first(mix(mix(mix(47, func), file), line)); row >= 0; row = index.next()) {
      if (this.line.array[row] === line && this.lineFunction.array[row] === func && this.lineFile.array[row] === file) return row;
    }
    this.take(LINE_BYTES, COST_BYTES.line);
    const row = this.line.length;
    index.add(row);
    this.lineFunction.push(func);
    this.lineFile.push(file);
    this.line.push(line);
    this.lineSelf.push();
    this.lineCalls.push();
    return row;
  }

  /** Counts what is about to be made: bytes of its own, and of each of its costs. */
  private take(bytes: number, perCost: number): void {
    this.memory += bytes + perCost * this.names.length;
    if (this.memory > MAX_MEMORY) throw new ReadError('too-large', 'It holds more functions, calls and lines than can be read safely.');
  }
}
