/** axe, the judge of what can be reached and read, in a page. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Frame, Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules that look at colours: all that can differ between themes. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/**
 * What axe holds against a page as it is now: rule, place and reason of each violation.
 * @param rules `colours` where another theme of the same page was judged by all of them
 * @throws Error when axe found too little in it that could be judged
 */
export async function violations(page: Page | Frame, rules: 'all' | 'colours'): Promise<string[]> {
  if (await page.evaluate(() => !('axe' in globalThis))) await page.evaluate(AXE);
  const options: RunOptions = {
    // Of the others it tells the names, and no place.
    resultTypes: ['violations'],
    ...(rules === 'colours' && { runOnly: { type: 'rule', values: COLOURS } }),
  };
  const found = await page.evaluate(async (asked) => {
    const { passes, violations } = await (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(
      asked,
    );
    return { passed: passes.map(({ id }) => id), violations };
  }, options);
  const enough = rules === 'all' ? found.passed.length > 10 : found.passed.includes('color-contrast') || found.violations.length > 0;
  if (!enough) throw new Error(`axe could judge little: ${found.passed.join(', ')}`);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ')}`),
  );
}
