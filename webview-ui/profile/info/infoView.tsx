import type { ProfileInfo } from '../../../src/protocol/lsp.js';
import { formatSeconds, formatShare, formatValue, safeText, typeLabel } from '../../shared/format.js';
import { trustOf } from '../shell/statusRow.js';
import { useStore } from '../useStore.js';

/** All that is known of the recording, as a list. */
export function InfoView() {
  const info = useStore().page?.info;
  if (!info) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by key
    <div class="info" tabIndex={0} role="region" aria-label="About this profile">
      {info.summary !== '' && <p class="summary">{safeText(info.summary)}</p>}
      <dl>
        {factsOf(info).map(([label, values]) => (
          <div key={label}>
            <dt>{label}</dt>
            {values.map((value) => (
              <dd key={value}>{safeText(value)}</dd>
            ))}
          </div>
        ))}
      </dl>
    </div>
  );
}

function factsOf(info: ProfileInfo): [string, string[]][] {
  const { quality, recording } = info;
  const facts: [string, string[]][] = [
    ['Profile', [info.label]],
    ['Format', [info.format]],
    ['Measured', info.valueTypes.map((type, i) => `${typeLabel(type)}: ${formatValue(info.totals[i] ?? 0, type.unit)} in all`)],
    ['Recorded', info.timeNanos === null ? [] : [new Date(Number(BigInt(info.timeNanos) / 1_000_000n)).toLocaleString()]],
    ['Duration', info.durationNanos === null ? [] : [formatSeconds(info.durationNanos / 1e9)]],
    ['Samples', info.samples > 0 ? [info.samples.toLocaleString('en')] : []],
    [
      'Sampled every',
      info.period > 0 && info.periodType ? [`${formatValue(info.period, info.periodType.unit)} (${typeLabel(info.periodType)})`] : [],
    ],
    ['Functions', [info.functions.toLocaleString('en')]],
    ['Threads', [...info.threads]],
    ['Engine', quality.engine === undefined ? [] : [[quality.engine, quality.engineVersion].filter(Boolean).join(' ')]],
    ['Python', quality.python === undefined ? [] : [quality.python]],
    ['Cost of recording', quality.cost === undefined ? [] : [`${formatShare(quality.cost)} of the run`]],
    [
      'Keep in mind',
      trustOf(info)
        .filter((fact) => fact.doubt)
        .map((fact) => `${capital(fact.text)}. ${fact.why}.`),
    ],
    ['Notes', [...(quality.notes ?? [])]],
    ['Warnings', [...info.warnings]],
    ['Comments', [...info.comments]],
    ['Command', recording ? [recording.argv.join(' ')] : []],
    ['Folder', recording ? [recording.cwd] : []],
  ];
  return facts.filter(([, values]) => values.length > 0);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
