import { placeOfUri } from '../paths.js';
import { checkFunction, type Feature, type Server } from '../server.js';
import type { OpenProfile } from '../store.js';

export const locate: Feature<'profile/locate'> = {
  method: 'profile/locate',
  async answer(server, { profile, func, line }, { signal }) {
    const opened = server.store.get(profile);
    checkFunction(opened, func);
    return placeOf(server, opened, func, line, signal);
  },
};

/** A function of the profile, or the given line as recorded, where it stands today; null when its source is not on this machine. */
export async function placeOf(server: Server, opened: OpenProfile, func: number, line: number | undefined, signal: AbortSignal) {
  const { file, startLine, firstSeen } = await opened.analysis.ask('place', { func }, signal);
  const path = opened.paths.locate(file) ?? openFileOf(server, opened, file);
  if (path === null) return null;
  const asked = line !== undefined && Number.isInteger(line) && line > 0 ? line : 0;
  const recorded = asked || startLine || firstSeen || 1;
  const { map, lines } = server.texts.place(opened, path);
  return { path, line: Math.min(lines.length, nearest(map.now, recorded)) };
}

/** A document that is open and that the profile speaks of under this name, though it lies elsewhere. */
function openFileOf(server: Server, opened: OpenProfile, name: string): string | null {
  for (const document of server.documents.all()) {
    const file = placeOfUri(document.uri);
    if (file !== undefined && opened.paths.namesOf(file).includes(name)) return file;
  }
  return null;
}

/** Where the line is now; for a deleted one, the line that stood above it. */
function nearest(now: (line: number) => number, recorded: number): number {
  for (let line = recorded; line > 0; line--) {
    const today = now(line);
    if (today > 0) return today;
  }
  return 1;
}
