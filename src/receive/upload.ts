/** One profile as a client sent it, and what was told beside it. */
export interface Upload {
  /** pprof, packed or not; or another format that can be written as pprof. */
  readonly content: Uint8Array;
  /** Names and texts under the client's own names; see {@link toldOf}. */
  readonly told: Iterable<readonly [name: string, text: string]>;
  /** Unix nanoseconds, where the profile itself does not tell; 0 where nobody does. */
  readonly startNanos: bigint;
  readonly durationNanos: number;
  /** What tells this upload from another one of the same content: the client's own id of it, or ''. */
  readonly id: string;
  /** The profiler, where it is told. */
  readonly by?: { readonly name: string; readonly version: string } | undefined;
}

/** The agent's names for what clients call otherwise. */
const OURS: Readonly<Record<string, string>> = {
  'service.name': 'service',
  service_name: 'service',
  'service.version': 'version',
  service_version: 'version',
  'host.name': 'host',
  hostname: 'host',
  'process.pid': 'process_id',
  pid: 'process_id',
  'process.runtime.name': 'runtime',
  'process.runtime.version': 'runtime_version',
  'telemetry.sdk.language': 'language',
};
/** These come first, in the order of the agent's. */
const FIRST = ['service', 'version', 'host', 'process_id', 'language', 'runtime', 'runtime_version'];
const MOST = 64;
const LONGEST_NAME = 100;
const LONGEST_TEXT = 1000;

/** What is told of an upload, under the agent's names and in its order; of names that are told twice the first counts. */
export function toldOf(told: Upload['told']): Map<string, string> {
  const found = new Map<string, string>();
  for (const [given, text] of told) {
    const plain = given.replaceAll(/[^\w.:/-]/g, '_').slice(0, LONGEST_NAME);
    const name = Object.hasOwn(OURS, plain) ? OURS[plain]! : plain;
    if (name === '' || text === '' || found.has(name) || (found.size >= MOST && !FIRST.includes(name))) continue;
    found.set(name, text.replaceAll(/\p{Cc}/gu, ' ').slice(0, LONGEST_TEXT));
  }
  const first = FIRST.flatMap((name) => (found.has(name) ? [[name, found.get(name)!] as const] : []));
  return new Map([...first, ...found]);
}

/** Unix nanoseconds of `2026-11-22T06:58:27.123600590Z`; 0 for what is none. */
export function nanosOf(text: unknown): bigint {
  const parts = typeof text === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text) : null;
  const millis = parts === null ? Number.NaN : Date.parse(`${parts[1]}${parts[3]}`);
  return Number.isNaN(millis) || millis < 0 ? 0n : BigInt(millis) * 1_000_000n + BigInt((parts![2] ?? '').padEnd(9, '0'));
}
