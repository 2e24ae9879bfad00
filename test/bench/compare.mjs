// How long the language server takes to compare two profiles that are open: `node test/bench/compare.mjs [--rounds 3]`.
// Each round is a server of its own: the first answer holds all that comparing costs (taking both profiles into one thread,
// pairing, tables), the others what another page, another view or a flame graph cost then.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { makePprof } from './makePprof.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const data = join(root, 'test', '.artifacts', 'bench');
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] || 3) || 3;

async function made(name, seed) {
  mkdirSync(data, { recursive: true });
  const path = join(data, name);
  if (!existsSync(path)) {
    await makePprof(`${path}.part`, { samples: 100_000, depth: 37, functions: 48_000, seed });
    renameSync(`${path}.part`, path);
  }
  return path;
}

/** A client of one server over stdio: just enough of LSP. */
function connect() {
  const child = spawn(process.execPath, ['--max-old-space-size=4096', join(root, 'dist', 'server.js'), '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map();
  let seen = Buffer.alloc(0);
  let id = 0;
  child.stdout.on('data', (chunk) => {
    seen = Buffer.concat([seen, chunk]);
    for (;;) {
      const end = seen.indexOf('\r\n\r\n');
      const length = end < 0 ? Number.NaN : Number(/Content-Length: (\d+)/i.exec(seen.toString('latin1', 0, end))?.[1]);
      if (!(seen.length >= end + 4 + length)) return;
      const message = JSON.parse(seen.toString('utf8', end + 4, end + 4 + length));
      seen = seen.subarray(end + 4 + length);
      const answer = message.method === undefined ? waiting.get(message.id) : undefined;
      if (answer) {
        waiting.delete(message.id);
        if (message.error) answer.reject(new Error(message.error.message));
        else answer.resolve(message.result);
      } else if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: null });
    }
  });
  const send = (message) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  return {
    request(method, params) {
      const own = ++id;
      return new Promise((resolve, reject) => {
        waiting.set(own, { resolve, reject });
        send({ id: own, method, params });
      });
    },
    notify: (method, params) => send({ method, params }),
    /** Processor time so far, milliseconds (Linux). */
    processor() {
      if (process.platform !== 'linux') return Number.NaN;
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    stop: () => child.kill(),
  };
}

const files = [await made('100k-stacks-a.pb.gz', 3), await made('100k-stacks-b.pb.gz', 5)];
const taken = new Map();
for (let round = 0; round < rounds; round++) {
  const server = connect();
  try {
    await server.request('initialize', { processId: process.pid, rootUri: null, capabilities: {}, workspaceFolders: [] });
    server.notify('initialized', {});
    const [base, next] = await Promise.all(files.map((file) => server.request('profile/open', { uri: pathToFileURL(file).href })));
    const timed = async (name, method, params) => {
      const [start, used] = [process.hrtime.bigint(), server.processor()];
      await server.request(method, { view: { profile: next.id, type: 0 }, base: [base.id], ...params });
      const own = taken.get(name) ?? [];
      own.push({ took: Number(process.hrtime.bigint() - start) / 1e6, used: server.processor() - used });
      taken.set(name, own);
    };
    const page = { sort: 'self', descending: true, offset: 0, limit: 500 };
    await timed('first answer: functions by change', 'compare/functions', page);
    await timed('summary', 'compare/summary', {});
    await timed('functions of another view', 'compare/functions', { ...page, normalize: 'total' });
    await timed('differential flame graph', 'compare/flame', { root: -1, minFraction: 0.0005, widths: 'next' });
    await timed('lines', 'compare/lines', { offset: 0, limit: 500 });
  } finally {
    server.stop();
  }
}
console.log('Two pprof profiles of 100,000 stacks × 37 frames over 48,000 functions, both open\n');
console.log('| Answer | Median (range) | Processor time |\n|---|---|---|');
for (const [name, times] of taken) {
  const sorted = times.toSorted((a, b) => a.took - b.took);
  const ms = (value) => `${value.toFixed(0)} ms`;
  const middle = sorted[sorted.length >> 1];
  console.log(
    `| ${name} | ${ms(middle.took)} (${ms(sorted[0].took)} – ${ms(sorted.at(-1).took)}) | ${ms(Math.min(...times.map(({ used }) => used)))} |`,
  );
}
