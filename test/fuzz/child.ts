import { writeSync } from 'node:fs';
import { fixedCases, makeCase } from './cases.js';
import { readCorpus } from './corpus.js';
import { look } from './look.js';
import { type Line, type Order, RENEW } from './order.js';

/** Above this a process that has tidied up is replaced by a new one, so that a case is not blamed for those before it; bytes. */
const STALE = 500 * 2 ** 20;
/** A pipe of our own, written at once: what is printed by chance does not get into it. */
function say(line: Line): void {
  writeSync(3, `${JSON.stringify(line)}\n`);
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2]!) as Order;
  const corpus = readCorpus(order.corpus, order.only);
  for (let number = order.first; number < order.end; number += order.step) {
    const { name, bytes } = makeCase(corpus, order.seed, number, order.million);
    say({ begin: number, name });
    try {
      // The name says nothing, so that content alone decides; fixtures as they are keep theirs.
      const outcome = await look(number < fixedCases(corpus) ? name : 'unknown', bytes);
      say({ end: number, ...outcome });
    } catch (error) {
      say({ bug: number, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    if (process.memoryUsage.rss() < STALE) continue;
    globalThis.gc?.();
    if (process.memoryUsage.rss() >= STALE) process.exit(RENEW);
  }
}

void main();
