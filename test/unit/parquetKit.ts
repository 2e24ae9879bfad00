// A store of windows for tests of its Parquet tables.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { keyOf, windowName } from '../../src/windows/names.js';

/** A window as it is made, and where it lies. */
export interface MadeWindow {
  readonly service: string;
  readonly version: string;
  readonly host: string;
  readonly processId: number;
  /** Unix milliseconds. */
  readonly start: number;
  readonly sequence: number;
  /** As the agent writes it, without folders. */
  readonly flat?: boolean;
  /** Figures are drawn by it. */
  readonly seed: number;
}

const MINUTE = 60_000_000_000;
/** Names with what SQL, CSV and paths could trip over. */
const FUNCTIONS = ['handle', 'Cart.add', "Cart.price[int, 'str']", '<lambda>', 'größe', 'query "all", fast', 'wait', 'retry'];
const ROUTES = ['/buy', '/cart/{id}', '/o\'clock, "x"'];

/** Writes the window and gives its path relative to the root. */
export function makeWindow(root: string, window: MadeWindow): string {
  const { service, host, processId, start, sequence } = window;
  const startNanos = BigInt(start) * 1_000_000n;
  const naming = { startNanos, service, host, processId, writer: '9f3a2c', sequence };
  const path = window.flat ? windowName(naming) : keyOf(naming);
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, writePprof(profileOf(window, startNanos)));
  return path;
}

function profileOf({ service, version, host, processId, seed }: MadeWindow, startNanos: bigint) {
  const draw = numbers(seed);
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'samples', unit: 'count' });
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  builder.set({ timeNanos: startNanos, durationNanos: MINUTE, period: 10_000_000, periodType: { type: 'wall', unit: 'nanoseconds' } });
  const told = { service, version, host, process_id: processId, region: seed % 2 === 0 ? 'eu' : 'us' };
  for (const [name, text] of Object.entries(told)) if (text !== '') builder.comment(`${name}=${text}`);
  const places = FUNCTIONS.flatMap((name, at) => {
    const func = builder.func(builder.string(name), 0, builder.string(`/srv/${service}/part ${at % 3}.py`), 10 * at + 1);
    return [builder.place(func, 10 * at + 2), builder.place(func, 10 * at + 5)];
  });
  const [main, worker] = [builder.thread('MainThread'), builder.thread('worker')];
  const route = builder.string('route');
  for (let sample = 0; sample < 40; sample++) {
    // Recursion on purpose: stacks hold functions and lines twice.
    const stack = Array.from({ length: 1 + draw(6) }, () => places[draw(places.length)]!);
    const count = 1 + draw(9);
    // Odd figures: nothing is right by being round.
    const wall = count * 10_000_000 + draw(1000);
    const cpu = draw(3) === 0 ? 0 : draw(wall);
    builder.sampleFrames(stack, stack.length, [count, wall, cpu], draw(2) === 0 ? main : worker);
    if (draw(3) > 0) builder.label(route, builder.string(ROUTES[draw(ROUTES.length)]!), 0, 0);
  }
  return builder.finish();
}

/** Whole numbers below a bound, the same ones for a seed. */
function numbers(seed: number): (bound: number) => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
