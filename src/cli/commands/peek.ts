import { peekJson, peekText } from '../../core/report/peek.js';
import { printAll, printJson } from '../output.js';
import { look } from '../terminal.js';
import { readView, type ViewOptions } from '../view.js';
import type { WindowOptions } from '../windowOptions.js';

/** `heatline peek FILE RE` */
export async function peek(file: string, expression: string, options: ViewOptions & WindowOptions): Promise<void> {
  const { profile, spec } = await readView([file], options);
  if (options.json) await printJson(peekJson(profile, spec, expression));
  else await printAll(peekText(profile, spec, expression, look()));
}
