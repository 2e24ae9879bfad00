import nativePath, { type PlatformPath, win32 } from 'node:path';
import { isWindowsPath } from '../core/model/paths.js';

/** Parts of a path that a comment shows. */
const SHOWN_PARTS = 3;
/** Ends of a path that are looked for in a source folder are at most so long, in components. */
const LONGEST_END = 32;

/**
 * A path as it is compared: absolute, with one kind of separator, and without case where it is Windows'. Paths of Windows are so
 * on every system, since profiles travel.
 */
export function comparable(file: string, path: PlatformPath = nativePath): string {
  if (isWindowsPath(file)) return win32.normalize(file).toLowerCase();
  const whole = path.resolve(file);
  return path.sep === '\\' ? whole.toLowerCase() : whole;
}

/** Tells whether files are this one, lie under this folder, or end in this path. `real` is where links lead, if anywhere else. */
export function pathFilter(wanted: string, real: string = wanted, path: PlatformPath = nativePath): (file: string) => boolean {
  const places = [...new Set([comparable(wanted, path), comparable(real, path)])];
  const slashes = (text: string) => text.replaceAll('\\', '/');
  const tail = `/${slashes(wanted).replace(/^(?:\.\/)+/, '')}`;
  return (file) => {
    const mine = comparable(file, path);
    if (places.some((place) => mine === place || mine.startsWith(place.replace(/[\\/]?$/, place.includes('\\') ? '\\' : '/')))) return true;
    const whole = `/${slashes(file)}`;
    return isWindowsPath(file) || path.sep === '\\' ? whole.toLowerCase().endsWith(tail.toLowerCase()) : whole.endsWith(tail);
  };
}

/** A path as a reviewer knows it: from here, from the installed packages or the standard library, else its last parts. */
export function shortPath(file: string, here: string = process.cwd(), path: PlatformPath = nativePath): string {
  if (!/[\\/]/.test(file) || file.startsWith('<')) return file;
  const own = path.relative(here, file);
  if (path.isAbsolute(file) && !/^\.\.(?:[\\/]|$)/.test(own) && !path.isAbsolute(own)) return own;
  const parts = file.split(/[\\/]/);
  const at = parts.findLastIndex((part) => /^(?:site-packages|dist-packages|node_modules|python\d[\d.]*)$/.test(part));
  if (at >= 0 && at < parts.length - 1) return parts.slice(at + 1).join('/');
  return parts.length > SHOWN_PARTS + 1 ? `…/${parts.slice(-SHOWN_PARTS).join('/')}` : file;
}

/** Where a file's text may lie: where the profile says, and in a source folder by its whole path, then by ever shorter ends of it. */
export function sourcePlaces(file: string, source: string | undefined, path: PlatformPath = nativePath): string[] {
  if (file === '' || file.startsWith('<')) return [];
  const found = [path.resolve(file)];
  if (source === undefined) return found;
  const parts = file.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..' && !/^[a-z]:$/i.test(part));
  for (let length = Math.min(parts.length, LONGEST_END); length > 0; length--) found.push(path.join(source, ...parts.slice(-length)));
  // The source may be that very file.
  if (comparable(path.basename(source), path) === comparable(parts.at(-1) ?? '', path)) found.push(source);
  return found;
}
