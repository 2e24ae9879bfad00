import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The copy of a source beside a recording, as editors show it: without a byte order mark. undefined when it is gone or another one, and for
 * what is no plain hash, since meta.json may come from anywhere and nothing else of it may become a path.
 */
export function readCopy(folder: string, sha256: unknown): string | undefined {
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  try {
    const bytes = readFileSync(path.join(folder, sha256));
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? new TextDecoder('utf-8').decode(bytes) : undefined;
  } catch {
    return undefined;
  }
}
