// Makes a sampled speedscope file, random but repeatable: `makeSpeedscope(path, {samples, depth, functions, threads, seed})`.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { random } from './makePprof.mjs';

/**
 * Walks through a call graph as in makePprof; most samples differ from the one before in a few of the innermost frames, as a program's do.
 * With the defaults 1,000,000 samples × 30 frames as py-spy writes them, 176 MB.
 */
export async function makeSpeedscope(path, { samples = 1_000_000, depth = 30, functions = 20_000, threads = 4, seed = 1 } = {}) {
  const next = random(seed);
  const file = createWriteStream(path);
  let out = '{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[';
  const put = async (text) => {
    out += text;
    if (out.length < 1 << 20) return;
    const full = !file.write(out);
    out = '';
    if (full) await once(file, 'drain');
  };
  for (let thread = 0; thread < threads; thread++) {
    const rows = Math.floor(samples / threads);
    await put(
      `${thread > 0 ? ',' : ''}{"type":"sampled","name":"Thread ${1000 + thread} \\"worker ${thread}\\"","unit":"seconds","startValue":0.0,`,
    );
    await put(`"endValue":${rows / 100},"samples":[`);
    const functionAt = new Array(depth).fill(0);
    const stack = new Array(depth).fill(0);
    for (let row = 0; row < rows; row++) {
      const kept = row === 0 ? 0 : depth - Math.floor(next() ** 6 * depth);
      for (let level = kept; level < depth; level++) {
        if (level > 0) functionAt[level] = (functionAt[level - 1] * 7 + Math.floor(next() ** 2 * 8) * 2_503 + 1) % functions;
        stack[level] = 2 * functionAt[level] + (next() < 0.5 ? 0 : 1);
      }
      await put(`${row > 0 ? ',' : ''}[${stack.join(',')}]`);
    }
    await put('],"weights":[');
    for (let row = 0; row < rows; row++) await put(row > 0 ? ',0.01' : '0.01');
    await put(']}');
  }
  await put('],"shared":{"frames":[');
  for (let i = 0; i < functions * 2; i++) {
    const of = i >> 1;
    const frame = {
      name: `fun_${of}`,
      file: `/srv/app/app_${of % 61}/m_${of % 997}.py`,
      line: 100 + (of % 20) * 40 + (i % 2) * 7,
      col: null,
    };
    await put(`${i > 0 ? ',' : ''}${JSON.stringify(frame)}`);
  }
  await put(']},"activeProfileIndex":null,"exporter":"py-spy@0.4.3","name":"py-spy profile"}');
  file.end(out);
  await once(file, 'close');
}
