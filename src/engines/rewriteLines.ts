import { createReadStream, createWriteStream, renameSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Rewrites a text file line by line, since recordings of hours are large and an editor waits meanwhile. The new file takes the old
 * one's place only when it is whole. What `rewrite` yields ends in line breaks of its own.
 */
export async function rewriteLines(file: string, rewrite: (lines: AsyncIterable<string>) => AsyncIterable<string>): Promise<void> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  const copy = `${file}.tmp-rewrite`;
  await pipeline(Readable.from(rewrite(lines)), createWriteStream(copy));
  renameSync(copy, file);
}
