import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ReadError } from '../core/errors.js';
import { Merger } from '../core/model/merge.js';
import type { Profile } from '../core/model/profile.js';
import { isCached, remove, type StoreCache, trim } from './cache.js';
import type { WindowFacts } from './facts.js';
import { fewComments } from './fewComments.js';
import type { Done, Failed, Job } from './job.js';
import { dayOf } from './names.js';
import { doJobs, type WorkControl } from './threads.js';

/** Sums that are made in another way have other names. */
const VERSION = 1;
/** So few are added up as quickly as their sum is read. */
const FEW = 3;

/** The sum of some windows. */
export interface MergedWindows {
  readonly profile: Profile;
  /** How many are in it. */
  readonly windows: number;
  /** Those that could not be read: they went, or were damaged, meanwhile. */
  readonly failed: readonly Failed[];
}

/** Windows of one hour or day, of one service and version. */
interface Group {
  readonly windows: readonly WindowFacts[];
  /** Of their sum. It says which windows are in it, as they are now. */
  readonly name: string;
}

interface Work {
  readonly root: string;
  readonly control: WorkControl;
  /** Where sums are kept; undefined to keep none. */
  readonly sums: string | undefined;
  readonly merger: Merger;
  readonly failed: Failed[];
  /** Kept sums, by file. */
  readonly kept: Map<string, Group>;
}

/**
 * Adds up windows, in bounded memory. Those of one hour, service and version are added up once and their sum is kept, and of these sums those of
 * a day again: the next time, and for any other stretch of time that holds them, the sums alone are read. Samples lose their times.
 * @param cache where sums are kept; undefined to read every window
 * @throws ReadError when none can be read; the signal's reason when it is aborted
 */
export async function mergeWindows(
  root: string,
  windows: readonly WindowFacts[],
  cache: StoreCache | undefined,
  control: WorkControl = {},
): Promise<MergedWindows> {
  const merger = new Merger({ sumTimes: true, comment: fewComments() });
  const work: Work = { root, control, sums: cache?.sums, merger, failed: [], kept: new Map() };
  const left = cache === undefined ? windows.map((window) => fileOf(work, window)) : await sumUp(work, windows);
  await addUp(work, left, cache === undefined);
  // A sum that was damaged is made of its windows again, the next time kept.
  const again = work.failed.flatMap(({ file }) => work.kept.get(file)?.windows ?? []);
  const failed = () => work.failed.filter(({ file }) => !work.kept.has(file));
  for (const { file } of work.failed) if (work.kept.has(file)) remove(file);
  if (again.length > 0)
    await addUp(
      work,
      again.map((window) => fileOf(work, window)),
    );
  if (merger.count === 0) throw new ReadError('io', failed()[0]?.reason ?? 'There are no windows of this kind.');
  if (cache !== undefined) trim(cache.sums);
  const { profile } = merger.part();
  // It is nobody else's yet.
  (profile.warnings as string[]).push(...lackingTypes(windows));
  return { profile, windows: windows.length - failed().length, failed: failed() };
}

/** Makes the sums that are missing. @returns the files that are still to be added up: sums, and windows that lie alone */
async function sumUp(work: Work, windows: readonly WindowFacts[]): Promise<string[]> {
  const left: string[] = [];
  const missing: { readonly day: Group; readonly hours: readonly Group[] }[] = [];
  for (const day of grouped(windows, dayOf)) {
    const hours = grouped(day.windows, hourOf);
    if (hours.length > FEW && isKept(work, day)) left.push(sumOf(work, day));
    else missing.push({ day, hours });
  }
  const jobs: { readonly group: Group; readonly job: Job }[] = [];
  for (const group of missing.flatMap(({ hours }) => hours)) {
    if (group.windows.length <= FEW || isKept(work, group)) continue;
    const merge = group.windows.map((window) => fileOf(work, window));
    jobs.push({ group, job: { merge, keep: { folder: work.sums!, name: `${group.name}.pb.gz` } } });
  }
  const known = windows.length - jobs.reduce((sum, { group }) => sum + group.windows.length, 0);
  const taken = new Set<Group>();
  const control: WorkControl = { ...work.control, progress: (done) => work.control.progress?.(known + done, windows.length) };
  await doJobs(
    jobs.map(({ job }) => job),
    control,
    (done, at) => {
      if (done.kept) work.kept.set(sumOf(work, jobs[at]!.group), jobs[at]!.group);
      else taken.add(jobs[at]!.group);
      take(work, done);
    },
  );
  return [...left, ...(await sumUpDays(work, missing, taken))];
}

/** @param taken hours that were added up and could not be kept */
async function sumUpDays(
  work: Work,
  days: readonly { readonly day: Group; readonly hours: readonly Group[] }[],
  taken: ReadonlySet<Group>,
): Promise<string[]> {
  const left: string[] = [];
  const jobs: { readonly group: Group; readonly job: Job }[] = [];
  for (const { day, hours } of days) {
    const files = hours.flatMap((hour) => {
      if (taken.has(hour)) return [];
      return work.kept.has(sumOf(work, hour)) ? [sumOf(work, hour)] : hour.windows.map((window) => fileOf(work, window));
    });
    if (hours.length <= FEW || hours.some((hour) => taken.has(hour))) left.push(...files);
    else jobs.push({ group: day, job: { merge: files, keep: { folder: work.sums!, name: `${day.name}.pb.gz` } } });
  }
  await doJobs(
    jobs.map(({ job }) => job),
    quiet(work.control),
    (done, at) => {
      const { group } = jobs[at]!;
      take(work, done);
      if (!done.kept) return;
      work.kept.set(sumOf(work, group), group);
      left.push(sumOf(work, group));
    },
  );
  return left;
}

/** Adds files up in as many parts as there are threads, in order. */
async function addUp(work: Work, files: readonly string[], told = false): Promise<void> {
  const share = Math.max(1, Math.ceil(files.length / (work.control.threads?.count ?? 1)));
  const jobs: Job[] = [];
  for (let at = 0; at < files.length; at += share) jobs.push({ merge: files.slice(at, at + share) });
  const parts: Done[] = [];
  await doJobs(jobs, told ? work.control : quiet(work.control), (done, at) => {
    parts[at] = done;
  });
  for (const done of parts) take(work, done);
}

function take({ merger, failed }: Work, done: Done): void {
  failed.push(...done.failed);
  if (done.part !== undefined) merger.addPart(done.part);
}

function quiet({ signal, threads }: WorkControl): WorkControl {
  return { ...(signal === undefined ? {} : { signal }), ...(threads === undefined ? {} : { threads }) };
}

function isKept(work: Work, group: Group): boolean {
  const file = sumOf(work, group);
  if (!isCached(file)) return false;
  work.kept.set(file, group);
  return true;
}

function sumOf({ sums }: Work, { name }: Group): string {
  return join(sums!, `${name}.pb.gz`);
}

function fileOf({ root }: Work, { path }: WindowFacts): string {
  return join(root, path);
}

function hourOf(startNanos: bigint): string {
  return String(startNanos / 3_600_000_000_000n);
}

function grouped(windows: readonly WindowFacts[], timeOf: (startNanos: bigint) => string): Group[] {
  const groups = new Map<string, WindowFacts[]>();
  for (const window of windows) {
    const key = `${timeOf(window.startNanos)}\0${window.service}\0${window.version}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [window]);
    else group.push(window);
  }
  return Array.from(groups.values(), (group) => ({ windows: group, name: nameOf(group) }));
}

function nameOf(windows: readonly WindowFacts[]): string {
  const hash = createHash('sha256').update(`${VERSION}\n`);
  for (const line of windows.map(({ path, bytes, mtimeMs }) => `${path}\0${bytes}\0${mtimeMs}\n`).sort()) hash.update(line);
  return hash.digest('hex').slice(0, 40);
}

function lackingTypes(windows: readonly WindowFacts[]): string[] {
  const having = new Map<string, number>();
  for (const { types } of windows)
    for (const { type, unit } of types) having.set(`${type}/${unit}`, (having.get(`${type}/${unit}`) ?? 0) + 1);
  return Array.from(having)
    .filter(([, count]) => count < windows.length)
    .map(([type, count]) => `Only ${count} of the ${windows.length} merged profiles have values of ${type}.`);
}
