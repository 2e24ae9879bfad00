import { listJson, listText } from '../../core/report/list.js';
import { resolveView } from '../../core/report/view.js';
import { readInput, type ViewOptions } from '../input.js';
import { printAll, printJson } from '../output.js';
import { sourceReader } from '../sourceText.js';
import { look } from '../terminal.js';

/** `heatline list FILE RE` */
export async function list(file: string, expression: string, options: ViewOptions & { source?: string }): Promise<void> {
  const profile = await readInput(file);
  const spec = resolveView(profile, options);
  const source = sourceReader(options.source);
  if (options.json) await printJson(listJson(profile, spec, expression, source));
  else await printAll(listText(profile, spec, expression, source, look()));
}
