import { UserError } from '../../core/errors.js';
import type { Format } from '../../core/formats/format.js';
import { formatForName, formats } from '../../core/formats/index.js';
import type { Profile } from '../../core/model/profile.js';
import { resolveView } from '../../core/report/view.js';
import { readInput } from '../input.js';
import { checkOutput, writeWhole } from '../output.js';

/** `heatline convert FILE -o OUT` */
export async function convert(file: string, options: { output: string; value?: string }): Promise<void> {
  const format = writerFor(options.output);
  checkOutput(options.output);
  const profile = await readInput(file);
  const defaultType = resolveView(profile, { value: options.value }).type;
  await writeProfile(defaultType === profile.defaultType ? profile : { ...profile, defaultType }, format, options.output);
}

/** The format that a file name asks for. @throws UserError `usage` */
export function writerFor(output: string): Format {
  const format = formatForName(output);
  if (format !== undefined) return format;
  const known = formats.filter(({ write }) => write !== undefined).map(({ globs }) => globs[0]!.replace(/^\*/, ''));
  throw new UserError('usage', `${output}: this name does not say a format that can be written; known are ${known.join(', ')}`);
}

export async function writeProfile(profile: Profile, format: Format, output: string): Promise<void> {
  await writeWhole(output, async (write) => format.write!(profile, { write }));
}
