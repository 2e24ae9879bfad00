import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Fields of each kind of event in Austin's format: `n` a number, `t` a text that ends in a zero byte. Those of stack and frame depend on the version. */
const FIELDS: Readonly<Record<number, string>> = {
  1: 'tt',
  4: '',
  5: 'n',
  6: 't',
  7: '',
  8: '',
  9: 'n',
  10: 'n',
  11: 'nt',
  12: 'n',
  13: '',
};
const [METADATA, STACK, FRAME, FRAME_REF, STRING] = [1, 2, 3, 5, 11];

/**
 * Takes the frames of our runner, whose files lie in the folder `ours`, out of a file of Austin's, and samples that have no others.
 * A file that is not understood stays as it is, cut ones up to where they are cut. Throws what reading and writing files throws.
 */
export function hideInMojo(file: string, ours: string): void {
  const bytes = readFileSync(file);
  const kept = bytes.subarray(0, 3).toString('latin1') === 'MOJ' ? without(bytes, `${ours}/`) : undefined;
  if (kept === undefined) return;
  const copy = `${file}.tmp-hide`;
  writeFileSync(copy, kept);
  renameSync(copy, file);
}

function without(bytes: Buffer, folder: string): Buffer | undefined {
  let at = 3;
  /** The end of a number or text that begins here; past the end of the file when it is cut. */
  const after = (field: string, from: number): number => {
    let end = from;
    if (field === 't') end = bytes.indexOf(0, from);
    else while (end < bytes.length && bytes[end]! >= 0x80) end++;
    return end < 0 || end >= bytes.length ? bytes.length + 1 : end + 1;
  };
  const versionEnd = after('n', at);
  const version = bytes[at];
  if (version === undefined || version < 1 || version > 3) return undefined;
  const fields: Readonly<Record<number, string>> = {
    ...FIELDS,
    [STACK!]: version < 3 ? 'nt' : 'nnt',
    [FRAME!]: version < 2 ? 'nnnn' : 'nnnnnnn',
  };
  at = versionEnd;
  const out: Buffer[] = [bytes.subarray(0, at)];
  let process = '';
  /** Names of files and keys of frames that are ours, each with its process. */
  const files = new Set<string>();
  const frames = new Set<string>();
  let sample: Buffer[] = [];
  let definitions: Buffer[] = [];
  let others = 0;
  let hidden = 0;
  const close = (): void => {
    out.push(...(hidden > 0 && others === 0 ? definitions : sample));
    sample = [];
    definitions = [];
    others = hidden = 0;
  };
  while (at < bytes.length) {
    const kind = bytes[at]!;
    const kinds = fields[kind];
    if (kinds === undefined) return undefined;
    const words: Buffer[] = [];
    let end = at + 1;
    for (const field of kinds) {
      const begin = end;
      end = after(field, begin);
      words.push(bytes.subarray(begin, field === 't' ? end - 1 : end));
    }
    if (end > bytes.length) break;
    const event = bytes.subarray(at, end);
    const id = `${process} ${words[0]?.toString('hex')}`;
    at = end;
    if (kind === STACK) {
      close();
      process = words[0]!.toString('hex');
    }
    if (kind === FRAME_REF && frames.has(id)) {
      hidden++;
      continue;
    }
    if (kind === STRING && words[1]!.toString('utf8').startsWith(folder)) files.add(id);
    if (kind === FRAME && files.has(`${process} ${words[1]!.toString('hex')}`)) frames.add(id);
    if (kind === FRAME_REF || kind === 6) others++;
    sample.push(event);
    if (kind === METADATA || kind === STRING || kind === FRAME) definitions.push(event);
  }
  close();
  return Buffer.concat(out);
}
