import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadError } from '../core/errors.js';
import { fileSource } from '../core/formats/source.js';
import { type NamedFacts, parsePath } from './names.js';
import { type Content, scanContent } from './scanContent.js';

/** What is known of one window without its stacks. Totals and labels are those of its samples; texts are '' where nothing is told. */
export interface WindowFacts {
  /** Relative to the root of the store, with `/` on every system. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
  readonly service: string;
  readonly version: string;
  readonly host: string;
  /** 0 where it is not told. */
  readonly processId: number;
  /** Unix nanoseconds: as the file tells, else its name, else when it was written. */
  readonly startNanos: bigint;
  /** 0 where it is not told. */
  readonly durationNanos: number;
  /** What else the comments tell as `name=text`: region, commit, runtime … */
  readonly tags: Readonly<Record<string, string>>;
  /** Keys of labels that samples bear, and their values, `MOST_VALUES` a key at most. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** By key, in the order of `labels[key]`: totals of the samples that bear the value, in the order of `types`. */
  readonly labelTotals: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Keys of which not all values are listed: there are too many, or they are numbers. */
  readonly cutLabels: readonly string[];
  readonly samples: number;
  /** In the file's order. */
  readonly types: readonly ValueTotal[];
  /** What the writer calls the window, if it has such an id. */
  readonly profileId?: string;
}

export interface ValueTotal {
  readonly type: string;
  readonly unit: string;
  /** A bigint where a number would not be exact. */
  readonly total: number | bigint;
}

/** What the file system says of a file. */
export interface FileFacts {
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Names under which clients tell the same; the first that is there counts. */
const SERVICE = ['service', 'service.name', 'service_name'];
const VERSION = ['version', 'service.version', 'service_version'];
const HOST = ['host', 'host.name', 'hostname'];
const PROCESS = ['process_id', 'process.pid', 'pid'];
const PROFILE_ID = ['profile_id'];
const OWN = new Set([...SERVICE, ...VERSION, ...HOST, ...PROCESS, ...PROFILE_ID]);
/** Names of tags have no blanks; further bounds keep a file that attacks from growing the index. */
const TAG = /^([\w.:/-]{1,100})=(.*)$/s;
const MOST_TAGS = 64;
const LONGEST_TAG = 1000;

/**
 * Reads what an index holds of one window: its stacks are passed by. The file may go, or be replaced, meanwhile.
 * @param path relative to `root`, with `/` @throws ReadError for what is no whole pprof file
 */
export async function readFacts(root: string, path: string): Promise<WindowFacts> {
  const file = join(root, path);
  const { size, mtimeMs } = await stat(file).catch(() => {
    throw new ReadError('io', 'There is no such file.');
  });
  const source = fileSource(file);
  const content = await source.bytes();
  if (source.cutAt !== undefined) throw new ReadError('truncated', 'The packed data ends too early: the file is not whole.', source.cutAt);
  return factsOf(content, path, { bytes: size, mtimeMs });
}

/** The same of a profile that is in memory. @param content unpacked @param path where it lies or will lie, relative to the root @throws ReadError */
export function factsOf(content: Uint8Array, path: string, { bytes, mtimeMs }: FileFacts): WindowFacts {
  return joinFacts(scanContent(content), parsePath(path), { path, bytes, mtimeMs });
}

function joinFacts(content: Content, named: NamedFacts, file: FileFacts & { readonly path: string }): WindowFacts {
  const told = new Map<string, string>();
  for (const comment of content.comments) {
    const [, name, text] = TAG.exec(comment) ?? [];
    if (name !== undefined && text !== undefined && told.size < MOST_TAGS && !told.has(name)) told.set(name, text.slice(0, LONGEST_TAG));
  }
  const first = (names: readonly string[]) => names.map((name) => told.get(name)).find((text) => text !== undefined && text !== '');
  const processId = Number(first(PROCESS));
  const profileId = first(PROFILE_ID);
  const written = BigInt(Math.max(0, Math.round(file.mtimeMs))) * 1_000_000n;
  return {
    ...file,
    service: first(SERVICE) ?? named.service,
    version: first(VERSION) ?? '',
    host: first(HOST) ?? named.host,
    processId: Number.isSafeInteger(processId) && processId > 0 ? processId : named.processId,
    startNanos: content.startNanos > 0n ? content.startNanos : named.startNanos || written,
    durationNanos: content.durationNanos,
    tags: Object.fromEntries([...told].filter(([name]) => !OWN.has(name))),
    labels: Object.fromEntries(content.labels.map(({ key, values }) => [key, values])),
    labelTotals: Object.fromEntries(content.labels.map(({ key, totals }) => [key, totals])),
    cutLabels: content.labels.filter(({ isCut }) => isCut).map(({ key }) => key),
    samples: content.samples,
    types: content.types,
    ...(profileId === undefined ? {} : { profileId }),
  };
}
