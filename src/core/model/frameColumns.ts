import type { FlameFrame } from './flame.js';

/**
 * Frames as columns, as they are sent: files and packages stand once in `texts`. A large picture has twenty thousand frames of few
 * files, and is copied from process to process on its way to the page.
 */
export interface FrameColumns {
  readonly func: readonly number[];
  readonly name: readonly string[];
  readonly line: readonly number[];
  /** 1 for a frame of a library. */
  readonly library: readonly (0 | 1)[];
  /** Indexes into `texts`. */
  readonly file: readonly number[];
  readonly package: readonly number[];
  readonly texts: readonly string[];
}

export function packFrames(frames: readonly FlameFrame[]): FrameColumns {
  const texts = new Map<string, number>();
  const numberOf = (text: string): number => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size);
    return texts.size - 1;
  };
  return {
    func: frames.map(({ func }) => func),
    name: frames.map(({ name }) => name),
    line: frames.map(({ line }) => line),
    library: frames.map(({ library }) => (library ? 1 : 0)),
    file: frames.map(({ file }) => numberOf(file)),
    package: frames.map((frame) => numberOf(frame.package)),
    texts: [...texts.keys()],
  };
}

export function unpackFrames({ func, name, line, library, file, package: packages, texts }: FrameColumns): FlameFrame[] {
  return func.map((number, at) => ({
    func: number,
    name: name[at]!,
    file: texts[file[at]!]!,
    line: line[at]!,
    library: library[at] === 1,
    package: texts[packages[at]!]!,
  }));
}
