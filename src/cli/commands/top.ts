import { type SortKey, topJson, topText } from '../../core/report/top.js';
import { print, printJson } from '../output.js';
import { look } from '../terminal.js';
import { readView, type ViewOptions } from '../view.js';
import type { WindowOptions } from '../windowOptions.js';

/** Rows of the table unless `-n` says otherwise; JSON gives all. */
const ROWS = 50;

/** `heatline top FILE…` */
export async function top(files: readonly string[], options: ViewOptions & WindowOptions & { sort: SortKey; n?: number }): Promise<void> {
  const { profile, spec } = await readView(files, options);
  const rows = options.n === 0 ? undefined : (options.n ?? (options.json ? undefined : ROWS));
  const wanted = { sort: options.sort, ...(rows === undefined ? {} : { rows }) };
  if (options.json) await printJson(topJson(profile, spec, wanted));
  else await print(topText(profile, spec, { ...wanted, look: look() }));
}
