/** What a window's place in the folder says of it; '' and 0 for what it does not say. */
export interface NamedFacts {
  readonly service: string;
  readonly host: string;
  readonly processId: number;
  /** Unix nanoseconds, whole seconds of them. */
  readonly startNanos: bigint;
}

/** What a name is made of. */
export interface WindowNaming {
  readonly startNanos: bigint;
  readonly service: string;
  readonly host: string;
  readonly processId: number;
  /** Who writes these windows, in hexadecimal figures: two writers of one process do not meet. */
  readonly writer: string;
  /** Which of its windows, from 1. */
  readonly sequence: number;
}

/** Ends of names that may be pprof files; what is in them decides. */
const SUFFIXES = ['.pb.gz', '.pb', '.pprof', '.pprof.gz', '.pb.zst', '.pprof.zst', '.pb.zstd', '.pprof.zstd'];
const NAME = /^(\d{8})T(\d{6})Z_([^_]+)_([^_]+)_(\d{1,10})_([0-9a-f]+)_(\d+)\.pb\.gz$/;
const LONGEST_PART = 64;
const NOTHING: NamedFacts = { service: '', host: '', processId: 0, startNanos: 0n };

/** A text as it may stand in a name, between lines (`_`): the same as the agent's `plain`. */
export function plainPart(text: string): string {
  const plain = text.replace(/[^\w.-]|_/gu, '-').replace(/^\.+|\.+$/g, '');
  return plain.slice(0, LONGEST_PART) || '-';
}

/** `20261122T141500Z_shop_web-1_4711_9f3a2c_0042.pb.gz`, as the agent names its windows: sorted by name they are sorted by time. */
export function windowName({ startNanos, service, host, processId, writer, sequence }: WindowNaming): string {
  const stamp = stampOf(startNanos);
  return `${stamp}_${plainPart(service)}_${plainPart(host)}_${processId}_${writer}_${String(sequence).padStart(4, '0')}.pb.gz`;
}

/** Where a window lies under the root: `date=2026-11-22/service=shop/NAME`, keys that engines over files understand. */
export function keyOf(naming: WindowNaming): string {
  return `date=${dayOf(naming.startNanos)}/service=${plainPart(naming.service)}/${windowName(naming)}`;
}

/** `2026-11-22`, in UTC. */
export function dayOf(startNanos: bigint): string {
  return new Date(millis(startNanos)).toISOString().slice(0, 10);
}

/** What a path, relative to the root and with `/`, says of a window. */
export function parsePath(path: string): NamedFacts {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  const folder = parts.find((part) => part.startsWith('service='))?.slice('service='.length) ?? '';
  const found = NAME.exec(name);
  if (found === null) return { ...NOTHING, service: folder };
  const [, day, time, service, host, process] = found as unknown as string[];
  const start = Date.UTC(+day!.slice(0, 4), +day!.slice(4, 6) - 1, +day!.slice(6), +time!.slice(0, 2), +time!.slice(2, 4), +time!.slice(4));
  return {
    service: service === '-' ? folder : service!,
    host: host === '-' ? '' : host!,
    processId: Number(process),
    startNanos: Number.isNaN(start) ? 0n : BigInt(start) * 1_000_000n,
  };
}

/** Whether a file of this name may be a window: half-written and hidden ones are none. */
export function isWindowName(name: string): boolean {
  return !name.startsWith('.') && SUFFIXES.some((suffix) => name.endsWith(suffix));
}

function stampOf(startNanos: bigint): string {
  return `${new Date(millis(startNanos)).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Milliseconds since 1970, within what a Date and four figures of a year hold. */
function millis(startNanos: bigint): number {
  const found = Number(startNanos / 1_000_000n);
  return Math.min(Math.max(0, found), 253_402_300_799_999);
}
