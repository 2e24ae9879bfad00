import { describe, expect, it } from 'vitest';
import { calls, click, crumbs, drawn, open, page, runs, usePages } from './pageScene.js';

usePages();

describe('page', () => {
  it('is reached by keyboard in reading order, and every control has a name', async () => {
    await open('data=small');
    await drawn();
    const seen: string[] = [];
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''));
    }
    expect(seen[0]).toBe('Flame');
    expect(seen.slice(1, 9)).toEqual([
      'Metric',
      'Thread',
      expect.stringContaining('Search'),
      'Export…',
      'Colour of the boxes',
      'Inverted',
      'Merge recursion',
      'Just my code',
    ]);
    expect(seen[9]).toMatch(/^Flame graph, 6 levels/);
    await page.keyboard.press('Shift+Tab');
    await page.locator('#tab-flame').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.locator('#tab-timeline').getAttribute('aria-selected')).toBe('true');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('tab-timeline');
  });

  it('sends metric, thread and just-my-code as intents and draws from the answer', async () => {
    await open('data=small');
    await drawn();
    await page.getByLabel('Metric').selectOption('1');
    await page.getByLabel('Thread').selectOption({ label: 'worker-1' });
    await page.getByLabel('Thread').selectOption({ label: 'All threads' });
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Just my code' }).click();
    await expect.poll(() => calls('setView')).toEqual([{ type: 1 }, { thread: 'worker-1' }, { thread: '' }, { justMyCode: true }]);
    await expect
      .poll(async () => (await calls('profile/flame')).at(-1))
      .toMatchObject({ view: { profile: 'p1', type: 1, justMyCode: true } });
  });

  it('says how far the figures can be trusted', async () => {
    await open('data=small&calls=1&estimate=1');
    await expect
      .poll(() => page.locator('.status > span').allTextContents())
      .toEqual([
        'hybrid · 400 Hz asked, 398 got',
        '4,750 samples · 1.19 s',
        '1.3 % of samples failed',
        'cost 2.1 %',
        'tracing added ≈ 214 ms (120 ns a call)',
        'call tree is an estimate from call edges',
        '',
        '↑↓←→ walk · Space zoom · Enter source · / search · ? help',
      ]);
  });

  it('shows a failure as a sentence and tries again', async () => {
    await open('data=small');
    await drawn();
    await page.evaluate(() => window.harness.failing.set('profile/flame', 'The server stopped.'));
    await click(0.3, 3);
    await page.locator('.error').waitFor();
    expect(await page.locator('.error span').textContent()).toBe('The server stopped.');
    await expect.poll(crumbs).toEqual(['all']);
    await expect.poll(() => runs(3)).toHaveLength(4);
    await page.evaluate(() => window.harness.failing.clear());
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'quote');
    await expect.poll(() => page.locator('.error').count()).toBe(0);
  });

  it('draws hostile names as text', async () => {
    await open('data=odd');
    await drawn();
    expect(await page.locator('#root script').count()).toBe(0);
    await page.locator('canvas').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('a\ufffdgnp.exe'));
    await page.locator('#tab-table').click();
    await page.locator('#row-0').waitFor();
    expect(await page.locator('#row-0 .name').textContent()).toBe('__proto__');
  });

  it('has a sentence for an empty profile', async () => {
    await open('data=empty');
    expect(await page.locator('.hint').textContent()).toContain('This profile is empty');
    await page.locator('#tab-info').click();
    expect(await page.locator('.info').textContent()).toContain('sampler 0.1.0');
  });

  it('remembers tab, search and focus over being closed', async () => {
    await open('data=small');
    await drawn();
    await click(0.7, 3);
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    await page.locator('#search').fill('pay');
    await page.locator('.found').waitFor();
    const saved = await page.evaluate(() => JSON.stringify(window.harness.saved));
    await page.context().close();
    await open(`data=small&saved=${encodeURIComponent(saved)}`);
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    expect(await page.locator('#search').inputValue()).toBe('pay');
    await expect.poll(() => page.locator('.found').textContent()).toContain('25.0 %');
  });

  it('lists its keys, and closes that list by Escape', async () => {
    await open('data=small');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await page.getByRole('dialog').textContent()).toContain('copy the stack');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('shows how far the reading is, and stops it', async () => {
    await open('data=small&reading=0.42');
    await page.locator('.reading').waitFor();
    await expect.poll(() => page.getByRole('progressbar').getAttribute('value')).toBe('42');
    expect(await page.locator('.reading [role=status]').textContent()).toBe('Reading the profile …');
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.locator('.error').waitFor();
    expect(await calls('stopReading')).toHaveLength(1);
    expect(await page.locator('.error span').textContent()).toBe('Reading was stopped.');
    await page.locator('.reading').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Retry' }).waitFor();
  });
});
