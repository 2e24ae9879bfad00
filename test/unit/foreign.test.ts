// What is no profile that can be read is recognised, and answered with a way to one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile, sniff } from '../../src/core/formats/index.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { draw } from './draw.js';

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

const read = (bytes: Uint8Array) => readProfile(bytesSource('unknown', bytes));

describe('recognising profiles', () => {
  it('knows pprof by its content, whatever the name', () => {
    const bytes = gunzipSync(writePprof(draw('a b')));
    expect(sniff(bytes, 'x.txt')?.id).toBe('pprof');
  });

  it.each([
    ['', 'empty', /empty/],
    ['PERFILE2xxxxxxxx', 'unknown-format', /perf script/],
    ['<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x" "y"><svg>', 'unknown-format', /SVG/],
    ['PK\x03\x04rest', 'unknown-format', /zip/],
    ['\x28\xb5\x2f\xfd\0rest', 'truncated', /ends too early/],
    ['\x80\x04\x95rest', 'unknown-format', /pickle/],
    ['<!DOCTYPE html><html>', 'unknown-format', /web page/],
    ['go 1.26 trace\0\0', 'unknown-format', /go tool trace/],
    ['\0\0\0\0\0\0', 'corrupt', /zero/],
    ['\x7fELF\x02\x01', 'unknown-format', /program/],
    ['hello world, how are you', 'unknown-format', /not a profile/],
  ])('refuses %j with a sentence', async (content, code, sentence) => {
    const bytes = Uint8Array.from(content, (char) => char.charCodeAt(0));
    for (const packed of content === '' ? [bytes] : [bytes, gzipSync(bytes)]) {
      const error = await read(packed).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ReadError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
    }
  });

  it('is not blown up by a gzip bomb, nor by one inside another', async () => {
    const bomb = gzipSync(new Uint8Array(300 * 2 ** 20), { level: 9 });
    expect(await read(bomb).catch((error: unknown) => error)).toMatchObject({ code: 'too-large' });
    expect(await read(gzipSync(bomb)).catch((error: unknown) => error)).toMatchObject({ code: 'too-large' });
    const layers = gzipSync(gzipSync(gzipSync(gzipSync(gzipSync(new Uint8Array(9))))));
    expect(await read(layers).catch((error: unknown) => error)).toMatchObject({ code: 'unsupported' });
  });
});
