import { listJson, listText } from '../../core/report/list.js';
import { printAll, printJson } from '../output.js';
import { sourceReader } from '../sourceText.js';
import { look } from '../terminal.js';
import { readView, type ViewOptions } from '../view.js';
import type { WindowOptions } from '../windowOptions.js';

/** `heatline list FILE RE` */
export async function list(file: string, expression: string, options: ViewOptions & WindowOptions & { source?: string }): Promise<void> {
  const { profile, spec } = await readView([file], options);
  const source = sourceReader(options.source);
  if (options.json) await printJson(listJson(profile, spec, expression, source));
  else await printAll(listText(profile, spec, expression, source, look()));
}
