// Makes many pprof files as one service on many machines writes them: `makeFleet(folder, {files, samples, pool, own, …})`.
// All draw their stacks from one pool, the hot ones more often, so that merged they are not much larger than one.
// `own`: each file numbers places, functions and texts as it comes to them, and has no others, as Go's runtime does; without it
// all files have the same tables.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { block, number, random, varint } from './makePprof.mjs';

const TYPES = [
  ['samples', 'count'],
  ['cpu', 'nanoseconds'],
];

/** Stacks as lists of places; function f has the places 2f and 2f + 1. */
function drawPool({ functions, depth, pool, seed }) {
  const next = random(seed);
  return Array.from({ length: pool }, () => {
    const places = new Uint32Array(depth);
    let at = 0;
    for (let level = depth - 1; level >= 0; level--) {
      places[level] = 2 * at + (next() < 0.5 ? 0 : 1);
      at = (at * 7 + Math.floor(next() ** 2 * 8) * 503 + 1) % functions;
    }
    return places;
  });
}

/** Numbers what it is asked for from `first` on, as it comes. */
export function numbering(first) {
  const known = new Map();
  return {
    known,
    of(key) {
      let id = known.get(key);
      if (id === undefined) {
        id = known.size + first;
        known.set(key, id);
      }
      return id;
    },
  };
}

/** The tables of one file, whose samples asked for their places by now or will do so. */
function newTables() {
  const texts = numbering(0);
  texts.of('');
  for (const type of TYPES) for (const word of type) texts.of(word);
  return { places: numbering(1), functions: numbering(1), texts };
}

function writeTables({ places, functions, texts }) {
  const out = [];
  const inner = [];
  const line = [];
  for (const [place, id] of places.known) {
    number(line, 1, functions.of(place >> 1));
    number(line, 2, 10 + place * 3);
    number(inner, 1, id);
    block(inner, 4, line);
    block(out, 4, inner);
    inner.length = line.length = 0;
  }
  for (const [f, id] of functions.known) {
    const name = texts.of(`module_${f % 997}.Class${f % 89}.function_${f}`);
    number(inner, 1, id);
    number(inner, 2, name);
    number(inner, 3, name);
    number(inner, 4, texts.of(`/srv/app/package_${Math.floor(f / 20) % 61}/module_${Math.floor(f / 20)}.py`));
    number(inner, 5, 1 + (f % 20) * 40);
    block(out, 5, inner);
    inner.length = 0;
  }
  const encoder = new TextEncoder();
  for (const text of texts.known.keys()) block(out, 6, encoder.encode(text));
  return out;
}

export function makeFleet(
  folder,
  { files = 1000, samples = 12_000, pool = 60_000, functions = 5_000, depth = 40, seed = 1, own = false } = {},
) {
  mkdirSync(folder, { recursive: true });
  const stacks = drawPool({ functions, depth, pool, seed });
  const shared = newTables();
  for (let place = 0; place < functions * 2; place++) shared.places.of(place);
  const sharedTables = writeTables(shared);
  for (let file = 0; file < files; file++) {
    const next = random(seed + 1 + file);
    const tables = own ? newTables() : shared;
    const out = [];
    const inner = [];
    const list = [];
    for (const [type, unit] of TYPES) {
      number(inner, 1, tables.texts.of(type));
      number(inner, 2, tables.texts.of(unit));
      block(out, 1, inner);
      inner.length = 0;
    }
    const seen = new Set();
    while (seen.size < samples) {
      const chosen = Math.floor(next() ** 3 * pool);
      if (seen.has(chosen)) continue;
      seen.add(chosen);
      for (const place of stacks[chosen]) varint(list, tables.places.of(place));
      block(inner, 1, list);
      list.length = 0;
      const count = 1 + Math.floor(next() * 5);
      varint(list, count);
      varint(list, count * 10_000_000);
      block(inner, 2, list);
      block(out, 2, inner);
      list.length = inner.length = 0;
    }
    for (const byte of own ? writeTables(tables) : sharedTables) out.push(byte);
    number(out, 9, 1_700_000_000_000_000_000 + file * 60_000_000_000);
    number(out, 10, 30_000_000_000);
    writeFileSync(join(folder, `run${String(file).padStart(4, '0')}.pb.gz`), gzipSync(Uint8Array.from(out), { level: 6 }));
  }
}
