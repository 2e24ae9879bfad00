import { peekJson, peekText } from '../../core/report/peek.js';
import { readInput } from '../input.js';
import { printAll, printJson } from '../output.js';
import { look } from '../terminal.js';
import { type ViewOptions, viewOf } from '../view.js';

/** `heatline peek FILE RE` */
export async function peek(file: string, expression: string, options: ViewOptions): Promise<void> {
  const { profile, spec } = viewOf(await readInput(file), options);
  if (options.json) await printJson(peekJson(profile, spec, expression));
  else await printAll(peekText(profile, spec, expression, look()));
}
