// Makes a file of collapsed stacks, random but repeatable: `makeCollapsed(path, {lines, depth, functions, seed})`.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { random } from './makePprof.mjs';

/** Walks through a call graph as in makePprof; with the defaults 100,000 lines × 37 frames as py-spy writes them, 114 MB. */
export async function makeCollapsed(path, { lines = 100_000, depth = 37, functions = 20_000, seed = 1 } = {}) {
  const next = random(seed);
  const file = createWriteStream(path);
  const frames = Array.from(
    { length: functions * 2 },
    (_, i) => `fun_${i >> 1} (app_${(i >> 1) % 61}/m_${(i >> 1) % 997}.py:${100 + ((i >> 1) % 20) * 40 + (i % 2) * 7})`,
  );
  let out = [];
  for (let line = 0; line < lines; line++) {
    const stack = [];
    let at = 0;
    for (let level = 0; level < depth; level++) {
      stack.push(frames[2 * at + (next() < 0.5 ? 0 : 1)]);
      at = (at * 7 + Math.floor(next() ** 2 * 8) * 2_503 + 1) % functions;
    }
    out.push(`${stack.join(';')} ${1 + Math.floor(next() * 3)}\n`);
    if (out.length === 1000) {
      if (!file.write(out.join(''))) await once(file, 'drain');
      out = [];
    }
  }
  file.end(out.join(''));
  await once(file, 'close');
}
