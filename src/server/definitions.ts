import { beginsDefinition, definitionAbove, definitionEnd, onlyDefinition } from '../core/model/pythonText.js';
import type { Server } from './server.js';
import type { OpenProfile } from './store.js';

/** A function of the profile where it stands in a document now; lines are 1-based. */
export interface Definition {
  readonly func: number;
  /** First line, a decorator if it has one. */
  readonly line: number;
  readonly end: number;
  readonly changed: boolean;
}

/** Functions of the profile that are defined in a file, in the order of the profile. Those whose definition was deleted are missing. */
export function definitionsIn(server: Server, opened: OpenProfile, file: string): Definition[] {
  const functions = opened.paths.namesOf(file).flatMap((name) => functionsByFile(opened).get(name) ?? []);
  if (functions.length === 0) return [];
  const { map, uncertain, lines } = server.texts.place(opened, file);
  const { profile } = opened;
  const found: Definition[] = [];
  for (const func of functions) {
    const name = (profile.strings[profile.functions.name[func]!] ?? '').split('.').at(-1)!;
    const start = profile.functions.startLine[func]!;
    if (name === '<module>') {
      found.push({ func, line: 1, end: lines.length, changed: false });
      continue;
    }
    let line = start > 0 ? map.now(start) : definitionAbove(lines, map.now(firstSeen(opened)[func]!), name);
    // When nobody knows how the text was, the name is a better guide than the number.
    if (uncertain && start > 0 && !name.startsWith('<') && !beginsDefinition(lines[line - 1] ?? ''))
      line = onlyDefinition(lines, name) || line;
    if (line <= 0 || line > lines.length) continue;
    const end = name.startsWith('<') ? line : definitionEnd(lines, line);
    found.push({ func, line, end, changed: start > 0 && map.changed(start) });
  }
  return found;
}

function functionsByFile(opened: OpenProfile): Map<string, number[]> {
  return opened.table('functionsByFile', () => {
    const { functions, strings } = opened.profile;
    const byFile = new Map<string, number[]>();
    for (let func = 0; func < functions.length; func++) {
      const file = strings[functions.file[func]!]!;
      const members = byFile.get(file);
      if (members) members.push(func);
      else byFile.set(file, [func]);
    }
    return byFile;
  });
}

/** Per function the smallest line that was seen running; 0 for none. For formats that don't say where functions begin. */
export function firstSeen(opened: OpenProfile): Int32Array {
  return opened.table('firstSeen', () => {
    const { functions, lines } = opened.profile;
    const first = new Int32Array(functions.length);
    for (let i = 0; i < lines.length; i++) {
      const func = lines.func[i]!;
      const line = lines.line[i]!;
      if (line > 0 && (first[func] === 0 || line < first[func]!)) first[func] = line;
    }
    return first;
  });
}
