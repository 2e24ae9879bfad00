import { peekJson, peekText } from '../../core/report/peek.js';
import { resolveView } from '../../core/report/view.js';
import { readInput, type ViewOptions } from '../input.js';
import { printAll, printJson } from '../output.js';
import { look } from '../terminal.js';

/** `heatline peek FILE RE` */
export async function peek(file: string, expression: string, options: ViewOptions): Promise<void> {
  const profile = await readInput(file);
  const spec = resolveView(profile, options);
  if (options.json) await printJson(peekJson(profile, spec, expression));
  else await printAll(peekText(profile, spec, expression, look()));
}
