import { ReadError } from '../core/errors.js';
import { readProfile } from '../core/formats/index.js';
import { writePprof } from '../core/formats/pprof/write.js';
import { fileSource } from '../core/formats/source.js';
import { type MergedPart, Merger } from '../core/model/merge.js';
import { writeCached } from './cache.js';
import { readFacts, type WindowFacts } from './facts.js';
import { fewComments } from './fewComments.js';

/** One piece of work on windows, which a thread can do. */
export type Job =
  | { readonly facts: readonly string[]; readonly root: string }
  | {
      readonly merge: readonly string[];
      /** Where the sum is to be kept; without it, or where that fails, it is handed over. */
      readonly keep?: { readonly folder: string; readonly name: string };
    };

/** A file that could not be read, and why in one sentence. */
export interface Failed {
  readonly file: string;
  readonly reason: string;
}

/** What came of a job. */
export interface Done {
  /** Windows that were read, in order. */
  readonly facts: readonly WindowFacts[];
  /** The sum; undefined where it was kept, or nothing could be read. */
  readonly part: MergedPart | undefined;
  readonly kept: boolean;
  readonly failed: readonly Failed[];
}

/**
 * Does a job here. @param run one for all jobs of a thread: what windows have in common is then read once
 * @param tell heard after every file @throws nothing for files that cannot be read
 */
export async function doJob(job: Job, run: object, tell: () => void = () => undefined): Promise<Done> {
  return 'facts' in job ? await readAll(job.root, job.facts, tell) : await mergeAll(job.merge, job.keep, run, tell);
}

async function readAll(root: string, paths: readonly string[], tell: () => void): Promise<Done> {
  const facts: WindowFacts[] = [];
  const failed: Failed[] = [];
  for (const path of paths) {
    try {
      facts.push(await readFacts(root, path));
    } catch (error) {
      failed.push({ file: path, reason: sentenceOf(error) });
    }
    tell();
  }
  return { facts, part: undefined, kept: false, failed };
}

/** One profile at a time is in memory beside the sum. Times of samples are given up: the sum would be as large as all that is summed. */
async function mergeAll(
  files: readonly string[],
  keep: { folder: string; name: string } | undefined,
  run: object,
  tell: () => void,
): Promise<Done> {
  const merger = new Merger({ sumTimes: true, comment: fewComments() });
  const failed: Failed[] = [];
  for (const file of files) {
    try {
      merger.add(await readProfile(fileSource(file), { run }));
    } catch (error) {
      failed.push({ file, reason: sentenceOf(error) });
    }
    tell();
  }
  if (merger.count === 0) return { facts: [], part: undefined, kept: false, failed };
  const part = merger.part();
  // What lacks a file must not be taken for the whole later.
  const kept = keep !== undefined && failed.length === 0 && writeCached(keep.folder, keep.name, writePprof(part.profile));
  return { facts: [], part: kept ? undefined : part, kept, failed };
}

function sentenceOf(error: unknown): string {
  if (error instanceof ReadError) return error.message;
  throw error;
}
