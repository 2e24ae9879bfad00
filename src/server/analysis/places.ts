import type { FunctionPlace } from './queries.js';
import type { Tables } from './tables.js';

/** Functions of the files with these names. */
export function definitions(tables: Tables, files: readonly string[]): FunctionPlace[] {
  const byFile = functionsByFile(tables);
  return files.flatMap((file) => byFile.get(file) ?? []).map((func) => functionPlace(tables, func));
}

export function functionPlace(tables: Tables, func: number): FunctionPlace {
  const { functions, strings } = tables.profile;
  return {
    func,
    name: strings[functions.name[func]!] ?? '',
    file: strings[functions.file[func]!] ?? '',
    startLine: functions.startLine[func]!,
    firstSeen: firstSeen(tables)[func]!,
  };
}

/** Functions of each file, by the profile's name for it. */
export function functionsByFile(tables: Tables): Map<string, number[]> {
  return tables.table('functionsByFile', () => {
    const { functions, strings } = tables.profile;
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
function firstSeen(tables: Tables): Int32Array {
  return tables.table('firstSeen', () => {
    const { functions, lines } = tables.profile;
    const first = new Int32Array(functions.length);
    for (let i = 0; i < lines.length; i++) {
      const func = lines.func[i]!;
      const line = lines.line[i]!;
      if (line > 0 && (first[func] === 0 || line < first[func]!)) first[func] = line;
    }
    return first;
  });
}
