// What is no profile that can be read is recognised, and answered with a way to one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';

const folder = join(import.meta.dirname, '../fixtures/foreign');

it.each([
  ['async-profiler-flame.html', /flame graph: run 'jfrconv -o collapsed FILE out\.collapsed'/],
  ['async-profiler-tree.html', /call tree as a web page: record with 'asprof -o collapsed'/],
  ['async-profiler-report.txt', /report to read, .*'asprof -o collapsed'/],
  ['async-profiler.otlp', /OpenTelemetry/],
])('%s', async (file, sentence) => {
  const bytes = readFileSync(join(folder, file));
  const error = await readProfile(bytesSource('unknown', bytes)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ReadError);
  expect(error).toMatchObject({ code: 'unknown-format', message: expect.stringMatching(sentence) });
});
