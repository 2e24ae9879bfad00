import type { ProfileInfo } from '../../../src/protocol/lsp.js';
import { fixed, formatCount, formatSeconds, formatShare, t } from '../../shared/format.js';

/** Something about a recording that says how far its figures can be trusted. */
export interface Fact {
  readonly text: string;
  readonly why: string;
  /** Something to keep in mind when reading the numbers; strong: they may mislead. */
  readonly doubt?: 'slight' | 'strong' | undefined;
}

/** Below this many samples a share of 10 % is uncertain by a third or more. */
const FEW_SAMPLES = 100;

/** Engine, rate, samples, failures and cost of a recording, as far as they are known. */
export function trustOf(info: ProfileInfo): Fact[] {
  const { quality } = info;
  const facts: Fact[] = [];
  const rate = rateOf(quality.rateAsked, quality.rateGot);
  const engine = quality.engine ?? info.format;
  facts.push({
    text: rate ? `${engine} · ${rate}` : engine,
    why:
      quality.rateGot === undefined
        ? t('What recorded this profile')
        : t('What recorded this profile, and how many samples a second it asked for and got'),
    doubt:
      quality.rateAsked !== undefined && quality.rateGot !== undefined && quality.rateGot < quality.rateAsked * 0.7 ? 'strong' : undefined,
  });
  const duration = info.durationNanos === null ? '' : ` · ${formatSeconds(info.durationNanos / 1e9)}`;
  // Rows that are sums are no samples: their number says nothing of an error.
  if (info.samples > 0 && quality.rows !== 'sums') {
    const few = info.samples < FEW_SAMPLES && !info.hasCalls;
    facts.push({
      text: `${t(info.samples === 1 ? '{0} sample' : '{0} samples', formatCount(info.samples))}${duration}`,
      why: t(few ? 'So few samples tell only the rough picture' : 'How many samples were taken, and over what time'),
      doubt: few ? 'strong' : undefined,
    });
  } else if (duration !== '') facts.push({ text: duration.slice(3), why: t('How long the recording lasted') });
  if (quality.errors !== undefined && quality.errors > 0) {
    facts.push({
      text: t('{0} of samples failed', formatShare(quality.errors / (quality.errors + info.samples))),
      why: t('Samples that could not be read; they count nowhere'),
      doubt: quality.errors > info.samples * 0.05 ? 'strong' : undefined,
    });
  }
  if (quality.cost !== undefined) {
    facts.push({
      text: t('cost {0}', formatShare(quality.cost)),
      why: t('How much of the run the recording itself took'),
      doubt: quality.cost > 0.2 ? 'strong' : undefined,
    });
  }
  if (quality.tracingSeconds !== undefined && quality.tracingSeconds > 0) {
    const takenOut = info.valueTypes.some(({ type }) => type === 'untraced');
    const added = formatSeconds(quality.tracingSeconds);
    facts.push({
      text:
        quality.tracingPerCallSeconds === undefined
          ? t('tracing added ≈ {0}', added)
          : t('tracing added ≈ {0} ({1} a call)', added, formatSeconds(quality.tracingPerCallSeconds)),
      why: takenOut
        ? t('Counting calls takes time: the untraced time is an estimate without it, the wall time and the traced time are with it')
        : t('Counting calls takes time: functions that are called very often look slower than they are'),
      doubt: !takenOut && info.durationNanos !== null && quality.tracingSeconds * 1e9 > info.durationNanos * 0.25 ? 'strong' : 'slight',
    });
  }
  if (info.treeIsEstimate) {
    facts.push({
      text: t('call tree is an estimate from call edges'),
      why: t(
        'The file knows who called whom, but not whole stacks; where callers differ, the tree shares the time out by the number on each edge',
      ),
      doubt: 'slight',
    });
  }
  return facts;
}

function rateOf(asked: number | undefined, got: number | undefined): string {
  const hertz = (rate: number) => (rate >= 10 ? formatCount(Math.round(rate)) : fixed(rate, 1));
  if (asked !== undefined && got !== undefined) return t('{0} Hz asked, {1} got', hertz(asked), hertz(got));
  if (asked !== undefined) return t('{0} Hz asked', hertz(asked));
  return got === undefined ? '' : `${hertz(got)} Hz`;
}
