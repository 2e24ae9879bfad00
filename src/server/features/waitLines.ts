import { t } from '../../core/l10n.js';
import type { AwaitUse, LoopBlock } from '../../core/model/awaitUse.js';
import { labelFilter } from '../../core/model/labelText.js';
import type { LockHeld, LockUse } from '../../core/model/lockUse.js';
import { formatCount, formatShare, formatValue } from '../../core/model/units.js';
import type { Part } from '../../core/model/waitRows.js';
import type { ViewParams } from '../../protocol/lsp.js';
import { commandLink, escapeMarkdown } from '../markdown.js';
import type { Server } from '../server.js';
import type { OpenProfile } from '../store.js';

/** Holders, waiters and tasks that are named. */
const NAMED = 4;

/** What a hover says of waiting on a line: for locks, for tasks, and of loops that were blocked there. Nothing in profiles of other kinds. */
export async function waitLines(server: Server, opened: OpenProfile, view: ViewParams, file: string, line: number): Promise<string[]> {
  const { valueTypes } = opened.info;
  const has = (type: string) => valueTypes.some((one) => one.type === type);
  const files = opened.paths.namesOf(file);
  if (files.length === 0 || !(has('lock-acquire') || has('await'))) return [];
  const recorded = server.texts.place(opened, file).map.recorded(line);
  const of = { view, files, line: recorded };
  if (has('lock-acquire')) {
    const { use, held } = await opened.analysis.ask('lockUse', of);
    const unit = valueTypes.find(({ type }) => type === 'lock-acquire-wait')?.unit ?? 'nanoseconds';
    return [...(use ? lockLines(opened, use, unit) : []), ...(held ? heldLines(opened, held, unit) : [])];
  }
  const [awaited, blocks] = await Promise.all([opened.analysis.ask('awaitUse', of), opened.analysis.ask('loopBlocks', { view })]);
  const block = blocks.find((one) => one.line === recorded && files.includes(one.file));
  return [...(awaited ? awaitLines(awaited) : []), ...(block ? [blockText(block)] : [])];
}

function lockLines(opened: OpenProfile, use: LockUse, unit: string): string[] {
  const [first, ...more] = use.locks;
  const name = first === undefined ? t('a lock') : lockLink(first);
  const others = more.length > 0 ? t(' · {0} more', more.length) : '';
  const lead = use.made ? t('Makes the lock {0}', `${name}${others}`) : t('Takes the lock {0}', `${name}${others}`);
  const facts = [
    ...(use.acquires > 0 ? [use.acquires === 1 ? t('taken once') : t('taken {0} times', formatCount(use.acquires))] : []),
    ...waited(use, unit),
    ...(use.hold > 0 ? [t('held {0}', formatValue(use.hold, unit))] : []),
    ...(use.notifyWait > 0 ? [t('{0} to be notified', formatValue(use.notifyWait, unit))] : []),
  ];
  const blocks = [`${lead}: ${facts.join(' · ')}`];
  if (use.heldBy.length > 0) blocks.push(`${t('Held meanwhile by')} ${parts(opened, use.heldBy, use.wait)}`);
  if (use.waiters.length > 0) blocks.push(`${t('Waited most:')} ${parts(opened, use.waiters, use.wait + use.notifyWait)}`);
  return blocks;
}

function waited({ wait, longest }: LockUse, unit: string): string[] {
  if (wait === 0) return [t('never waited for')];
  const time = formatValue(wait, unit);
  return [longest > 0 ? t('waited for {0}, at most {1} at once', time, formatValue(longest, 'nanoseconds')) : t('waited for {0}', time)];
}

function heldLines(opened: OpenProfile, { locks, wait, waiters }: LockHeld, unit: string): string[] {
  const names = locks.slice(0, NAMED).map(lockLink);
  const lead = t('While {0} was held here, others waited for {1}:', names.join(', '), `**${formatValue(wait, unit)}**`);
  return [`${lead} ${parts(opened, waiters, wait)}`];
}

function awaitLines({ awaits, time, longest, what, tasks }: AwaitUse): string[] {
  const times = awaits === 1 ? t('Awaited once') : t('Awaited {0} times', formatCount(awaits));
  const facts = [times, t('{0} in all', formatValue(time, 'nanoseconds'))];
  if (longest > 0 && awaits !== 1) facts.push(t('at most {0} at once', formatValue(longest, 'nanoseconds')));
  const blocks = [facts.join(' · ')];
  if (what.length > 0) blocks.push(`${t('For')} ${shares(what, time)}`);
  if (tasks.length > 0) blocks.push(`${t('In')} ${shares(tasks, time)}`);
  return blocks;
}

/** One sentence, of the hover and of the problem. */
export function blockText({ count, time, longest, tasks }: Pick<LoopBlock, 'count' | 'time' | 'longest' | 'tasks'>, plain = false): string {
  const total = formatValue(time, 'nanoseconds');
  const times =
    count === 1
      ? t('The event loop was blocked here for {0}', total)
      : t(
          'The event loop was blocked here {0} times, {1} in all, at most {2} at once',
          formatCount(count),
          total,
          formatValue(longest, 'nanoseconds'),
        );
  const [task, ...more] = tasks;
  const shown = task === undefined ? '' : plain ? task.text : escapeMarkdown(task.text);
  const by = task === undefined ? '' : more.length > 0 ? t(', by {0} and {1} more', shown, more.length) : t(', by {0}', shown);
  return `${times}${by}.`;
}

/** Parts with their places as links, largest first. */
function parts(opened: OpenProfile, list: readonly Part[], sum: number): string {
  const shown = list.slice(0, NAMED).map(({ text, value, func, line }) => {
    const args = [{ profile: opened.id, func, line }];
    const label = func < 0 ? escapeMarkdown(text) : commandLink(text, 'heatline.openLocation', args);
    return `${label} ${formatShare(sum > 0 ? value / sum : 0)}`;
  });
  return `${shown.join(' · ')}${list.length > NAMED ? t(' · {0} more', list.length - NAMED) : ''}`;
}

function shares(list: readonly Part[], sum: number): string {
  const shown = list.slice(0, NAMED).map(({ text, value }) => `${escapeMarkdown(text)} ${formatShare(sum > 0 ? value / sum : 0)}`);
  return `${shown.join(' · ')}${list.length > NAMED ? t(' · {0} more', list.length - NAMED) : ''}`;
}

/** A lock's name that leads to its rows alone. */
function lockLink(name: string): string {
  return commandLink(name, 'heatline.showLabel', [labelFilter('lock name', name)]);
}
