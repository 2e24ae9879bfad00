import type { Engine, EngineOptions, Target } from '../engine.js';

/** A language other than Python: how its programs are known, and which engine `auto` takes. One file in this folder and one line in `index.ts`. */
export interface Language {
  /** Also the name of the command that runs its programs. */
  readonly id: string;
  /** File names of its source. */
  readonly sources: RegExp;
  /** File names of what runs its programs. */
  readonly runner: RegExp;
  /** The engine for a program of it, with the reason in one clause. Throws UserError `usage` for what none of its engines can. Pure. */
  choose(target: Target, options: Partial<EngineOptions>): { readonly engine: Engine; readonly reason: string };
}
