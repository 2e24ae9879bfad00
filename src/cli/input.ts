import { ReadError } from '../core/errors.js';
import { readProfile } from '../core/formats/index.js';
import { fileSource } from '../core/formats/source.js';
import type { Profile } from '../core/model/profile.js';
import { InputError, say } from './failure.js';

/** Options that every command that shows a profile has. */
export interface ViewOptions {
  readonly value?: string;
  readonly thread?: string;
  readonly focus?: string;
  readonly ignore?: string;
  readonly json?: boolean;
}

/** Reads a profile; what was repaired while reading is said on stderr. @throws InputError */
export async function readInput(file: string): Promise<Profile> {
  try {
    const profile = await readProfile(fileSource(file));
    for (const warning of profile.warnings) say(`${file}: ${warning.replace(/\.$/, '')}`);
    return profile;
  } catch (error) {
    if (error instanceof ReadError) throw new InputError(file, error);
    throw error;
  }
}
