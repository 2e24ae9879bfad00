import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/errors.js';
import type { ReadControl } from '../core/formats/format.js';
import { KERNEL_FILES, parseMeta, type RecordedSource, type RecordingMeta } from '../core/recording.js';
import { attempt, writeWhole } from './atomic.js';
import { isCell } from './cells.js';
import { isInstalled, PathMap, pathKey, realOf } from './paths.js';
import { openAnalysis } from './reading.js';
import type { OpenProfile, Store } from './store.js';

/** Bounds of what is copied beside a recording. */
const MAX_SOURCES = 200;
const MAX_SOURCE_BYTES = 2 * 1024 * 1024;

/**
 * Makes a recording whole: reads the raw file (a bad one never becomes a recording), copies the workspace's sources
 * that it names, and writes meta.json last. @throws ReadError for the raw file, UserError for the rest
 */
export async function seal(
  store: Store,
  folder: string,
  meta: RecordingMeta,
  roots: readonly string[],
  control: ReadControl,
): Promise<OpenProfile> {
  const checked = parseMeta(JSON.stringify({ ...meta, sources: meta.sources ?? [] }));
  if (!checked || !path.isAbsolute(folder)) throw new UserError('bad-meta', 'The description of this recording is not valid.');
  const file = path.join(folder, checked.file);
  const analysis = await openAnalysis(file, control);
  try {
    const facts = await analysis.ask('facts', null, control.signal);
    const paths = new PathMap(facts.files, () => ({ cwd: checked.cwd, home: folder, folders: [] }));
    const copies = path.join(folder, 'sources');
    const cells = await copyCells(file + KERNEL_FILES.cells, new Set(facts.files), copies);
    const sources = [...cells, ...(await copySources(facts.files, paths, roots, Date.parse(checked.startedAt), copies))];
    const metaFile = path.join(folder, 'meta.json');
    const whole: RecordingMeta = { ...checked, sources };
    await writeWhole(metaFile, (write) => write(Buffer.from(`${JSON.stringify(whole, undefined, 2)}\n`)));
    for (const ending of Object.values(KERNEL_FILES)) rmSync(file + ending, { force: true });
    return store.adopt(file, metaFile, analysis, facts);
  } catch (error) {
    analysis.dispose();
    throw error;
  }
}

/** A file that was written after the start may not be what ran: it is left out, and heat then says that it is not sure. */
async function copySources(
  names: readonly string[],
  paths: PathMap,
  roots: readonly string[],
  startedAt: number,
  folder: string,
): Promise<RecordedSource[]> {
  const sources = new Map<string, RecordedSource>();
  for (const name of names) {
    if (sources.size >= MAX_SOURCES) break;
    const file = isInstalled(name) ? null : paths.locate(name);
    if (file === null || sources.has(pathKey(file)) || !isBelow(file, roots)) continue;
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found || found.size > MAX_SOURCE_BYTES || Math.floor(found.mtimeMs) > startedAt) continue;
    const bytes = readQuietly(file);
    if (bytes === undefined) continue;
    sources.set(pathKey(file), { path: file, ...(await copy(bytes, folder)) });
  }
  return [...sources.values()];
}

async function copy(bytes: Uint8Array, folder: string): Promise<Pick<RecordedSource, 'sha256' | 'lines'>> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  attempt(folder, () => mkdirSync(folder, { recursive: true }));
  const target = path.join(folder, sha256);
  if (!existsSync(target)) await writeWhole(target, (write) => write(bytes));
  let lines = 1;
  for (const byte of bytes) if (byte === 10) lines++;
  return { sha256, lines };
}

/** What a kernel tells of the cells that it ran (python/heatline/kernel.py): they are in no file. Those that the profile names are kept. */
async function copyCells(told: string, names: ReadonlySet<string>, folder: string): Promise<RecordedSource[]> {
  const found: RecordedSource[] = [];
  for (const { name, text, cell } of parseCells(readQuietly(told))) {
    if (typeof name !== 'string' || typeof text !== 'string' || typeof cell !== 'string') continue;
    if (found.length >= MAX_SOURCES || text.length > MAX_SOURCE_BYTES || !names.has(name) || !isCell(cell)) continue;
    found.push({ path: name, ...(await copy(Buffer.from(text), folder)), cell });
  }
  return found;
}

function parseCells(bytes: Uint8Array | undefined): Partial<Record<string, unknown>>[] {
  try {
    const value: unknown = bytes === undefined ? [] : JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    return [];
  }
}

/** Below one of the roots, by name or by what links lead to. */
function isBelow(file: string, roots: readonly string[]): boolean {
  const inside = (one: string, root: string) => pathKey(one).startsWith(pathKey(root.endsWith(path.sep) ? root : root + path.sep));
  return roots.some((root) => inside(file, root) || inside(realOf(file), realOf(root)));
}

function readQuietly(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
