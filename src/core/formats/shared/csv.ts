const QUOTE = 0x22;
const COMMA = 0x2c;
const RETURN = 0x0d;
const NEWLINE = 0x0a;

/** One row: field i lies at `starts[i]..ends[i]`, without its quotes; `quoted[i]` says that `""` in it stands for `"`. */
export interface CsvRow {
  /** Number of fields. */
  count: number;
  readonly starts: number[];
  readonly ends: number[];
  readonly quoted: boolean[];
}

/**
 * Finds the fields of the row at `at` (RFC 4180; rows end with or without a carriage return).
 * @returns where the next row begins; -1 when the row is not whole
 */
export function csvRow(bytes: Uint8Array, at: number, row: CsvRow): number {
  row.count = 0;
  for (let i = at; ; ) {
    const quoted = bytes[i] === QUOTE;
    let end: number;
    if (quoted) {
      const start = ++i;
      for (;;) {
        const quote = bytes.indexOf(QUOTE, i);
        if (quote < 0) return -1;
        i = quote + 1;
        if (bytes[i] !== QUOTE) break;
        i++;
      }
      end = i - 1;
      add(row, start, end, true);
    } else {
      const start = i;
      while (i < bytes.length && bytes[i] !== COMMA && bytes[i] !== NEWLINE) i++;
      end = i < bytes.length && bytes[i] === NEWLINE && i > start && bytes[i - 1] === RETURN ? i - 1 : i;
      add(row, start, end, false);
    }
    if (quoted && bytes[i] === RETURN) i++;
    if (i >= bytes.length) return bytes.length;
    if (bytes[i] === NEWLINE) return i + 1;
    // Anything between a closing quote and the comma is left out.
    while (i < bytes.length && bytes[i] !== COMMA && bytes[i] !== NEWLINE) i++;
    if (i >= bytes.length) return bytes.length;
    if (bytes[i] === NEWLINE) return i + 1;
    i++;
  }
}

function add(row: CsvRow, start: number, end: number, quoted: boolean): void {
  row.starts[row.count] = start;
  row.ends[row.count] = end;
  row.quoted[row.count++] = quoted;
}
