import { t } from '../../core/l10n.js';
import { mostlyWaiting, type ThreadState } from '../../core/model/states.js';
import { formatShare } from '../../core/model/units.js';
import type { ViewParams } from '../../protocol/lsp.js';
import type { OpenProfile } from '../store.js';

/** The least share of a state that is told. */
const TOLD = 0.005;

/**
 * What threads did in the time of a line or function, where the recording tells: one clear sentence where it is mostly waiting, and
 * the share of each state. Nothing for values that are no such time.
 * @param total of the line or function in a view; undefined where that has nothing of it
 */
export async function stateLines(
  { info }: OpenProfile,
  view: ViewParams,
  total: (view: ViewParams) => Promise<number | undefined>,
): Promise<string[]> {
  const { states, valueTypes } = info;
  const shown = valueTypes[view.type]?.type;
  if (states === null || !(view.type === states.base || shown === 'untraced' || states.types.some(({ type }) => type === view.type)))
    return [];
  const [whole, ...parts] = await Promise.all(
    [states.base, ...states.types.map(({ type }) => type)].map((type) => total({ ...view, type })),
  );
  if (!(whole !== undefined && whole > 0)) return [];
  const shares = new Map(states.types.map(({ state }, i) => [state, (parts[i] ?? 0) / whole]));
  const told = Array.from(shares)
    .filter(([, share]) => share >= TOLD)
    .map(([state, share]) => `${words(state)} ${formatShare(share)}`);
  const off = shares.get('off-cpu');
  if (off !== undefined && !shares.has('running') && off < 1 - TOLD) told.unshift(`${t('on CPU')} ${formatShare(1 - off)}`);
  const said = sentence(shares);
  // What all of the time is is said already.
  if (told.length > 1 || said.length === 0) said.push(told.join(' · '));
  return said.some((line) => line !== '') ? [said.join('  \n')] : [];
}

/** `92 % of this time is waiting: the CPU is idle`, in the words that hold of what was seen. */
function sentence(shares: ReadonlyMap<ThreadState, number>): string[] {
  const waiting = mostlyWaiting(shares);
  if (waiting === undefined) return [];
  const share = formatShare(waiting.share);
  if (waiting.state === 'gil-wait') return [t('**{0} of this time is waiting**, mostly for the GIL: other threads run Python', share)];
  if (waiting.state === 'blocked') return [t('**{0} of this time is waiting**: the CPU is idle', share)];
  // Be it for I/O, a lock, the GIL, or a CPU that is busy with others.
  return [t('**{0} of this time is waiting**: no CPU works for it', share)];
}

function words(state: ThreadState): string {
  switch (state) {
    case 'running':
      return t('running');
    case 'gil-wait':
      return t('waiting for the GIL');
    case 'native-nogil':
      return t('native code without the GIL');
    case 'blocked':
      return t('blocked');
    case 'nogil':
      return t('without the GIL');
    case 'off-cpu':
      return t('off CPU');
  }
}
