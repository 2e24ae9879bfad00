/** A row of any of the tables: values by the names of its columns. */
export type Row = Record<string, unknown>;

/** What a column holds; `time` is microseconds since 1970 in UTC, maps have texts for keys. No value is ever missing. */
type Kind = 'text' | 'int32' | 'int64' | 'time' | 'texts' | 'sums';

/** A table of the index. docs/scale.md tells what its columns mean. */
export interface Table {
  readonly name: 'windows' | 'functions' | 'lines' | 'labels';
  readonly columns: Readonly<Record<string, Kind>>;
  /** Columns by which rows are sorted. What engines filter by comes first, so that whole parts of a file are passed by. */
  readonly order: readonly string[];
  /** Columns that are added up where all of `order` is equal. */
  readonly sums: readonly string[];
}

const figures = { self: 'int64', total: 'int64' } as const;
const whose = { service: 'text', version: 'text', host: 'text', hour: 'int32', type: 'text', unit: 'text' } as const;

/** Written in this order: a window counts as indexed once `windows` has it. */
export const TABLES: readonly Table[] = [
  {
    name: 'functions',
    columns: { ...whose, function: 'text', file: 'text', first_line: 'int32', ...figures },
    order: ['service', 'type', 'unit', 'version', 'function', 'file', 'first_line', 'host', 'hour'],
    sums: ['self', 'total'],
  },
  {
    name: 'lines',
    columns: { ...whose, file: 'text', line: 'int32', ...figures },
    order: ['service', 'type', 'unit', 'version', 'file', 'line', 'host', 'hour'],
    sums: ['self', 'total'],
  },
  {
    name: 'labels',
    columns: { ...whose, label: 'text', value: 'text', total: 'int64' },
    order: ['service', 'type', 'unit', 'version', 'label', 'value', 'host', 'hour'],
    sums: ['total'],
  },
  {
    name: 'windows',
    columns: {
      path: 'text',
      service: 'text',
      version: 'text',
      host: 'text',
      process_id: 'int64',
      start: 'time',
      start_nanos: 'int64',
      hour: 'int32',
      duration_nanos: 'int64',
      bytes: 'int64',
      modified_ms: 'int64',
      samples: 'int64',
      totals: 'sums',
      tags: 'texts',
    },
    order: ['service', 'version', 'host', 'start_nanos', 'path'],
    sums: [],
  },
];

/** Less than, equal to or more than 0, as rows stand in the table. */
export function compareRows(table: Table, a: Row, b: Row): number {
  for (const column of table.order) {
    const [one, other] = [a[column] as string | number | bigint, b[column] as string | number | bigint];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** Columns at the end of a table's order in which rows differ that are alike otherwise. */
const LAST = 2;

/** The rows in order. Of millions most are one of some thousand functions, of another host or hour: these thousands are put in order first. */
export function sortRows(table: Table, rows: readonly Row[]): Row[] {
  const head = table.order.slice(0, -LAST);
  const alike = new Map<string, Row[]>();
  for (const row of rows) {
    let key = '';
    // With its length no text can be taken for two.
    for (const column of head) {
      const text = String(row[column]);
      key += `${text.length}:${text}`;
    }
    const known = alike.get(key);
    if (known === undefined) alike.set(key, [row]);
    else known.push(row);
  }
  const parts = [...alike.values()].sort(([a], [b]) => compareRows(table, a!, b!));
  for (const part of parts) part.sort((a, b) => compareRows(table, a, b));
  return parts.flat();
}

/** Two rows that {@link compareRows} takes for equal, as one. */
export function sumRows(table: Table, a: Row, b: Row): Row {
  const sum = { ...a };
  for (const column of table.sums) sum[column] = (a[column] as bigint) + (b[column] as bigint);
  return sum;
}
