import { treeJson, treeText } from '../../core/report/tree.js';
import { print, printAll } from '../output.js';
import { look } from '../terminal.js';
import { readView, type ViewOptions } from '../view.js';
import type { WindowOptions } from '../windowOptions.js';

/** `heatline tree FILE… [--inverted]` */
export async function tree(
  files: readonly string[],
  options: ViewOptions & WindowOptions & { inverted?: boolean; min?: number; depth?: number },
): Promise<void> {
  const { profile, spec } = await readView(files, options);
  const wanted = {
    inverted: options.inverted ?? false,
    ...(options.min === undefined ? {} : { minShare: options.min / 100 }),
    ...(options.depth === undefined ? {} : { depth: options.depth - 1 }),
  };
  if (options.json) {
    await printAll(treeJson(profile, spec, wanted));
    await print('\n');
  } else await printAll(treeText(profile, spec, { ...wanted, look: look() }));
}
