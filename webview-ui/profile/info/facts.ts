import type { ProfileInfo } from '../../../src/protocol/lsp.js';
import { fixed, formatCount, formatSeconds, formatShare, formatValue, t, typeLabel } from '../../shared/format.js';
import { trustOf } from '../shell/trust.js';
import { blindSpots } from './blindSpots.js';

/** One thing that is known, and what of it. */
export type Fact = readonly [label: string, values: readonly string[]];

/** Facts by section; what is not known is left out, and so is a section without any. */
export function sectionsOf(info: ProfileInfo): readonly (readonly [title: string, facts: readonly Fact[]])[] {
  const sections: readonly (readonly [string, readonly Fact[]])[] = [
    [t('What ran'), ranOf(info)],
    [t('How it was measured'), measuredOf(info)],
    [t('How far to trust it'), trustedOf(info)],
  ];
  return sections
    .map(([title, facts]) => [title, facts.filter(([, values]) => values.length > 0)] as const)
    .filter(([, facts]) => facts.length > 0);
}

function ranOf({ label, recording, durationNanos, timeNanos, quality, format, comments, commits = [] }: ProfileInfo): Fact[] {
  const started = timeNanos === null ? Date.parse(recording?.startedAt ?? '') : Number(BigInt(timeNanos) / 1_000_000n);
  return [
    [t('Name'), [label]],
    [t('Command'), recording ? [recording.argv.join(' ')] : []],
    [t('Folder'), recording ? [recording.cwd] : []],
    [t('Interpreter'), known(recording?.interpreter)],
    ['Python', known(quality.python)],
    [t('Recorded'), Number.isFinite(started) && started > 0 ? [new Date(started).toLocaleString()] : []],
    [t('Duration'), durationNanos === null ? [] : [formatSeconds(durationNanos / 1e9)]],
    [t('Ended'), recording ? [endOf(recording)] : []],
    [t('Commit'), [...known(recording?.gitCommit), ...commits.map((commit) => t('{0}: lines are compared with its sources', commit))]],
    [t('Format'), [format]],
    [t('Comments'), comments],
  ];
}

function measuredOf(info: ProfileInfo): Fact[] {
  const { quality, recording, samples, threads } = info;
  const engine = [quality.engine ?? recording?.engine, quality.engineVersion].filter(Boolean).join(' ');
  const rate = [
    ...(quality.rateAsked === undefined ? [] : [t('{0} asked', hertz(quality.rateAsked))]),
    ...(quality.rateGot === undefined ? [] : [t('{0} got', hertz(quality.rateGot))]),
  ];
  return [
    [t('Engine'), known([engine, recording?.engineReason].filter(Boolean).join(' · '))],
    [
      t('Values'),
      info.valueTypes.map(
        (type, i) => `${t('{0}: {1} in all', typeLabel(type), formatValue(info.totals[i] ?? 0, type.unit))}${shareOfState(info, i)}`,
      ),
    ],
    [t('Samples'), samples > 0 ? [samplesText(samples, quality.rows)] : []],
    [t('Rate'), rate.length > 0 ? [rate.join(', ')] : []],
    [t('Times'), quality.timesWithin === undefined ? [] : [t('right to ±{0}', formatSeconds(quality.timesWithin))]],
    [
      t('One every'),
      info.period > 0 && info.periodType ? [`${formatValue(info.period, info.periodType.unit)} (${typeLabel(info.periodType)})`] : [],
    ],
    [t('Failed'), quality.errors === undefined ? [] : [failedText(quality.errors, samples)]],
    [t('Missed'), quality.missed ? [t('{0} of the samples that were due', formatShare(quality.missed))] : []],
    [t('Cost'), costOf(info)],
    [t('Functions'), [formatCount(info.functions)]],
    [t('Threads'), threads],
  ];
}

/** Of what is part of another value: how much of it. */
function shareOfState({ states, totals }: ProfileInfo, type: number): string {
  const whole = totals[states?.base ?? -1] ?? 0;
  return whole > 0 && states?.types.some((state) => state.type === type) ? ` (${formatShare((totals[type] ?? 0) / whole)})` : '';
}

function trustedOf(info: ProfileInfo): Fact[] {
  const { quality, recording } = info;
  const doubts = trustOf(info).filter((fact) => fact.doubt);
  return [
    [t('Keep in mind'), doubts.map((fact) => `${capital(fact.text)}. ${fact.why}.`)],
    [t('Blind spots'), blindSpots(quality.engine ?? recording?.engine, info.format)],
    [t('Notes'), quality.notes ?? []],
    [t('Warnings'), info.warnings],
  ];
}

function costOf({ quality }: ProfileInfo): string[] {
  const share = quality.cost === undefined ? [] : [t('{0} of the run', formatShare(quality.cost))];
  const added = quality.tracingSeconds ? [t('counting calls added about {0}', formatSeconds(quality.tracingSeconds))] : [];
  return [...share, ...added];
}

function samplesText(count: number, rows: ProfileInfo['quality']['rows']): string {
  const figure = formatCount(count);
  if (rows === 'spans') return t(count === 1 ? '{0} span' : '{0} spans', figure);
  if (rows === 'sums') return t(count === 1 ? '{0} row' : '{0} rows', figure);
  return t(count === 1 ? '{0} sample' : '{0} samples', figure);
}

function failedText(errors: number, samples: number): string {
  if (errors === 0) return t('none');
  return t('{0}, {1} of all: these count nowhere', formatCount(errors), formatShare(errors / (errors + samples)));
}

const STOPPED: Record<string, string> = {
  program: t('by itself'),
  user: t('stopped by you'),
  signal: t('by a signal'),
  opened: '',
};

function endOf({ exitStatus, stoppedBy }: NonNullable<ProfileInfo['recording']>): string {
  const status = exitStatus === null ? '' : exitStatus < 0 ? t('killed by signal {0}', -exitStatus) : t('status {0}', exitStatus);
  return [STOPPED[stoppedBy] ?? '', status].filter(Boolean).join(', ') || t('not known');
}

const known = (value: string | undefined): string[] => (value ? [value] : []);
const hertz = (rate: number) => `${rate >= 10 ? formatCount(Math.round(rate)) : fixed(rate, 1)} Hz`;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
