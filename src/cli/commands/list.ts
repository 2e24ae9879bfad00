import { listJson, listText } from '../../core/report/list.js';
import { readInput } from '../input.js';
import { printAll, printJson } from '../output.js';
import { sourceReader } from '../sourceText.js';
import { look } from '../terminal.js';
import { type ViewOptions, viewOf } from '../view.js';

/** `heatline list FILE RE` */
export async function list(file: string, expression: string, options: ViewOptions & { source?: string }): Promise<void> {
  const { profile, spec } = viewOf(await readInput(file), options);
  const source = sourceReader(options.source);
  if (options.json) await printJson(listJson(profile, spec, expression, source));
  else await printAll(listText(profile, spec, expression, source, look()));
}
