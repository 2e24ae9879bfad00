import { infoJson, infoText } from '../../core/report/info.js';
import { readInput } from '../input.js';
import { print, printJson } from '../output.js';

/** `heatline info FILE` */
export async function info(file: string, options: { json?: boolean }): Promise<void> {
  const profile = await readInput(file);
  if (options.json) await printJson(infoJson(profile));
  else await print(infoText(profile));
}
