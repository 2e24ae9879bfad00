import type { UserError } from '../core/errors.js';
import type { Availability } from './engine.js';

/** What the editor offers where an engine is missing: to install it, or the command for a terminal. */
export function waysToGet(available: Availability & { readonly state: 'missing' }): UserError['actions'] {
  const { command, fix, install } = available;
  const actions: UserError['actions'][number][] = [];
  if (install) actions.push({ title: `Install ${install.what}…`, command: 'heatline.installTool', args: [install.python, install.what] });
  const copied = command ?? (/ -m pip install /.test(fix) ? fix : undefined);
  if (copied !== undefined) actions.push({ title: 'Copy Command', command: 'heatline.copyText', args: [copied] });
  return actions;
}
