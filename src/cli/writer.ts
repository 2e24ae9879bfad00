import { UserError } from '../core/errors.js';
import type { Format } from '../core/formats/format.js';
import { formatForName, formats } from '../core/formats/index.js';
import type { Profile } from '../core/model/profile.js';
import { writeWhole } from './output.js';

/** Formats that can be written. */
export function writable(): readonly Format[] {
  return formats.filter(({ write }) => write !== undefined);
}

/**
 * The format that is asked for by its id, else the one that a file name means.
 * @param otherwise what else there is, for the sentence that lists the names
 * @throws UserError `usage`
 */
export function writerFor(output: string, id?: string, otherwise = ' (or --format)'): Format {
  const known = writable();
  if (id !== undefined) {
    const format = known.find((one) => one.id === id);
    if (format !== undefined) return format;
    throw new UserError('usage', `--format ${id}: formats that can be written are ${known.map((one) => one.id).join(', ')}`);
  }
  const format = formatForName(output);
  if (format !== undefined) return format;
  const names = known.map(({ globs }) => globs[0]!.replace(/^\*/, '')).join(', ');
  throw new UserError('usage', `${output}: this name does not say a format that can be written; known are ${names}${otherwise}`);
}

export async function writeProfile(profile: Profile, format: Format, output: string): Promise<void> {
  await writeWhole(output, async (write) => format.write!(profile, { write }));
}
