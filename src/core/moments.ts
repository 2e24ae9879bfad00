/** Moments of one run that were marked (python/heatline/marks.py): files of their own beside the recording, `run.at-loaded.pb.gz` of `run.pb.gz`. */

const ENDING = '.pb.gz';
const MARK = '.at-';

export interface MomentFile {
  /** As far as it is fit for a file's name: `loaded`. */
  readonly name: string;
  readonly file: string;
}

/** The file of the whole recording that a file belongs to: itself, unless it is that of a moment. Names without folders. */
export function wholeOf(file: string): string {
  const at = file.indexOf(MARK);
  return at > 0 && file.endsWith(ENDING) ? `${file.slice(0, at)}${ENDING}` : file;
}

/** The moments of a recording among the names of its folder. */
export function momentsOf(whole: string, names: readonly string[]): MomentFile[] {
  const start = stemOf(whole) + MARK;
  return names
    .filter((file) => file.startsWith(start) && file.endsWith(ENDING) && file.length > start.length + ENDING.length)
    .map((file) => ({ name: file.slice(start.length, -ENDING.length), file }));
}

/** How the file of a moment is called. */
export function momentFile(whole: string, name: string): string {
  return `${stemOf(whole)}${MARK}${name}${ENDING}`;
}

const stemOf = (whole: string): string => (whole.endsWith(ENDING) ? whole.slice(0, -ENDING.length) : whole);
