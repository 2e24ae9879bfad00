import { gzipSync } from 'node:zlib';
import { mutateBytes } from './mutateBytes.js';
import { mutateText } from './mutateText.js';
import type { Random } from './random.js';

/** Makes other bytes of `bytes`; `other` is a second file to take parts from. May give the same bytes when it finds nothing to change. */
export type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const latin = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** The whole file in another dress: these come last, after changes of the content. */
const dresses: Readonly<Record<string, Mutation>> = {
  utf16le: (bytes) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(latin(bytes), 'utf16le')]),
  utf16be: (bytes) => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(latin(bytes), 'utf16le').swap16()]),
  bom: (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  crlf: (bytes) => Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1'),
  oneLine: (bytes) => Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(/\r?\n/g, ' '), 'latin1'),
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  gzipTwice: (bytes) => gzipSync(gzipSync(bytes, { level: 1 }), { level: 1 }),
  gzipCut: (bytes, random) => {
    const packed = gzipSync(bytes, { level: 1 });
    return packed.subarray(0, random.below(packed.length));
  },
  tail: (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(5000), random.pick([0, 0x0a, 0x20, 0xff]))]),
};

export const mutations: Readonly<Record<string, Mutation>> = { ...mutateBytes, ...mutateText, ...dresses };

const first = Object.keys({ ...mutateBytes, ...mutateText });
const last = Object.keys(dresses);

/** Changes a file once to four times, and now and then its dress. Gives the bytes and the names of what was done. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): { bytes: Uint8Array; done: string[] } {
  const done: string[] = [];
  const times = random.chance(0.6) ? 1 : 1 + random.below(4);
  const onlyDress = random.chance(0.06);
  let changed = bytes;
  const apply = (name: string): void => {
    changed = mutations[name]!(changed, random, other);
    done.push(name);
  };
  if (!onlyDress) for (let i = 0; i < times; i++) apply(random.pick(first));
  if (onlyDress || random.chance(0.08)) apply(random.pick(last));
  return { bytes: changed, done };
}
