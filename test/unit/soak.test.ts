// The short form of the soak (test/bench/soak.py): fifty threads at 1 kHz for ten seconds. Sizes are bounded; times are told only.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findPythons } from './pythons.js';
import { buildServer } from './serverKit.js';

const python = findPythons().get('python3');
const SECONDS = 10;
const LIMITS = { fileMegabytes: 20, minutes: 10 };

test.skipIf(python === undefined || process.platform !== 'linux')('fifty threads, 1 kHz', async () => {
  const server = await buildServer();
  try {
    const words = [join(import.meta.dirname, '../bench/soak.py'), '--seconds', String(SECONDS), '--json', '--server', server.bundle];
    const { stdout } = await promisify(execFile)(python!, words);
    const found = JSON.parse(stdout);
    console.log(`soak, ${SECONDS} s: ${stdout.trim()}`);
    expect(found.threads).toBe(50);
    expect(found.samples).toBeGreaterThan(50 * 20);
    expect(found['boxes of the picture']).toBeGreaterThan(10);
    // What ten minutes may be, were they all like these.
    expect(found['file, MB']).toBeLessThan((LIMITS.fileMegabytes * SECONDS) / (60 * LIMITS.minutes));
    expect(found['program recorded, MB'].most - found['program alone, MB']).toBeLessThan(16);
    expect(found['helper, MB'].most).toBeLessThan(128);
  } finally {
    server.dispose();
  }
});
