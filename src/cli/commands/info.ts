import { withStates } from '../../core/model/states.js';
import { infoJson, infoText } from '../../core/report/info.js';
import { readInputs } from '../input.js';
import { print, printJson } from '../output.js';
import type { WindowOptions } from '../windowOptions.js';
import { isFolder, refuseTimes } from '../windows.js';

/** `heatline info FILE` */
export async function info(file: string, options: WindowOptions & { json?: boolean }): Promise<void> {
  if (!isFolder(file)) refuseTimes(file, options);
  const profile = withStates(await readInputs([file], options));
  if (options.json) await printJson(infoJson(profile));
  else await print(infoText(profile));
}
