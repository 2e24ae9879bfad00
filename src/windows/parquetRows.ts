import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadError } from '../core/errors.js';
import { readProfile } from '../core/formats/index.js';
import { bytesSource, fileSource } from '../core/formats/source.js';
import { functionTable } from '../core/model/functionTable.js';
import { lineTable } from '../core/model/lines.js';
import { Merger } from '../core/model/merge.js';
import type { Profile } from '../core/model/profile.js';
import { factsOf, type WindowFacts } from './facts.js';
import type { Row, Table } from './parquetTables.js';

/** Fresh rows of each table. */
export type Rows = Readonly<Record<Table['name'], Row[]>>;

const HOUR = 3_600_000_000_000n;

/**
 * Makes rows of windows. Stacks of one hour of a service's version on a host are added up before functions and lines are, so windows are best
 * given in that order; rows of the same key that come apart are added up when they are written.
 */
export class RowMaker {
  readonly rows: Rows = { windows: [], functions: [], lines: [], labels: [] };
  private labels = new Map<string, Row>();
  private whose: Row = {};
  private key = '';
  private merger: Merger | undefined;
  private run: object = {};

  constructor(private readonly root: string) {}

  /** How many rows there are so far. */
  get count(): number {
    return Object.values(this.rows).reduce((sum, { length }) => sum + length, 0);
  }

  /** Reads a window and adds it up. @param path relative to the root @returns what is known of it @throws ReadError for what is no whole pprof file */
  async add(path: string): Promise<WindowFacts> {
    const file = join(this.root, path);
    const found = await stat(file).catch(() => {
      throw new ReadError('io', 'There is no such file.');
    });
    const source = fileSource(file);
    const content = await source.bytes();
    if (source.cutAt !== undefined)
      throw new ReadError('truncated', 'The packed data ends too early: the file is not whole.', source.cutAt);
    const facts = factsOf(content, path, { bytes: found.size, mtimeMs: found.mtimeMs });
    const whose = { service: facts.service, version: facts.version, host: facts.host, hour: hourOf(facts) };
    const key = JSON.stringify(whose);
    if (key !== this.key) this.endGroup();
    const profile = await readProfile(bytesSource(path, content), { run: this.run });
    this.merger ??= new Merger({ sumTimes: true, comment: () => false });
    this.merger.add(profile);
    [this.key, this.whose] = [key, whose];
    this.rows.windows.push(windowRow(facts));
    this.addLabels(facts);
    return facts;
  }

  /** Rows of what was added last. */
  endGroup(): void {
    if (this.merger !== undefined) {
      const profile = this.merger.finish();
      for (let type = 0; type < profile.sampleTypes.length; type++) {
        const { type: name, unit } = profile.sampleTypes[type]!;
        const whose = { ...this.whose, type: name, unit };
        addFunctions(this.rows.functions, profile, type, whose);
        addLines(this.rows.lines, profile, type, whose);
      }
    }
    for (const row of this.labels.values()) this.rows.labels.push(row);
    this.labels = new Map();
    this.merger = undefined;
    this.run = {};
    this.key = '';
  }

  private addLabels({ labels, labelTotals, types }: WindowFacts): void {
    for (const [label, values] of Object.entries(labels)) {
      for (const [i, value] of values.entries()) {
        for (const [at, { type, unit }] of types.entries()) {
          const total = BigInt(labelTotals[label]?.[i]?.[at] ?? 0);
          if (total === 0n) continue;
          const key = JSON.stringify([label, value, type, unit]);
          const known = this.labels.get(key);
          if (known === undefined) this.labels.set(key, { ...this.whose, type, unit, label, value, total });
          else known.total = (known.total as bigint) + total;
        }
      }
    }
  }
}

function hourOf({ startNanos }: WindowFacts): number {
  return Number((startNanos / HOUR) % 24n);
}

function windowRow(facts: WindowFacts): Row {
  const totals = new Map<string, bigint>();
  // Two types of one name are told apart by their units.
  for (const { type, unit, total } of facts.types) totals.set(totals.has(type) ? `${type}/${unit}` : type, BigInt(total));
  return {
    path: facts.path,
    service: facts.service,
    version: facts.version,
    host: facts.host,
    process_id: BigInt(facts.processId),
    start: facts.startNanos / 1000n,
    start_nanos: facts.startNanos,
    hour: hourOf(facts),
    duration_nanos: BigInt(Math.round(facts.durationNanos)),
    bytes: BigInt(facts.bytes),
    modified_ms: BigInt(Math.round(facts.mtimeMs)),
    samples: BigInt(facts.samples),
    totals,
    tags: new Map(Object.entries(facts.tags)),
  };
}

/** Functions with a figure of this type. */
function addFunctions(rows: Row[], profile: Profile, type: number, whose: Row): void {
  const { functions, strings } = profile;
  const { self, total, exact } = functionTable(profile, { type });
  for (let func = 0; func < functions.length; func++) {
    if (self[func] === 0 && total[func] === 0) continue;
    rows.push({
      ...whose,
      function: strings[functions.name[func]!]!,
      file: strings[functions.file[func]!]!,
      first_line: functions.startLine[func]!,
      self: exact?.self[func] ?? BigInt(Math.round(self[func]!)),
      total: exact?.total[func] ?? BigInt(Math.round(total[func]!)),
    });
  }
}

function addLines(rows: Row[], profile: Profile, type: number, whose: Row): void {
  const table = lineTable(profile, { type }).rows();
  for (let i = 0; i < table.length; i++) {
    if (table.self[i] === 0 && table.total[i] === 0) continue;
    rows.push({
      ...whose,
      file: profile.strings[table.file[i]!]!,
      line: table.line[i]!,
      self: BigInt(Math.round(table.self[i]!)),
      total: BigInt(Math.round(table.total[i]!)),
    });
  }
}
