import type { UserError } from '../core/errors.js';
import type { Availability } from './engine.js';

/** What the editor offers where an engine is missing: to install it, or the command for a terminal. */
export function waysToGet(available: Availability & { readonly state: 'missing' }): UserError['actions'] {
  const { fix, install } = available;
  const actions: UserError['actions'][number][] = [];
  if (install) actions.push({ title: `Install ${install.what}…`, command: 'heatline.installTool', args: [install.python, install.what] });
  if (/ -m pip install /.test(fix)) actions.push({ title: 'Copy Command', command: 'heatline.copyText', args: [fix] });
  return actions;
}
