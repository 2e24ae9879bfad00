// What tests of comparing share: a program before and after a change, and a running server that has a recording of both.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecordingMeta } from '../../src/core/recording.js';
import type { CompareParams } from '../../src/protocol/compare.js';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { buildServer, encodePprof, type RunningServer, startServer, type TestProfile } from './serverKit.js';
import { MS } from './serverShop.js';

/** The program's text before the change, and after it. */
export const OLD = `def quote(items):
    total = 0
    for name in items:
        total += find(name)
    return total


def find(name):
    return name.casefold()


def gone(name):
    return name.strip()
`;
/** The loop of quote changed its place in the function; find moved down, gone went, fresh came. */
export const NEW = `import functools


def quote(items):
    seen = set(items)
    total = 0
    for name in items:
        prepare(seen, name)
        total += find(name)
    return total


@functools.cache
def find(name):
    return name.casefold()


def fresh(name):
    return name.title()
`;

type Lines = readonly (readonly [func: number, line: number, count: number])[];

/** Samples of 1 ms. @param lines function 0 is quote @param calls its line that all others are called from */
export function samples(functions: TestProfile['functions'], calls: number, lines: Lines): TestProfile {
  return {
    functions,
    samples: lines.map(([func, line, count]) => ({
      stack:
        func === 0
          ? [[0, line]]
          : [
              [func, line],
              [0, calls],
            ],
      values: [count, count * MS],
    })),
    durationNanos: 1000 * MS,
  };
}

/** What a sampler saw before the change, and after it. @param file the program's */
export const was = (file: string) =>
  samples(
    [
      ['quote', file, 1],
      ['find', file, 8],
      ['gone', file, 12],
    ],
    4,
    [
      [0, 3, 200],
      [1, 9, 500],
      [2, 13, 100],
    ],
  );
export const now = (file: string) =>
  samples(
    [
      ['quote', file, 4],
      ['find', file, 13],
      ['fresh', file, 18],
    ],
    9,
    [
      [0, 7, 210],
      [0, 8, 50],
      [1, 15, 250],
      [2, 19, 90],
    ],
  );

export interface Change {
  /** A folder of its own, whose name has a space and an umlaut. */
  readonly folder: string;
  /** The program's file, with the text of after the change. */
  readonly program: string;
  readonly server: RunningServer;
  /** The recordings of before and after. */
  readonly base: ProfileInfo;
  readonly next: ProfileInfo;
  /** The wall time of after against that of before. */
  readonly params: CompareParams;
  /** Makes a recording of the text that the program has then. */
  record(id: string, text: string, of: TestProfile): Promise<ProfileInfo>;
  close(): Promise<void>;
}

/** Starts a server and records the program before and after the change. */
export async function openChange(): Promise<Change> {
  const folder = mkdtempSync(path.join(tmpdir(), 'heatline compare ü-'));
  const program = path.join(folder, 'program.py');
  const built = await buildServer();
  const server = await startServer(built.bundle, folder);
  const record = (id: string, text: string, of: TestProfile): Promise<ProfileInfo> => {
    writeFileSync(program, text);
    const past = new Date(Date.now() - 60_000);
    utimesSync(program, past, past);
    const home = path.join(folder, id);
    mkdirSync(home);
    writeFileSync(path.join(home, 'raw.pb.gz'), encodePprof(of));
    const meta: RecordingMeta = {
      version: 1,
      id,
      label: id,
      file: 'raw.pb.gz',
      engine: 'hybrid',
      argv: ['python', 'program.py'],
      cwd: folder,
      target: 'program.py',
      startedAt: new Date(Date.now() - 6000).toISOString(),
      durationSeconds: 1,
      exitStatus: 0,
      stoppedBy: 'program',
      sources: [],
    };
    return server.request('recording/seal', { folder: home, meta, roots: [folder] });
  };
  const base = await record('before', OLD, was(program));
  const next = await record('after', NEW, now(program));
  return {
    folder,
    program,
    server,
    base,
    next,
    params: { view: { profile: next.id, type: 1 }, base: [base.id] },
    record,
    async close() {
      await server.stop();
      built.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
