// Makes a pprof file of random but repeatable stacks: `makePprof(path, {samples, depth, functions, seed})`.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createGzip } from 'node:zlib';

/** A small generator of repeatable numbers (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Protobuf, written into a list of bytes.

export function varint(out, value) {
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}

export function number(out, field, value) {
  if (value === 0) return;
  varint(out, field << 3);
  varint(out, value);
}

export function block(out, field, inner) {
  varint(out, (field << 3) | 2);
  varint(out, inner.length);
  for (const byte of inner) out.push(byte);
}

/**
 * Stacks are walks through a call graph in which every function has a few callees, so that stacks share their beginnings
 * as real ones do, and yet all differ.
 */
export async function makePprof(path, { samples = 200_000, depth = 40, functions = 20_000, seed = 1 } = {}) {
  const next = random(seed);
  const file = createWriteStream(path);
  const gzip = createGzip({ level: 6 });
  gzip.pipe(file);
  const write = async (bytes) => {
    if (!gzip.write(Uint8Array.from(bytes))) await once(gzip, 'drain');
  };
  const strings = ['', 'samples', 'count', 'cpu', 'nanoseconds'];
  const perFile = 20;
  const firstName = strings.length;
  for (let i = 0; i < functions; i++) strings.push(`module_${i % 997}.Class${i % 89}.function_${i}`);
  const firstFile = strings.length;
  for (let i = 0; i * perFile < functions; i++) strings.push(`/srv/app/package_${i % 61}/module_${i}.py`);
  let out = [];
  for (const [type, unit] of [
    [1, 2],
    [3, 4],
  ]) {
    const inner = [];
    number(inner, 1, type);
    number(inner, 2, unit);
    block(out, 1, inner);
  }
  // Two places per function: ids 2f + 1 and 2f + 2.
  for (let sample = 0; sample < samples; sample++) {
    const stack = new Array(depth);
    let at = 0;
    for (let level = 0; level < depth; level++) {
      stack[depth - 1 - level] = 2 * at + 1 + (next() < 0.5 ? 0 : 1);
      // Callees of f are eight functions that lie spread over the program; the first ones are called more often.
      const branch = Math.floor(next() ** 2 * 8);
      at = (at * 7 + branch * 2_503 + 1) % functions;
    }
    const ids = [];
    for (const id of stack) varint(ids, id);
    const values = [];
    const count = 1 + Math.floor(next() * 3);
    varint(values, count);
    varint(values, count * 10_000_000);
    const inner = [];
    block(inner, 1, ids);
    block(inner, 2, values);
    block(out, 2, inner);
    if (out.length > 1 << 16) {
      await write(out);
      out = [];
    }
  }
  for (let i = 0; i < functions * 2; i++) {
    const line = [];
    number(line, 1, (i >> 1) + 1);
    number(line, 2, 1 + ((i >> 1) % perFile) * 40 + (i % 2) * 7 + 1);
    const inner = [];
    number(inner, 1, i + 1);
    block(inner, 4, line);
    block(out, 4, inner);
  }
  for (let i = 0; i < functions; i++) {
    const inner = [];
    number(inner, 1, i + 1);
    number(inner, 2, firstName + i);
    number(inner, 3, firstName + i);
    number(inner, 4, firstFile + Math.floor(i / perFile));
    number(inner, 5, 1 + (i % perFile) * 40);
    block(out, 5, inner);
  }
  const encoder = new TextEncoder();
  for (const string of strings) block(out, 6, encoder.encode(string));
  number(out, 9, 1_700_000_000_000_000_000);
  number(out, 10, 30_000_000_000);
  const period = [];
  number(period, 1, 3);
  number(period, 2, 4);
  block(out, 11, period);
  number(out, 12, 10_000_000);
  await write(out);
  gzip.end();
  await once(file, 'close');
}
