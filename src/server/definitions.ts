import { beginsDefinition, definitionAbove, definitionEnd, onlyDefinition } from '../core/model/pythonText.js';
import type { FunctionPlace } from './analysis/queries.js';
import type { Server } from './server.js';
import type { OpenProfile } from './store.js';

/** A function of the profile where it stands in a document now; lines are 1-based. */
export interface Definition {
  readonly func: number;
  readonly name: string;
  /** First line, a decorator if it has one. */
  readonly line: number;
  readonly end: number;
  readonly changed: boolean;
}

/** Functions of the profile that are defined in a file, in the order of the profile. Those whose definition was deleted are missing. */
export async function definitionsIn(server: Server, opened: OpenProfile, file: string): Promise<Definition[]> {
  const functions = (await Promise.all(opened.paths.namesOf(file).map((name) => recordedIn(opened, name)))).flat();
  if (functions.length === 0) return [];
  const { map, uncertain, lines } = server.texts.place(opened, file);
  const found: Definition[] = [];
  for (const { func, name: whole, startLine: start, firstSeen } of functions) {
    const name = whole.split('.').at(-1)!;
    if (name === '<module>') {
      found.push({ func, name: whole, line: 1, end: lines.length, changed: false });
      continue;
    }
    let line = start > 0 ? map.now(start) : definitionAbove(lines, map.now(firstSeen), name);
    // When nobody knows how the text was, the name is a better guide than the number.
    if (uncertain && start > 0 && !name.startsWith('<') && !beginsDefinition(lines[line - 1] ?? ''))
      line = onlyDefinition(lines, name) || line;
    if (line <= 0 || line > lines.length) continue;
    const end = name.startsWith('<') ? line : definitionEnd(lines, line);
    found.push({ func, name: whole, line, end, changed: start > 0 && map.changed(start) });
  }
  return found;
}

/** What the profile knows of the functions of one of its files: it never changes, so it is asked once. */
function recordedIn(opened: OpenProfile, name: string): Promise<readonly FunctionPlace[]> {
  const known = opened.definitions.get(name);
  if (known !== undefined) return known;
  const asked = opened.analysis.ask('definitions', { files: [name] });
  opened.definitions.set(name, asked);
  asked.catch(() => opened.definitions.delete(name));
  return asked;
}
