import type { ProfileInfo } from '../../../src/protocol/lsp.js';
import { formatSeconds, formatShare, formatValue, typeLabel } from '../../shared/format.js';
import { trustOf } from '../shell/trust.js';
import { blindSpots } from './blindSpots.js';

/** One thing that is known, and what of it. */
export type Fact = readonly [label: string, values: readonly string[]];

/** Facts by section; what is not known is left out, and so is a section without any. */
export function sectionsOf(info: ProfileInfo): readonly (readonly [title: string, facts: readonly Fact[]])[] {
  const sections: readonly (readonly [string, readonly Fact[]])[] = [
    ['What ran', ranOf(info)],
    ['How it was measured', measuredOf(info)],
    ['How far to trust it', trustedOf(info)],
  ];
  return sections
    .map(([title, facts]) => [title, facts.filter(([, values]) => values.length > 0)] as const)
    .filter(([, facts]) => facts.length > 0);
}

function ranOf({ label, recording, durationNanos, timeNanos, quality, format, comments }: ProfileInfo): Fact[] {
  const started = timeNanos === null ? Date.parse(recording?.startedAt ?? '') : Number(BigInt(timeNanos) / 1_000_000n);
  return [
    ['Profile', [label]],
    ['Command', recording ? [recording.argv.join(' ')] : []],
    ['Folder', recording ? [recording.cwd] : []],
    ['Interpreter', known(recording?.interpreter)],
    ['Python', known(quality.python)],
    ['Recorded', Number.isFinite(started) && started > 0 ? [new Date(started).toLocaleString()] : []],
    ['Duration', durationNanos === null ? [] : [formatSeconds(durationNanos / 1e9)]],
    ['Ended', recording ? [endOf(recording)] : []],
    ['Commit', known(recording?.gitCommit)],
    ['Format', [format]],
    ['Comments', comments],
  ];
}

function measuredOf(info: ProfileInfo): Fact[] {
  const { quality, recording, samples, threads } = info;
  const engine = [quality.engine ?? recording?.engine, quality.engineVersion].filter(Boolean).join(' ');
  const rate = [
    ...(quality.rateAsked === undefined ? [] : [`${hertz(quality.rateAsked)} asked`]),
    ...(quality.rateGot === undefined ? [] : [`${hertz(quality.rateGot)} got`]),
  ];
  const [one, many] = quality.rows === 'spans' ? ['span', 'spans'] : quality.rows === 'sums' ? ['row', 'rows'] : ['sample', 'samples'];
  return [
    ['Engine', known([engine, recording?.engineReason].filter(Boolean).join(' · '))],
    ['Values', info.valueTypes.map((type, i) => `${typeLabel(type)}: ${formatValue(info.totals[i] ?? 0, type.unit)} in all`)],
    ['Samples', samples > 0 ? [`${samples.toLocaleString('en')} ${samples === 1 ? one : many}`] : []],
    ['Rate', rate.length > 0 ? [rate.join(', ')] : []],
    [
      'One every',
      info.period > 0 && info.periodType ? [`${formatValue(info.period, info.periodType.unit)} (${typeLabel(info.periodType)})`] : [],
    ],
    ['Failed', quality.errors === undefined ? [] : [failedText(quality.errors, samples)]],
    ['Missed', quality.missed ? [`${formatShare(quality.missed)} of the samples that were due`] : []],
    ['Cost', costOf(info)],
    ['Functions', [info.functions.toLocaleString('en')]],
    ['Threads', threads],
  ];
}

function trustedOf(info: ProfileInfo): Fact[] {
  const { quality, recording } = info;
  const doubts = trustOf(info).filter((fact) => fact.doubt);
  return [
    ['Keep in mind', doubts.map((fact) => `${capital(fact.text)}. ${fact.why}.`)],
    ['Blind spots', blindSpots(quality.engine ?? recording?.engine, info.format)],
    ['Notes', quality.notes ?? []],
    ['Warnings', info.warnings],
  ];
}

function costOf({ quality }: ProfileInfo): string[] {
  const share = quality.cost === undefined ? [] : [`${formatShare(quality.cost)} of the run`];
  const added = quality.tracingSeconds ? [`counting calls added about ${formatSeconds(quality.tracingSeconds)}`] : [];
  return [...share, ...added];
}

function failedText(errors: number, samples: number): string {
  if (errors === 0) return 'none';
  return `${errors.toLocaleString('en')}, ${formatShare(errors / (errors + samples))} of all: these count nowhere`;
}

const STOPPED: Record<string, string> = { program: 'by itself', user: 'stopped by you', signal: 'by a signal', opened: '' };

function endOf({ exitStatus, stoppedBy }: NonNullable<ProfileInfo['recording']>): string {
  const status = exitStatus === null ? '' : exitStatus < 0 ? `killed by signal ${-exitStatus}` : `status ${exitStatus}`;
  return [STOPPED[stoppedBy] ?? '', status].filter(Boolean).join(', ') || 'not known';
}

const known = (value: string | undefined): string[] => (value ? [value] : []);
const hertz = (rate: number) => `${rate >= 10 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1)} Hz`;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
