/** Profiles that are odd, in every tab of the page: the page says what is there, keeps its shape, and meets no error. */
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePprof } from '../unit/serverKit.js';
import { open, page, profile, useLivePages } from './liveScene.js';

useLivePages();

/** Each tab, and what is there once it shows figures of a profile without times and baseline. */
const TABS: Record<string, string> = {
  flame: '#flame-tree [role=treeitem]:nth-child(2)',
  timeline: '.hint',
  sandwich: '#callees-tree [role=treeitem]',
  table: '#row-0 .name',
  tree: '#node-0',
  lines: '.lines-source .row.current',
  files: '.part',
  info: '.info',
};

/** Opens every tab and waits for its figures; nothing may be wider than the window. */
async function everyTab(look: (tab: string) => Promise<void> = async () => undefined): Promise<void> {
  for (const [tab, ready] of Object.entries(TABS)) {
    await open(`tab=${tab}`);
    await page.locator(ready).first().waitFor({ state: 'attached' });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), tab).toBe(true);
    await look(tab);
    await page.context().close();
  }
}

const rows = async () =>
  (await page.locator('.table-body [role=row]').allInnerTexts()).map((text) =>
    text
      .split('\n')
      .filter((cell) => cell.trim() !== '')
      .join(' '),
  );

describe('names of 10,000 letters', () => {
  const NAME = 'n'.repeat(10_000);
  beforeAll(() => profile('long.collapsed', `${NAME} (/w/${'d'.repeat(4000)}/x.py:1);leaf (/w/x.py:2) 1\n`).then(() => undefined));

  it('stay within their places in every tab', async () => {
    await everyTab(async (tab) => {
      const texts = await page.locator('#panel').evaluate((panel) => (panel.textContent ?? '').length);
      if (tab === 'table') expect(texts).toBeGreaterThan(NAME.length);
    });
  });
});

describe('one sample of one function', () => {
  beforeAll(() => profile('one.collapsed', 'only (/w/x.py:3) 1\n').then(() => undefined));

  it('is the whole in every tab', async () => {
    await everyTab(async (tab) => {
      if (tab === 'table') expect(await rows()).toEqual(['1 100.0 % 1 100.0 % only w/x.py']);
      if (tab === 'tree') expect(await rows()).toEqual(['1 100.0 % 1 only w/x.py']);
      if (tab === 'files') expect(await page.locator('.sunburst-middle').innerText()).toMatch(/^all\s+1\s+100\.0 %$/);
    });
  });
});

describe('figures below zero, as a difference of two profiles has them', () => {
  beforeAll(() =>
    profile(
      'less.pb.gz',
      encodePprof({
        types: [['samples', 'count']],
        functions: [
          ['main', '/w/a.py', 1],
          ['more', '/w/a.py', 10],
          ['less', '/w/a.py', 20],
        ],
        samples: [
          {
            stack: [
              [1, 11],
              [0, 2],
            ],
            values: [70],
          },
          {
            stack: [
              [2, 21],
              [0, 3],
            ],
            values: [-40],
          },
        ],
      }),
    ).then(() => undefined),
  );

  it('keep their sign, and parts are parts of the whole', async () => {
    await everyTab(async (tab) => {
      if (tab === 'table')
        expect((await rows()).toSorted()).toEqual([
          '-40 -133.3 % -40 -133.3 % less w/a.py:20',
          '0 0 % 30 100.0 % main w/a.py:1',
          '70 233.3 % 70 233.3 % more w/a.py:10',
        ]);
      if (tab === 'flame') expect(await page.locator('.note').textContent()).toBe('30');
    });
  });
});

describe('a million siblings', () => {
  beforeAll(
    () =>
      profile(
        'wide.collapsed',
        Array.from({ length: 1_000_000 }, (_, i) => `root (/w/r.py:1);f${i} (/w/r.py:${i + 2}) ${i === 7 ? 9_000_000 : 1}`).join('\n'),
      ).then(() => undefined),
    120_000,
  );

  it('are one box and one row each that is in sight', async () => {
    await open('tab=table');
    await page.locator('#row-0 .name').waitFor();
    expect((await rows())[0]).toMatch(/^9,000,000 90\.0 % .* f7 /);
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(1 + 1_000_001));
    expect(await page.locator('.table-body [role=row]').count()).toBeLessThan(80);
    await page.locator('#tab-flame').click();
    await page.locator('#flame-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    await page.locator('#flame-canvas').focus();
    await page.keyboard.press('Home');
    for (let level = 0; level < 2; level++) await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('#announcements').textContent()).toMatch(/^f7, r\.py, 90\.0 % of the profile/);
    expect(await page.locator('#flame-tree [role=treeitem]').count()).toBeLessThan(2000);
  }, 180_000);
});
