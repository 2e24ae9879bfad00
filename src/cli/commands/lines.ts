import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { linesJson, linesText } from '../../core/report/lines.js';
import { resolveView } from '../../core/report/view.js';
import { readInput, type ViewOptions } from '../input.js';
import { print, printJson } from '../output.js';

/** Largest source file whose text is shown, in bytes. */
const MAX_SOURCE = 1 << 24;

/** `heatline lines FILE` */
export async function lines(file: string, options: ViewOptions & { source?: string; n?: number }): Promise<void> {
  const profile = await readInput(file);
  const spec = resolveView(profile, options);
  const wanted = {
    ...(options.source === undefined ? {} : { wants: chooser(options.source) }),
    ...(options.n === undefined || options.n === 0 ? {} : { rows: options.n }),
  };
  if (options.json) await printJson(linesJson(profile, spec, wanted));
  else await print(linesText(profile, spec, { ...wanted, source: sourceReader(options.source) }));
}

/** Tells the profile's files that a path means: itself, what is under it, or what ends in it. */
function chooser(source: string): (file: string) => boolean {
  const absolute = resolve(source);
  let real = absolute;
  try {
    real = realpathSync(absolute);
  } catch {
    // The source need not be here: the profile may come from another machine.
  }
  const tail = `/${source.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '')}`;
  return (file) => {
    const mine = isAbsolute(file) ? file : resolve(file);
    if (mine === absolute || mine === real) return true;
    if (mine.startsWith(absolute + sep) || mine.startsWith(real + sep)) return true;
    return `/${file.replaceAll('\\', '/')}`.endsWith(tail);
  };
}

/** Text of a file's line; relative files are looked for in the working directory and in the source folder. */
function sourceReader(source: string | undefined): (file: string, line: number) => string | undefined {
  const known = new Map<string, string[] | undefined>();
  const load = (file: string): string[] | undefined => {
    const places = isAbsolute(file) ? [file] : [resolve(file), ...(source === undefined ? [] : [join(source, file), source])];
    for (const place of places) {
      try {
        const found = statSync(place);
        if (found.isFile() && found.size <= MAX_SOURCE) return readFileSync(place, 'utf8').split(/\r\n|\r|\n/);
      } catch {
        // Not here: the table is shown without text.
      }
    }
    return undefined;
  };
  return (file, line) => {
    if (!known.has(file)) known.set(file, load(file));
    return known.get(file)?.[line - 1];
  };
}
