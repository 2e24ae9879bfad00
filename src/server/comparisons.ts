import path from 'node:path';
import { UserError } from '../core/errors.js';
import { mapLines } from '../core/model/lineMap.js';
import { unpackProfile } from '../core/model/transport.js';
import type { CompareParams } from '../protocol/compare.js';
import type { ProfileId } from '../protocol/lsp.js';
import { closed } from './analysis/here.js';
import type { Asking } from './analysis/queries.js';
import { comparisonAnswers } from './comparing/answers.js';
import type { ComparisonQueries, Looked, PackedSides } from './comparing/queries.js';
import { ComparisonTables } from './comparing/tables.js';
import { readCopy } from './copies.js';
import type { OpenProfile, Store } from './store.js';
import { AnalysisThread } from './threads/thread.js';

/** Comparisons kept ready. */
const KEPT = 3;

type Comparing = Asking<ComparisonQueries>;

/** The comparisons that were asked for last. Each holds the profiles of both sides in one place: in a thread where one of them lives in one. */
export class Comparisons {
  private readonly kept = new Map<string, { readonly ids: readonly ProfileId[]; readonly comparing: Promise<Comparing> }>();

  constructor(private readonly store: Store) {}

  /** @throws UserError when one of the profiles is not open */
  async of({ view, base, more = [] }: CompareParams): Promise<Comparing> {
    const sides = { base: this.opened(base), next: [this.store.get(view.profile), ...this.opened(more)] };
    if (sides.base.length === 0) throw new UserError('bad-request', 'There is nothing to compare with.');
    const key = JSON.stringify([base, view.profile, more]);
    const known = this.kept.get(key);
    if (known !== undefined && (await known.comparing.then(({ alive }) => alive).catch(() => false))) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known.comparing;
    }
    const entry = { ids: [...base, view.profile, ...more], comparing: begin(sides) };
    this.kept.set(key, entry);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.drop(oldest);
    }
    entry.comparing.catch(() => this.kept.get(key) === entry && this.kept.delete(key));
    return entry.comparing;
  }

  /** What a comparison says to a request. */
  async ask<Q extends keyof ComparisonQueries>(
    query: Q,
    params: CompareParams,
    own: Omit<ComparisonQueries[Q][0], keyof Looked>,
    signal?: AbortSignal,
  ): Promise<ComparisonQueries[Q][1]> {
    const comparing = await this.of(params);
    const asked = { ...own, view: params.view, normalize: params.normalize ?? 'none' } as ComparisonQueries[Q][0];
    return comparing.ask(query, asked, signal);
  }

  /** Frees what holds a profile that was closed. */
  closed(id: ProfileId): void {
    for (const [key, { ids }] of this.kept) if (ids.includes(id)) this.drop(key);
  }

  private drop(key: string): void {
    void this.kept.get(key)?.comparing.then(
      (comparing) => comparing.dispose(),
      () => undefined,
    );
    this.kept.delete(key);
  }

  private opened(ids: readonly ProfileId[]): OpenProfile[] {
    return ids.map((id) => {
      if (!this.store.has(id)) throw new UserError('not-open', 'The profile to compare with is no longer open; choose it again.');
      return this.store.get(id);
    });
  }
}

interface Sides {
  readonly base: readonly OpenProfile[];
  readonly next: readonly OpenProfile[];
}

async function begin(sides: Sides): Promise<Comparing> {
  const columns = (side: readonly OpenProfile[]) => Promise.all(side.map(({ analysis }) => analysis.ask('columns', null)));
  const [base, next] = await Promise.all([columns(sides.base), columns(sides.next)]);
  const inThread = [...sides.base, ...sides.next].some(({ analysis }) => analysis instanceof AnalysisThread);
  const comparing: Comparing = inThread
    ? await AnalysisThread.start<ComparisonQueries>({ heatlineComparison: { base, next } })
    : new ComparisonHere({ base, next });
  const moved = movedLines(await comparing.ask('files', null), sides.base[0]!, sides.next[0]!);
  if (moved.length > 0) await comparing.ask('moved', moved);
  return comparing;
}

/** Small profiles are compared where they are. */
class ComparisonHere implements Comparing {
  private tables: ComparisonTables | undefined;

  constructor({ base, next }: PackedSides) {
    this.tables = new ComparisonTables(base.map(unpackProfile), next.map(unpackProfile));
  }

  get alive(): boolean {
    return this.tables !== undefined;
  }

  async ask<Q extends keyof ComparisonQueries>(
    query: Q,
    params: ComparisonQueries[Q][0],
    signal?: AbortSignal,
  ): Promise<ComparisonQueries[Q][1]> {
    signal?.throwIfAborted();
    if (this.tables === undefined) throw closed();
    return comparisonAnswers[query](this.tables, params);
  }

  dispose(): void {
    this.tables = undefined;
  }
}

/**
 * Where the lines of the base's files stand in the new profile's, for files that both recordings kept and that differ. Of
 * several runs the first one's sources count.
 */
function movedLines(files: readonly (readonly [string, string])[], base: OpenProfile, next: OpenProfile): [string, Int32Array][] {
  const [mine, theirs] = [hashesOf(base), hashesOf(next)];
  const found: [string, Int32Array][] = [];
  for (const [was, now] of files) {
    const [before, after] = [mine(was), theirs(now)];
    if (before === undefined || after === undefined || before === after) continue;
    const [old, today] = [keptText(base, before), keptText(next, after)];
    if (old === undefined || today === undefined) continue;
    const map = mapLines(old, today);
    const lines = old.split(/\r\n|\r|\n/).length;
    found.push([was, Int32Array.from({ length: lines + 1 }, (_, line) => (line === 0 ? 0 : map.now(line)))]);
  }
  return found;
}

/** Hash of the kept source by the profile's name for it. */
function hashesOf({ meta }: OpenProfile): (name: string) => string | undefined {
  const hashes = new Map<string, string>();
  for (const source of meta?.sources ?? []) {
    if (typeof source?.path === 'string') hashes.set(path.resolve(meta!.cwd, source.path), source.sha256);
  }
  return (name) => (meta === null ? undefined : hashes.get(path.resolve(meta.cwd, name)));
}

function keptText({ sources }: OpenProfile, hash: string): string | undefined {
  return sources === undefined ? undefined : readCopy(sources, hash);
}
