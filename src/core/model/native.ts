import type { Sums } from './accumulate.js';
import type { Profile } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackRows } from './stackRows.js';
import type { Weights } from './weights.js';

/** How each stack ends that ends in compiled code below a line of Python. */
export interface NativeRows {
  /** By row of `stackIndex`: the row of `profile.lines` that called the compiled code; -1 where the stack ends in Python, or has none. */
  readonly caller: Int32Array;
  /** By row: index into `libraries`; -1 where only the interpreter works for its line. */
  readonly library: Int32Array;
  readonly libraries: readonly string[];
}

/** What runs in a frame: a line of source, the interpreter itself, the system's libraries, another library, or code of no known file. */
type Kind = 'source' | 'interpreter' | 'system' | 'library' | 'unknown';

const LIBRARY = /\.(?:so|dylib|dll|pyd|exe)(?:\.[\d.]+)?$/i;
const COMPILED = /\.(?:c|cc|cpp|cxx|h|hh|hpp|inc|m|mm|rs|f|f90|cu|s|asm|zig)$/i;
const PYTHON = /\.py[wx]?$|^<(?:frozen |string>|stdin>|ipython-)/;
/** Where CPython's own source lies; its `Modules` are libraries like any other. */
const CORE = /(?:^|[\\/])(?:Objects|Python|Parser|Include)[\\/](?:[\w.]+[\\/])*\w+\.[ch](?:\.h)?$/;
const INTERPRETER = /^(?:lib)?python\d?[\d.]*t?d?(?:\.(?:so|dylib|dll|exe)[\d.]*)?$/i;
/** What every program is made with: who called it says more. */
const SYSTEM =
  /^(?:ld-linux|ld-musl|lib(?:c|m|dl|rt|pthread|gcc_s|stdc\+\+|c\+\+|System)(?:[-.]|$)|libsystem_|ntdll\.|kernel(?:32|base)\.|ucrtbase\.|vcruntime)/i;

const known = new WeakMap<Profile, NativeRows | null>();

/** Undefined for a profile in which no compiled code is told apart from Python. Computed once per profile. */
export function nativeRows(profile: Profile): NativeRows | undefined {
  let rows = known.get(profile);
  if (rows === undefined) {
    rows = findRows(profile) ?? null;
    known.set(profile, rows);
  }
  return rows ?? undefined;
}

/**
 * Makes compiled code the time of the Python that called it, wherever that code has a line of its own: what recordings that do not
 * look into it say of the same line.
 * @param keyOf key of each row of `profile.lines`, -1 for lines that are not counted
 */
export function addNative(
  profile: Profile,
  { value, count }: Pick<Weights, 'value' | 'count'>,
  keyOf: Int32Array | Uint32Array,
  { self, selfSamples }: Pick<Sums, 'self' | 'selfSamples'>,
): void {
  const rows = nativeRows(profile);
  if (rows === undefined) return;
  for (let row = 0; row < value.length; row++) {
    const key = rows.caller[row]! < 0 ? -1 : keyOf[rows.caller[row]!]!;
    if (key < 0) continue;
    self[key]! += value[row]!;
    selfSamples[key]! += count[row]!;
  }
}

function findRows(profile: Profile): NativeRows | undefined {
  const kinds = kindsOf(profile);
  if (kinds === undefined) return undefined;
  const names = new Names(profile);
  const { firstLine } = profile.locations;
  /** From a frame's caller inwards: who called compiled code last, and the innermost library that says something. */
  const enter = (caller: number, library: number, location: number): readonly [number, number] => {
    for (let line = firstLine[location + 1]! - 1; line >= firstLine[location]!; line--) {
      const kind = kinds[profile.lines.func[line]!]!;
      if (kind === 'source') [caller, library] = [line, -1];
      else if (kind === 'library') library = names.of(line, location);
    }
    return [caller, library];
  };
  /** What a stack that ends so is counted under. */
  const ending = (caller: number, library: number, leaf: number): readonly [number, number] => {
    const first = firstLine[leaf]!;
    const kind = first < firstLine[leaf + 1]! ? kinds[profile.lines.func[first]!]! : 'unknown';
    if (kind === 'source' || caller < 0) return [-1, -1];
    return [caller, library < 0 && kind === 'system' ? names.of(first, leaf) : library];
  };
  const { length, stackOf } = stackIndex(profile);
  const found = { caller: new Int32Array(length), library: new Int32Array(length), libraries: names.all };
  const put = (row: number, [caller, library]: readonly [number, number]) => {
    found.caller[row] = caller;
    found.library[row] = library;
  };
  if (stackOf === undefined) {
    const { first, location } = stackRows(profile);
    for (let row = 0; row < length; row++) {
      let [caller, library]: readonly [number, number] = [-1, -1];
      for (let at = first[row + 1]! - 1; at >= first[row]!; at--) [caller, library] = enter(caller, library, location[at]!);
      put(row, first[row] === first[row + 1] ? [-1, -1] : ending(caller, library, location[first[row]!]!));
    }
    return found;
  }
  const { prefix, location } = profile.stacks;
  const callers = new Int32Array(prefix.length);
  const libraries = new Int32Array(prefix.length);
  for (let stack = 0; stack < prefix.length; stack++) {
    const above = prefix[stack]!;
    [callers[stack], libraries[stack]] = enter(above < 0 ? -1 : callers[above]!, above < 0 ? -1 : libraries[above]!, location[stack]!) as [
      number,
      number,
    ];
  }
  for (let row = 0; row < length; row++) {
    const stack = stackOf[row]!;
    put(row, stack < 0 ? [-1, -1] : ending(callers[stack]!, libraries[stack]!, location[stack]!));
  }
  return found;
}

/** Kind of each function; undefined where there is no Python, or nothing compiled that it could have called. */
function kindsOf(profile: Profile): readonly Kind[] | undefined {
  const { functions, strings, lines } = profile;
  const files = new Set(functions.file.subarray(0, functions.length));
  if (!Array.from(files).some((file) => PYTHON.test(strings[file]!))) return undefined;
  const hasLine = new Uint8Array(functions.length);
  for (let line = 0; line < lines.length; line++) if (lines.line[line]! > 0) hasLine[lines.func[line]!] = 1;
  let compiled = false;
  const kinds = Array.from({ length: functions.length }, (_, func): Kind => {
    const kind = kindOf(strings[functions.file[func]!]!, hasLine[func] === 1);
    compiled ||= kind !== 'source' && kind !== 'unknown';
    return kind;
  });
  return compiled ? kinds : undefined;
}

function kindOf(file: string, hasLine: boolean): Kind {
  if (file === '' || file === '~' || file === '?') return 'unknown';
  if (PYTHON.test(file) || file.startsWith('<')) return 'source';
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  if (file.startsWith('[') || SYSTEM.test(base)) return 'system';
  if (INTERPRETER.test(base) || CORE.test(file)) return 'interpreter';
  if (LIBRARY.test(base) || COMPILED.test(base)) return 'library';
  return hasLine ? 'source' : 'library';
}

/** Names of libraries, as they are called in Python where they are its modules, each once. */
class Names {
  readonly all: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly ofFile = new Map<number, number>();

  constructor(private readonly profile: Profile) {}

  /** The library of a compiled frame: its own file, or that of the mapping where the file is source. */
  of(line: number, location: number): number {
    const { functions, lines, locations, mappings, strings } = this.profile;
    const own = functions.file[lines.func[line]!]!;
    const mapping = locations.mapping[location]!;
    const mapped = mapping < 0 ? 0 : mappings.file[mapping]!;
    const file = !LIBRARY.test(strings[own]!) && LIBRARY.test(strings[mapped]!) ? mapped : own;
    let number = this.ofFile.get(file);
    if (number === undefined) {
      const name = libraryName(strings[file]!);
      number = this.numbers.get(name) ?? this.all.push(name) - 1;
      this.numbers.set(name, number);
      this.ofFile.set(file, number);
    }
    return number;
  }
}

/** `/usr/lib/libz.so.1.2.13` → `libz`, `…/site-packages/numpy/_core/_umath.cpython-312.so` → `numpy/_core/_umath`, `[kernel.kallsyms]` → `kernel`. */
export function libraryName(file: string): string {
  if (file.startsWith('[')) return /^\[(?:kernel|guest\.kernel)/.test(file) ? 'kernel' : file.slice(1, -1);
  const installed = /[\\/](?:site|dist)-packages[\\/](.+)$/.exec(file)?.[1]?.replaceAll('\\', '/');
  const base = installed ?? file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return base.replace(/(?:\.(?:cpython|pypy|cp|abi)[^/]*)?\.(?:so|dylib|dll|pyd|exe)(?:\.[\d.]+)?$/i, '') || file;
}
