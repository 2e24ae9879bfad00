import { UserError } from '../errors.js';
import { changeNoise } from '../model/changeNoise.js';
import type { ComparedSide, Comparison } from '../model/compare.js';
import { unitFactor } from '../model/compare.js';
import { functionTable } from '../model/functionTable.js';
import type { Profile } from '../model/profile.js';
import { totalOf } from '../model/search.js';
import { formatValue } from '../model/units.js';
import { functionMatcher } from '../model/weights.js';
import { beforeAndAfter } from './change.js';
import { plain } from './figures.js';

/** A condition on two profiles that fails a build: `total>5%`, `self(parse)>10%`, `alloc>+20MB`, `total>2s`. */
export interface Rule {
  readonly text: string;
  /** `self`, `total`, `calls`, `alloc`, or the name of a value type. */
  readonly figure: string;
  /** Functions by name or file; undefined: all. */
  readonly expression: string | undefined;
  readonly operator: '>' | '>=' | '<' | '<=';
  /** Compared with the limit: the change in per cent of the base, the change, or the new figure itself. */
  readonly of: 'percent' | 'change' | 'figure';
  readonly limit: number;
  /** Unit of the limit; '' for that of the figure. */
  readonly unit: string;
}

export interface Judged {
  readonly rule: Rule;
  readonly holds: boolean;
  /** False when no function of either profile is meant: the rule guards nothing. */
  readonly matched: boolean;
  /** The rule and what was found: `total>5%: 1.20 s → 1.35 s, +12.5 %`. */
  readonly sentence: string;
}

const UNITS: Readonly<Record<string, string>> = { b: 'bytes', kib: 'kb', mib: 'mb', byte: 'bytes', sec: 's', secs: 's' };
const FORM = 'a rule looks like total>5%, self(name)>10%, alloc>+20MB or total>2s';

/** Reads a rule of `--fail-on`. @throws UserError `usage` */
export function parseRule(text: string): Rule {
  const fail = (why: string) => new UserError('usage', `--fail-on "${plain(text)}": ${why}; ${FORM}`);
  const at = Math.max(text.lastIndexOf('>'), text.lastIndexOf('<'));
  if (at < 0) throw fail('there is no > or <');
  const wide = text[at + 1] === '=';
  const operator = `${text[at]}${wide ? '=' : ''}` as Rule['operator'];
  const [, figure, brackets, expression] = /^\s*([a-z][\w-]*)\s*(\((.*)\))?\s*$/is.exec(text.slice(0, at)) ?? [];
  if (figure === undefined) throw fail('what it compares is none of self, total, calls, alloc or a value type');
  if (brackets !== undefined && expression === '') throw fail('the brackets are empty');
  if (expression !== undefined) {
    try {
      new RegExp(expression);
    } catch {
      throw fail(`"${plain(expression)}" is not a regular expression`);
    }
  }
  const [, sign = '', digits, unit = ''] = /^\s*([+-]?)\s*(\d+\.?\d*|\.\d+)\s*(%|[a-zµ]*)\s*$/i.exec(text.slice(at + (wide ? 2 : 1))) ?? [];
  if (digits === undefined) throw fail('its limit is no number with a unit');
  const limit = Number(digits) * (sign === '-' ? -1 : 1);
  const of = unit === '%' ? 'percent' : sign === '' ? 'figure' : 'change';
  const known = unit.toLowerCase();
  return { text, figure, expression, operator, of, limit, unit: unit === '%' ? '' : (UNITS[known] ?? known) };
}

/** Whether a rule holds. @throws UserError `usage` when the profiles do not have what it compares */
export function judge(comparison: Comparison, rule: Rule): Judged {
  const { base, next, unit, matched } = figuresFor(comparison, rule);
  const factor = rule.unit === '' ? 1 : unitFactor(rule.unit, unit);
  if (factor === undefined) throw new UserError('usage', `--fail-on "${plain(rule.text)}": the figures are in ${unit}, not ${rule.unit}`);
  const share = base === 0 ? (next === 0 ? 0 : Math.sign(next) * Number.POSITIVE_INFINITY) : (next - base) / Math.abs(base);
  const found = rule.of === 'percent' ? share * 100 : rule.of === 'change' ? next - base : next;
  const limit = rule.limit * factor;
  const { operator } = rule;
  // A change of exactly 5 % may come out as 5.000000000000001 %.
  const equal = Math.abs(found - limit) <= 1e-9 * Math.max(1, Math.abs(limit));
  const holds = equal ? operator.endsWith('=') : operator.startsWith('>') ? found > limit : found < limit;
  const noise =
    rule.figure === 'self' && rule.expression !== undefined ? changeNoise(comparison.base, base, comparison.next, next) : Number.NaN;
  const doubt = Number.isNaN(noise) || noise === 0 || base === next ? '' : ` (sampling alone: ±${formatValue(noise, unit)})`;
  const nothing = matched ? '' : ', no function matches';
  return { rule, holds, matched, sentence: `${plain(rule.text)}: ${beforeAndAfter(base, next, unit)}${doubt}${nothing}` };
}

interface Figures {
  readonly base: number;
  readonly next: number;
  readonly unit: string;
  readonly matched: boolean;
}

function figuresFor(comparison: Comparison, rule: Rule): Figures {
  const { base, next, type } = comparison;
  const fail = (why: string) => new UserError('usage', `--fail-on "${plain(rule.text)}": ${why}`);
  const both = (figure: (side: ComparedSide, funcs: number[] | undefined) => number, unit: string): Figures => {
    const mine = matching(base.profile, rule.expression);
    const theirs = matching(next.profile, rule.expression);
    const matched = mine === undefined || mine.length + (theirs?.length ?? 0) > 0;
    return { base: figure(base, mine), next: figure(next, theirs), unit, matched };
  };
  const kind = rule.figure.toLowerCase();
  if (kind === 'self' || kind === 'total') {
    return both((side, funcs) => (funcs === undefined ? side.sum : figureOf(side, funcs, kind)), type.unit);
  }
  if (kind === 'calls') {
    if (base.figures.calls === undefined || next.figures.calls === undefined) throw fail('calls were not counted in both profiles');
    return both(({ figures: { calls } }, funcs) => (funcs?.map((func) => calls![func]!) ?? [...calls!]).reduce(add, 0), 'count');
  }
  const mine = typeIndex(base.profile, kind);
  const theirs = typeIndex(next.profile, kind);
  if (mine < 0 || theirs < 0) throw fail(`the profiles do not both have ${kind === 'alloc' ? 'allocations' : `values of type ${kind}`}`);
  const { unit } = next.profile.sampleTypes[theirs]!;
  const factor = unitFactor(base.profile.sampleTypes[mine]!.unit, unit);
  if (factor === undefined) throw fail('the two profiles measure it in different units');
  return both((side, funcs) => {
    const isBase = side === base;
    const spec = { ...side.spec, type: isBase ? mine : theirs };
    const figures = functionTable(side.profile, spec);
    const sum = funcs === undefined ? figures.sum : figureOf({ ...side, spec, figures, scale: 1 }, funcs, 'total');
    return sum * (isBase ? factor : normalizing(comparison));
  }, unit);
}

/** What normalising multiplies the new profile's figures with, in any unit. */
function normalizing({ next }: Comparison): number {
  return next.scale;
}

function figureOf({ profile, spec, figures, scale }: ComparedSide, funcs: number[], kind: 'self' | 'total'): number {
  if (kind === 'total') return totalOf(profile, spec, funcs) * scale;
  return funcs.map((func) => figures.self[func]!).reduce(add, 0) * scale;
}

const add = (sum: number, own: number): number => sum + own;

function matching(profile: Profile, expression: string | undefined): number[] | undefined {
  if (expression === undefined) return undefined;
  const flags = functionMatcher(profile, expression);
  const found: number[] = [];
  for (let func = 0; func < flags.length; func++) if (flags[func] === 1) found.push(func);
  return found;
}

/** A value type by name; `alloc` is what each kind of profile calls the amount of memory allocated. */
function typeIndex({ sampleTypes }: Profile, name: string): number {
  const exact = sampleTypes.findIndex(({ type }) => type.toLowerCase() === name);
  if (exact >= 0 || name !== 'alloc') return exact;
  const isBytes = (unit: string) => unitFactor(unit, 'bytes') !== undefined;
  for (const fits of [
    (type: string) => type === 'alloc_space',
    (type: string, unit: string) => /alloc/i.test(type) && isBytes(unit),
    (type: string) => /alloc/i.test(type),
    (type: string, unit: string) => isBytes(unit) && !/inuse|live|peak/i.test(type),
  ]) {
    const found = sampleTypes.findIndex(({ type, unit }) => fits(type, unit));
    if (found >= 0) return found;
  }
  return -1;
}
