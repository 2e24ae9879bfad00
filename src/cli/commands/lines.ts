import { realpathSync } from 'node:fs';
import { linesJson, linesText } from '../../core/report/lines.js';
import { print, printJson } from '../output.js';
import { pathFilter } from '../paths.js';
import { sourceReader } from '../sourceText.js';
import { look } from '../terminal.js';
import { readView, type ViewOptions } from '../view.js';
import type { WindowOptions } from '../windowOptions.js';

/** `heatline lines FILE…` */
export async function lines(
  files: readonly string[],
  options: ViewOptions & WindowOptions & { source?: string; n?: number },
): Promise<void> {
  const { profile, spec } = await readView(files, options);
  const wanted = {
    ...(options.source === undefined ? {} : { wants: chooser(options.source) }),
    ...(options.n === undefined || options.n === 0 ? {} : { rows: options.n }),
  };
  if (options.json) await printJson(linesJson(profile, spec, wanted));
  else await print(linesText(profile, spec, { ...wanted, look: look(), source: sourceReader(options.source) }));
}

/** Tells the profile's files that a path means. */
function chooser(source: string): (file: string) => boolean {
  try {
    return pathFilter(source, realpathSync(source));
  } catch {
    // The source need not be here: the profile may come from another machine.
    return pathFilter(source);
  }
}
