/** Queries about waiting, and their answers: locks, tasks, loops. */
import { type AwaitUse, awaitUse, type LoopBlock, loopBlocks } from '../../core/model/awaitUse.js';
import { type LockHeld, type LockUse, lockUse } from '../../core/model/lockUse.js';
import type { ViewParams } from '../../protocol/lsp.js';
import { specOf, type Tables } from './tables.js';

interface OfLine {
  readonly view: ViewParams;
  /** Names that the file has in the profile. */
  readonly files: readonly string[];
  /** As recorded. */
  readonly line: number;
}

export interface WaitQueries {
  lockUse: [OfLine, { readonly use: LockUse | null; readonly held: LockHeld | null }];
  awaitUse: [OfLine, AwaitUse | null];
  loopBlocks: [{ readonly view: ViewParams }, readonly LoopBlock[]];
}

export const waitAnswers: { readonly [Q in keyof WaitQueries]: (tables: Tables, params: WaitQueries[Q][0]) => WaitQueries[Q][1] } = {
  lockUse: ({ profile }, { view, files, line }) => lockUse(profile, specOf(view), files, line),
  awaitUse: ({ profile }, { view, files, line }) => awaitUse(profile, specOf(view), files, line),
  loopBlocks: ({ profile }, { view }) => loopBlocks(profile, specOf(view)),
};
