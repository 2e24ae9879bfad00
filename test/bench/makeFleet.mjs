// Makes many pprof files as one service on many machines writes them: `makeFleet(folder, {files, samples, pool, …})`.
// All draw their stacks from one pool, the hot ones more often, so that merged they are not much larger than one.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { block, number, random, varint } from './makePprof.mjs';

/** Everything that all files share, and the encoded stacks of the pool. */
function describe({ functions, depth, pool, seed }) {
  const next = random(seed);
  const strings = ['', 'samples', 'count', 'cpu', 'nanoseconds'];
  const head = [];
  for (const [type, unit] of [
    [1, 2],
    [3, 4],
  ]) {
    const inner = [];
    number(inner, 1, type);
    number(inner, 2, unit);
    block(head, 1, inner);
  }
  const stacks = Array.from({ length: pool }, () => {
    const ids = [];
    let at = 0;
    for (let level = 0; level < depth; level++) {
      ids.unshift(2 * at + 1 + (next() < 0.5 ? 0 : 1));
      at = (at * 7 + Math.floor(next() ** 2 * 8) * 503 + 1) % functions;
    }
    const packed = [];
    for (const id of ids) varint(packed, id);
    const inner = [];
    block(inner, 1, packed);
    return inner;
  });
  const tail = [];
  for (let i = 0; i < functions * 2; i++) {
    const line = [];
    number(line, 1, (i >> 1) + 1);
    number(line, 2, 10 + i * 3);
    const inner = [];
    number(inner, 1, i + 1);
    block(inner, 4, line);
    block(tail, 4, inner);
  }
  for (let i = 0; i < functions; i++) {
    const name = strings.push(`module_${i % 997}.Class${i % 89}.function_${i}`) - 1;
    if (i % 20 === 0) strings.push(`/srv/app/package_${i % 61}/module_${i}.py`);
    const inner = [];
    number(inner, 1, i + 1);
    number(inner, 2, name);
    number(inner, 3, name);
    number(inner, 4, i % 20 === 0 ? name + 1 : 6 + Math.floor(i / 20) * 21);
    number(inner, 5, 1 + (i % 20) * 40);
    block(tail, 5, inner);
  }
  const encoder = new TextEncoder();
  for (const string of strings) block(tail, 6, encoder.encode(string));
  number(tail, 10, 30_000_000_000);
  return { head, stacks, tail };
}

export function makeFleet(folder, { files = 1000, samples = 12_000, pool = 60_000, functions = 5_000, depth = 40, seed = 1 } = {}) {
  mkdirSync(folder, { recursive: true });
  const { head, stacks, tail } = describe({ functions, depth, pool, seed });
  const names = [];
  for (let file = 0; file < files; file++) {
    const next = random(seed + 1 + file);
    const out = [...head];
    const seen = new Set();
    while (seen.size < samples) {
      const chosen = Math.floor(next() ** 3 * pool);
      if (seen.has(chosen)) continue;
      seen.add(chosen);
      const values = [];
      const count = 1 + Math.floor(next() * 5);
      varint(values, count);
      varint(values, count * 10_000_000);
      const inner = [...stacks[chosen]];
      block(inner, 2, values);
      block(out, 2, inner);
    }
    for (const byte of tail) out.push(byte);
    number(out, 9, 1_700_000_000_000_000_000 + file * 60_000_000_000);
    const name = join(folder, `run${String(file).padStart(4, '0')}.pb.gz`);
    writeFileSync(name, gzipSync(Uint8Array.from(out), { level: 6 }));
    names.push(name);
  }
  return names;
}
