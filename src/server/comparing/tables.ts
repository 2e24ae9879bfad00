import { UserError } from '../../core/errors.js';
import { type Comparison, compare, type Repeated } from '../../core/model/compare.js';
import { type ComparedLine, compareLines, type MovedLines } from '../../core/model/compareLines.js';
import { type DiffTree, diffTree, type WidthOf } from '../../core/model/diffTree.js';
import { libraryFlags } from '../../core/model/library.js';
import { type Pairing, pairFunctions } from '../../core/model/pairing.js';
import type { Profile, ValueType, ViewSpec } from '../../core/model/profile.js';
import { type RunSum, sumRuns } from '../../core/model/repeatedRuns.js';
import { shownProfile } from '../../core/model/shown.js';
import { formatType } from '../../core/model/units.js';
import { counterpart } from '../../core/report/compared.js';
import type { ViewParams } from '../../protocol/lsp.js';
import { keyOf, specOf } from '../analysis/tables.js';
import type { Looked } from './queries.js';

/** Derived tables kept per comparison. */
const KEPT = 12;
/**
 * Parts of a tree below this share of their side are not drawn: no screen shows them. Of large profiles (frames), larger ones:
 * they are a few samples, which say nothing of a change.
 */
const UNSEEN = 1e-5;
const UNSEEN_IN_LARGE = 5e-5;
const LARGE = 1_000_000;

/** Both sides of a comparison with what was derived from them, made at first use. */
export class ComparisonTables {
  readonly base: RunSum;
  readonly next: RunSum;
  private readonly made = new Map<string, unknown>();
  private known: Pairing | undefined;
  private moved: MovedLines = new Map();

  constructor(base: readonly Profile[], next: readonly Profile[]) {
    this.base = sumRuns(base);
    this.next = sumRuns(next);
  }

  /** Which function is which. Hiding or merging frames leaves the functions, so it is the same in every view. */
  get pairing(): Pairing {
    this.known ??= pairFunctions(this.base.profile, this.next.profile);
    return this.known;
  }

  setMoved(moved: MovedLines): void {
    this.moved = moved;
    this.made.clear();
  }

  /** The table `key`, made if it is not kept; the ones used last are kept. */
  table<T>(key: string, make: () => T): T {
    const value = this.made.has(key) ? (this.made.get(key) as T) : make();
    this.made.delete(key);
    this.made.set(key, value);
    for (const oldest of this.made.keys()) {
      if (this.made.size <= KEPT) break;
      this.made.delete(oldest);
    }
    return value;
  }

  /** @throws UserError for what only one side has: the kind of value, the thread, the duration */
  comparison({ view, normalize }: Looked): Comparison {
    return this.table(keyOf('comparison', view, normalize), () => {
      const type = this.typeOf(view);
      const [baseType, nextType] = [this.find(this.base.profile, type), this.find(this.next.profile, type)];
      checkComparable(view);
      this.checkThread(view);
      const shown = (profile: Profile) => shownProfile(profile, view);
      const side = (sum: RunSum): Repeated | undefined =>
        sum.runs.length < 2
          ? undefined
          : {
              profiles: sum.runs.map(shown),
              specs: sum.runs.map((run) => spec(view, counterpart(type, run) ?? -1)),
              functions: sum.functions,
            };
      return compare(shown(this.base.profile), spec(view, baseType), shown(this.next.profile), spec(view, nextType), {
        normalize,
        baseRuns: side(this.base),
        nextRuns: side(this.next),
        pairing: this.pairing,
      });
    });
  }

  lines(looked: Looked): readonly ComparedLine[] {
    return this.table(keyOf('lines', looked.view, looked.normalize), () => compareLines(this.comparison(looked), this.moved));
  }

  tree(looked: Looked, inverted: boolean, widths: WidthOf): DiffTree {
    const justMyCode = looked.view.justMyCode === true;
    return this.table(keyOf('tree', looked.view, looked.normalize, inverted, widths, justMyCode), () =>
      diffTree(this.comparison(looked), { inverted, widths, justMyCode, minShare: this.isLarge ? UNSEEN_IN_LARGE : UNSEEN }),
    );
  }

  private get isLarge(): boolean {
    return [this.base, this.next].some(({ profile }) => (profile.frames?.location.length ?? profile.stacks.length) > LARGE);
  }

  /** Whether a row of the compared functions is shown in a view: all are, or only the user's own code. */
  shows(looked: Looked): (row: number) => boolean {
    if (looked.view.justMyCode !== true) return () => true;
    const { functions } = this.comparison(looked);
    const [base, next] = [libraryFlags(this.base.profile), libraryFlags(this.next.profile)];
    return (row) => (functions.next[row]! < 0 ? base[functions.base[row]!] : next[functions.next[row]!]) !== 1;
  }

  /** Function of the sum of the new runs → function of the first of them, -1 where that has none. */
  get own(): Int32Array {
    return this.next.functions[0]!;
  }

  /** Row of the compared functions by function of the first new run; -1 for those without figures. */
  rowsByFunction(looked: Looked): Int32Array {
    return this.table(keyOf('rows', looked.view, looked.normalize), () => {
      const { functions } = this.comparison(looked);
      const rows = new Int32Array(this.next.runs[0]!.functions.length).fill(-1);
      for (let row = 0; row < functions.length; row++) {
        const func = functions.next[row]!;
        const own = func < 0 ? -1 : this.own[func]!;
        if (own >= 0) rows[own] = row;
      }
      return rows;
    });
  }

  /** The kind of value of a view, which is of the first new run. */
  private typeOf(view: ViewParams): ValueType {
    const type = this.next.runs[0]!.sampleTypes[view.type];
    if (type === undefined) throw new UserError('no-such-type', 'The profile has no such kind of value.');
    return type;
  }

  private find({ sampleTypes }: Profile, type: ValueType): number {
    const found = counterpart(type, { sampleTypes });
    if (found !== undefined) return found;
    const list = sampleTypes.map(formatType).join(', ') || 'nothing';
    throw new UserError('different-types', `The baseline has no values of ${formatType(type)} to compare with: it has ${list}.`);
  }

  private checkThread({ thread }: ViewParams): void {
    if (thread === undefined || this.base.profile.threads.includes(thread)) return;
    throw new UserError('no-such-thread', `The baseline has no thread "${thread}" to compare with.`);
  }
}

/** A stretch of time, or a node, is one of the profile that it was chosen on. */
function checkComparable({ range, scope }: ViewParams): void {
  if (scope)
    throw new UserError('no-scope', 'A node of a call tree is chosen, which means nothing in another run: show all of them to compare.');
  if (range)
    throw new UserError('no-range', 'A stretch of time is chosen, which means nothing in another run: show all of the time to compare.');
}

function spec(view: ViewParams, type: number): ViewSpec {
  return { ...specOf(view), type };
}
