import { infoJson } from '../../core/report/info.js';
import { resolveView } from '../../core/report/view.js';
import { readInput } from '../input.js';
import { checkOutput, printJson } from '../output.js';
import { writeProfile, writerFor } from '../writer.js';

export interface ConvertOptions {
  readonly output: string;
  readonly format?: string;
  readonly value?: string;
  readonly json?: boolean;
}

/** `heatline convert FILE -o OUT` */
export async function convert(file: string, options: ConvertOptions): Promise<void> {
  const format = writerFor(options.output, options.format);
  checkOutput(options.output, [file]);
  const profile = await readInput(file);
  const defaultType = resolveView(profile, { value: options.value }).type;
  await writeProfile(defaultType === profile.defaultType ? profile : { ...profile, defaultType }, format, options.output);
  if (options.json) await printJson({ output: options.output, written: format.id, ...infoJson(profile) });
}
