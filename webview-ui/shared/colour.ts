import type { Theme } from './theme.js';

export interface Paint {
  readonly fill: string;
  readonly text: string;
  readonly dim: string;
}

/** FNV-1a over UTF-16 units: the same text has the same number in every profile and on every machine. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  // FNV's low bits are weak for short texts; this last mix spreads them.
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/**
 * Colours of a box. The hue is the package's and never changes from profile to profile; the file moves it a little
 * and the function's name moves the lightness a little, so that neighbours of one package can be told apart.
 * Library frames are grey with a breath of their package's hue, interpreter frames plain grey; `tintLibraries` gives
 * libraries all of their hue, for where they are what is asked. OKLCH keeps every hue equally light, so one text colour
 * is readable on all.
 */
export function paintOf(
  frame: { name: string; file: string; package: string; library: boolean },
  theme: Theme,
  tintLibraries = false,
): Paint {
  const pale = frame.library && !(tintLibraries && hasFile(frame.file));
  if (theme.contrast) return { fill: theme.background, text: theme.foreground, dim: theme.foreground };
  const step = (hash(frame.name) % 5) - 2;
  if (theme.dark) {
    const text = 'rgba(255, 255, 255, 0.92)';
    const dim = 'rgba(255, 255, 255, 0.58)';
    if (pale) return { fill: `oklch(${(0.345 + step * 0.004).toFixed(3)} ${tint(frame, '0.026')})`, text, dim };
    return { fill: `oklch(${(0.43 + step * 0.012).toFixed(3)} 0.072 ${hueOf(frame)})`, text, dim };
  }
  const text = 'rgba(0, 0, 0, 0.9)';
  const dim = 'rgba(0, 0, 0, 0.6)';
  if (pale) return { fill: `oklch(${(0.905 + step * 0.004).toFixed(3)} ${tint(frame, '0.020')})`, text, dim };
  return { fill: `oklch(${(0.865 + step * 0.01).toFixed(3)} 0.062 ${hueOf(frame)})`, text, dim };
}

/** Chroma and hue of a library's frame. One that has no file is plain grey. */
function tint(frame: { file: string; package: string }, chroma: string): string {
  return hasFile(frame.file) ? `${chroma} ${hueOf(frame)}` : '0.009 260';
}

/** Import machinery (`<frozen …>`) and built-ins (`~`, nothing) have none. */
function hasFile(file: string): boolean {
  return file !== '' && file !== '~' && !file.startsWith('<');
}

/** 55..360: red is left out, since on a profile it would read as hot. */
function hueOf(frame: { file: string; package: string }): number {
  const base = (hash(frame.package || frame.file) / 2 ** 32) * 281;
  return Math.round(67 + base + (hash(frame.file) % 25) - 12);
}
