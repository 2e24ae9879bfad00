// Makes a store of windows as agents of two services write them: `makeWindows(root, {windows, samples, …})`. Every window numbers its places,
// functions and texts as it comes to them. Of each service some bodies are drawn; windows repeat them in turn, each with its own time and process.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { numbering } from './makeFleet.mjs';
import { block, number, random, varint } from './makePprof.mjs';

export const MINUTE = 60_000_000_000n;
/** 2026-11-21, 00:00 UTC. */
export const FIRST = 1_795_219_200_000_000_000n;
const TYPES = [
  ['samples', 'count'],
  ['wall', 'nanoseconds'],
  ['cpu', 'nanoseconds'],
];
const THREADS = ['MainThread', ...Array.from({ length: 8 }, (_, i) => `worker-${i}`)];
const ROUTES = ['/buy', '/list', '/cart', '/search', '/login', '/item'];
/** Services, their processes, and which minute brings which version. */
const PROCESSES = [
  ['shop', 'web-1', 4711],
  ['shop', 'web-1', 4712],
  ['shop', 'web-2', 900],
  ['shop', 'web-2', 901],
  ['search', 'find-1', 77],
  ['search', 'find-2', 78],
];
const versionOf = (minute) => (minute < 720 ? '2.6' : '2.7');

/** One window of a minute of every process, until there are `windows`; minute after minute from `FIRST` on. */
export function makeWindows(root, { windows = 10_000, samples = 1_700, pool = 20_000, functions = 3_000, depth = 30, bodies = 100 } = {}) {
  const drawn = new Map();
  for (const [at, service] of ['shop', 'search'].entries()) {
    const stacks = drawStacks({ functions, depth, pool, seed: 11 + at });
    drawn.set(
      service,
      Array.from({ length: bodies }, (_, i) => drawBody(stacks, { samples, pool, service, seed: 1000 * (at + 1) + i })),
    );
  }
  for (let i = 0; i < windows; i++) {
    const minute = Math.floor(i / PROCESSES.length);
    const [service, host, pid] = PROCESSES[i % PROCESSES.length];
    const started = FIRST + BigInt(minute) * MINUTE + BigInt(i % PROCESSES.length) * 1_000_000_000n;
    const version = versionOf(minute % 1440);
    const body = drawn.get(service)[(minute * 7 + (i % PROCESSES.length) * 13) % bodies];
    const data = Buffer.concat([
      body.bytes,
      tail(body, started, [`service=${service}`, `version=${version}`, `host=${host}`, `process_id=${pid}`]),
    ]);
    const stamp = `${new Date(Number(started / 1_000_000n)).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
    const day = new Date(Number(started / 1_000_000n)).toISOString().slice(0, 10);
    const file = join(
      root,
      `date=${day}`,
      `service=${service}`,
      `${stamp}_${service}_${host}_${pid}_9f3a2c_${String(minute + 1).padStart(4, '0')}.pb.gz`,
    );
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, gzipSync(data, { level: 1 }));
  }
}

/**
 * Stacks as lists of places, leaf first; function f has the places 2f and 2f + 1. As in a web service, the outer half is one of a few ways through
 * frameworks, and what branches below goes one way more often than others.
 */
function drawStacks({ functions, depth, pool, seed }) {
  const next = random(seed);
  const ways = 6;
  return Array.from({ length: pool }, () => {
    const places = new Uint32Array(depth - Math.floor(next() ** 2 * depth * 0.4));
    let at = Math.floor(next() ** 2 * ways);
    for (let level = places.length - 1; level >= 0; level--) {
      const branch = level > places.length - depth / 2 ? 0 : Math.floor(next() ** 4 * 8);
      places[level] = 2 * at + (branch & 1);
      at = (at * 7 + branch * 503 + 1) % functions;
    }
    return places;
  });
}

/** A window without its comments and times. */
function drawBody(stacks, { samples, pool, service, seed }) {
  const next = random(seed);
  const [places, functions, texts] = [numbering(1), numbering(1), numbering(0)];
  texts.of('');
  const [out, inner, list, label] = [[], [], [], []];
  for (const [type, unit] of TYPES) {
    number(inner, 1, texts.of(type));
    number(inner, 2, texts.of(unit));
    block(out, 1, inner);
    inner.length = 0;
  }
  const bear = (key, text) => {
    number(label, 1, texts.of(key));
    number(label, 2, texts.of(text));
    block(inner, 3, label);
    label.length = 0;
  };
  for (let i = 0; i < samples; i++) {
    const chosen = Math.floor(next() ** 3 * pool);
    for (const place of stacks[chosen]) varint(list, places.of(place));
    block(inner, 1, list);
    list.length = 0;
    const looks = 1 + Math.floor(next() ** 4 * 20);
    varint(list, looks);
    varint(list, looks * 10_000_000 + Math.floor(next() * 900_000));
    varint(list, next() < 0.6 ? 0 : Math.floor(looks * 9_000_000 * next()));
    block(inner, 2, list);
    list.length = 0;
    bear('thread', THREADS[chosen % THREADS.length]);
    if (chosen % 3 > 0) bear('route', ROUTES[chosen % ROUTES.length]);
    block(out, 2, inner);
    inner.length = 0;
  }
  for (const [place, id] of places.known) {
    number(list, 1, functions.of(place >> 1));
    number(list, 2, 10 + (place % 40) * 3);
    number(inner, 1, id);
    block(inner, 4, list);
    block(out, 4, inner);
    inner.length = list.length = 0;
  }
  for (const [f, id] of functions.known) {
    const name = texts.of(`Class${f % 89}.function_${f}`);
    number(inner, 1, id);
    number(inner, 2, name);
    number(inner, 3, name);
    number(inner, 4, texts.of(`/srv/${service}/package_${Math.floor(f / 20) % 61}/module_${Math.floor(f / 20)}.py`));
    number(inner, 5, 1 + (f % 20) * 40);
    block(out, 5, inner);
    inner.length = 0;
  }
  return { bytes: Uint8Array.from(out), texts: [...texts.known.keys()] };
}

/** Texts, comments and times. */
function tail({ texts }, started, comments) {
  const out = [];
  const encoder = new TextEncoder();
  for (const text of [...texts, ...comments]) block(out, 6, encoder.encode(text));
  number(out, 9, Number(started));
  number(out, 10, Number(MINUTE));
  const inner = [];
  number(inner, 1, 3);
  number(inner, 2, texts.indexOf('nanoseconds'));
  block(out, 11, inner);
  number(out, 12, 10_000_000);
  const list = [];
  for (let i = 0; i < comments.length; i++) varint(list, texts.length + i);
  block(out, 13, list);
  number(out, 14, texts.indexOf('cpu'));
  return Uint8Array.from(out);
}
