import type { Profile } from './profile.js';

const INSTALLED = /[\\/](?:site|dist)-packages[\\/]/;
/** `lib/python3.12/…`, a framework's or a Windows installation's `Lib\…`, and the zipped library. */
const STANDARD = /[\\/]lib(?:64)?[\\/](?:python|pypy)-?\d[^\\/]*[\\/]|[\\/]Python\d+[^\\/]*[\\/]Lib[\\/]|[\\/]python\d+\.zip[\\/]/i;
/** What CPython gives as the file of its own frame between a class that is called and its `__init__`; Tachyon shows it. */
const CONSTRUCTOR = '__init__';
/** Our own package while it runs the program. */
const RUNNER = /[\\/]python[\\/]heatline[\\/]\w+\.py$|[\\/]profiling[\\/](?:sampling|tracing)[\\/]/;

/**
 * True for code that is not the user's: installed packages, the standard library, frozen and built-in functions, the
 * profiler's own runner, shared objects and other frames without a source file.
 */
export function isLibrary(file: string): boolean {
  if (file === '' || file === '~' || file === CONSTRUCTOR || file.startsWith('<frozen')) return true;
  if (/\.(?:so|dylib|dll|pyd)(?:\.[\d.]+)?$/i.test(file)) return true;
  return INSTALLED.test(file) || STANDARD.test(file) || RUNNER.test(file);
}

const known = new WeakMap<Profile, Uint8Array>();

/** Flags (0/1) per function of the profile. Computed once per profile. */
export function libraryFlags(profile: Profile): Uint8Array {
  let flags = known.get(profile);
  if (flags === undefined) {
    flags = flagFunctions(profile);
    known.set(profile, flags);
  }
  return flags;
}

function flagFunctions(profile: Profile): Uint8Array {
  const { functions, strings } = profile;
  const ofFile = new Map<number, number>();
  const flags = new Uint8Array(functions.length);
  for (let func = 0; func < functions.length; func++) {
    const file = functions.file[func]!;
    let flag = ofFile.get(file);
    if (flag === undefined) {
      flag = isLibrary(strings[file]!) ? 1 : 0;
      ofFile.set(file, flag);
    }
    flags[func] = flag;
  }
  return flags;
}

/**
 * The package or module family that a frame is coloured by: `numpy` for site-packages/numpy/…, `json` for the standard
 * library's json/…, `builtins` for functions without a file, the folder's name for own code.
 */
export function packageOf(file: string, name = ''): string {
  if (file === '' || file === '~') return /(?:^|\s)([A-Za-z_]\w*)\.[\w.]+>?$/.exec(name)?.[1] ?? 'builtins';
  const frozen = /^<frozen ([\w]+)/.exec(file);
  if (frozen !== null) return frozen[1]!;
  if (file.startsWith('<')) return file;
  const marker = INSTALLED.exec(file) ?? STANDARD.exec(file);
  if (marker !== null) {
    const rest = file.slice(marker.index + marker[0].length).split(/[\\/]/);
    return moduleName(rest[0] === 'lib-dynload' ? (rest[1] ?? '') : rest[0]!);
  }
  const parts = file.split(/[\\/]/).filter((part) => part !== '');
  return parts.length > 1 ? parts[parts.length - 2]! : moduleName(parts[0] ?? '');
}

function moduleName(part: string): string {
  return part.replace(/\.(?:py|pyc|pyx)$|\.(?:cpython|abi3|pypy)[^/]*$/, '');
}
