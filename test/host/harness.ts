/** A runner of our own: tests one after the other inside the extension host, each with a limit, told line by line. */

/** What a test throws when it cannot be run here; say what is missing. */
export class Skip extends Error {}

/** What it returns is told beside its name: figures that decide nothing. */
export type Body = () => unknown;
export type Define = (name: string, body: Body) => void;

/** A suite is a function that defines its tests. */
export type Suite = (test: Define) => void;

export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly test: string; readonly error: string }[];
}

/** How long a test may hang: no measure of speed. */
const LIMIT_SECONDS = 400;

export interface Running {
  /** Gets one line per test. */
  say(line: string): void;
  /** What a person would see after a test that failed: told with it. */
  look(): Promise<string>;
  /** Called after a test that failed. */
  tidy(): Promise<void>;
  /** Only the tests whose full name matches. */
  readonly only: RegExp | undefined;
}

/** Runs all suites, one test after the other. */
export async function runSuites(suites: Readonly<Record<string, Suite>>, { say, look, tidy, only }: Running): Promise<Report> {
  let passed = 0;
  let skipped = 0;
  const failures: { test: string; error: string }[] = [];
  for (const [suite, define] of Object.entries(suites)) {
    const tests: { name: string; body: Body }[] = [];
    define((name, body) => tests.push({ name: `${suite}: ${name}`, body }));
    for (const { name, body } of tests) {
      if (only && !only.test(name)) continue;
      const started = Date.now();
      const took = () => `(${((Date.now() - started) / 1000).toFixed(1)} s)`;
      try {
        const figures = await within(LIMIT_SECONDS, body);
        passed += 1;
        say(`ok    ${name} ${took()}${typeof figures === 'string' ? `: ${figures}` : ''}`);
      } catch (error) {
        if (error instanceof Skip) {
          skipped += 1;
          say(`skip  ${name}: ${error.message}`);
          continue;
        }
        const seen = await within(LIMIT_SECONDS, look).catch((problem: unknown) => `It cannot be seen: ${String(problem)}`);
        const text = `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${seen}`;
        failures.push({ test: name, error: text });
        say(`FAIL  ${name} ${took()}\n      ${text.replaceAll('\n', '\n      ')}`);
        await tidy().catch((problem: unknown) => say(`      and afterwards: ${String(problem)}`));
      }
    }
  }
  return { passed, failed: failures.length, skipped, failures };
}

async function within(seconds: number, body: Body): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([(async () => body())(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
