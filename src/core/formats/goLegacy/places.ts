import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { unknownName } from '../pprof/places.js';
import { decodeText } from '../shared/byteStrings.js';
import { AddressRanges } from './ranges.js';

/** `start-end perms offset dev inode path`, as Linux has it in /proc/self/maps. */
const PROC_MAP =
  /^(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,16}):?\s+([-rwxps]{3,5})\s+([0-9a-f]{1,16})\s+[0-9a-f]+:[0-9a-f]+\s+\d+(?:\s+(\S+))?/i;
/** `start-end path (@offset) build-id`, all but the first two left out at will. */
const BRIEF_MAP =
  /^(?:0x)?([0-9a-f]{1,16})[\s-]\s*(?:0x)?([0-9a-f]{1,16}):?(?:\s+([-rwxp]+)(?=\s|$))?(?:\s+(\S+))?(?:\s+\(@([0-9a-f]{1,16})\))?(?:\s+([0-9a-f]+))?/i;

const MAX_LINE = 1 << 24;
/** Distinct addresses; large programs have a few hundred thousand in a profile. */
const MOST = 2 ** 21;
/** Lines of a section of mapped files; Linux maps 65,530 areas at most into one process. */
const MOST_MAPPED = 2 ** 17;

/** Lines of a text without their ends, as texts; no stack takes 16 MiB. */
export function* linesOf(bytes: Uint8Array, from = 0, to = bytes.length): Generator<string> {
  for (let start = from; start < to; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 || found > to ? to : found;
    yield decodeText(bytes, start, Math.min(end, start + MAX_LINE)).trim();
    start = end + 1;
  }
}

interface Mapping {
  readonly row: number;
  readonly file: string;
  readonly start: bigint;
  readonly limit: bigint;
  readonly offset: bigint;
}

/** One frame of an address; inlined calls are several, innermost first. */
export interface CodeSymbol {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** Turns the addresses of a profile into the builder's locations: by their symbols, else by the file that was mapped there. */
export class LegacyPlaces {
  private readonly mappings: Mapping[] = [];
  private ranges: AddressRanges | undefined;
  /** What lies before a mapping that begins in the middle of its file. */
  private before: AddressRanges | undefined;
  private readonly locations = new Map<Address, number>();

  constructor(private readonly builder: ProfileBuilder) {}

  /** Takes a section that tells what was mapped where; lines of other kinds are left out. All comes before the first `at`. */
  readMappings(lines: Iterable<string>): void {
    const words = new Map<string, string>();
    let count = 0;
    for (const raw of lines) {
      if (++count > MOST_MAPPED) throw new ReadError('too-large', 'It lists more mapped files than any process has.');
      const line = raw.replace(/\$(\w+)/g, (all, name: string) => words.get(name) ?? all);
      const proc = PROC_MAP.exec(line);
      const brief = proc === null ? BRIEF_MAP.exec(line) : null;
      if (proc !== null) this.add(proc[1]!, proc[2]!, proc[3], proc[4], proc[5], '');
      else if (brief !== null) this.add(brief[1]!, brief[2]!, brief[3], brief[5], brief[4], brief[6] ?? '');
      else {
        const equals = line.indexOf('=');
        if (equals > 0 && words.size < 100) words.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
      }
    }
  }

  private add(start: string, limit: string, perms = 'x', offset = '0', file = '', buildId: string): void {
    if (!perms.includes('x')) return;
    const figures = [BigInt(`0x${start}`), BigInt(`0x${limit}`), BigInt(`0x${offset}`)] as const;
    const row = this.builder.mapping(this.builder.string(file), this.builder.string(buildId), ...figures);
    this.mappings.push({ row, file, start: figures[0], limit: figures[1], offset: figures[2] });
  }

  private mappingOf(address: Address): Mapping | undefined {
    const { mappings } = this;
    if (mappings.length === 0) return undefined;
    this.ranges ??= new AddressRanges(mappings.map(({ start, limit }) => ({ from: small(start), to: small(limit) })));
    this.before ??= new AddressRanges(
      mappings.map(({ start, offset }) => ({ from: small(offset > start ? 0n : start - offset), to: offset === 0n ? 0 : small(start) })),
    );
    return mappings[this.ranges.find(address)] ?? mappings[this.before.find(address)];
  }

  has(address: Address): boolean {
    return this.locations.has(address);
  }

  /** Location of an address; what is said of it first counts. @param shown the address that is kept: Java's are no more than numbers */
  at(address: Address, symbols: readonly CodeSymbol[] = [], shown = address): number {
    const known = this.locations.get(address);
    if (known !== undefined) return known;
    checkAddresses(this.locations.size);
    const { builder } = this;
    const mapping = this.mappingOf(address);
    const named = symbols.length > 0 ? symbols : [{ name: unknownName(mapping?.file), file: '', line: 0 }];
    const funcs = named.map(({ name, file }) => {
      const own = builder.string(name);
      return builder.func(own, own, builder.string(file), 0);
    });
    const made = builder.location(
      mapping?.row ?? -1,
      BigInt(shown),
      funcs,
      named.map(({ line }) => line),
    );
    this.locations.set(address, made);
    return made;
  }
}

/** A machine address: a number where a double holds it (all that programs have), which costs a tenth of a bigint. */
export type Address = number | bigint;

/** @param count how many there are already @throws ReadError when there is no room for one more */
export function checkAddresses(count: number): void {
  if (count >= MOST) throw new ReadError('too-large', 'The profile has more addresses than can be read safely.');
}

/** @param hex with its `0x` */
export function addressOf(hex: string): Address {
  return hex.length < 16 ? Number(hex) : small(BigInt(hex));
}

export function small(address: bigint): Address {
  return address < 2n ** 53n ? Number(address) : address;
}

/** Addresses of a stack point behind the call: one less lies in it. */
export function before(address: Address): Address {
  if (typeof address === 'number' && address > 0) return address - 1;
  return small(BigInt.asUintN(64, BigInt(address) - 1n));
}
