import { firstSeen } from '../definitions.js';
import { pathOfUri } from '../paths.js';
import { checkFunction, type Feature, type Server } from '../server.js';
import type { OpenProfile } from '../store.js';

export const locate: Feature<'profile/locate'> = {
  method: 'profile/locate',
  answer(server, params) {
    const opened = server.store.get(params.profile);
    checkFunction(opened, params.func);
    const { functions, strings } = opened.profile;
    const name = strings[functions.file[params.func]!] ?? '';
    const path = opened.paths.locate(name) ?? openFileOf(server, opened, name);
    if (path === null) return null;
    const asked = params.line !== undefined && Number.isInteger(params.line) && params.line > 0 ? params.line : 0;
    const recorded = asked || functions.startLine[params.func]! || firstSeen(opened)[params.func]! || 1;
    const { map, lines } = server.texts.place(opened, path);
    return { path, line: Math.min(lines.length, nearest(map.now, recorded)) };
  },
};

/** A document that is open and that the profile speaks of under this name, though it lies elsewhere. */
function openFileOf(server: Server, opened: OpenProfile, name: string): string | null {
  for (const document of server.documents.all()) {
    const file = pathOfUri(document.uri);
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
