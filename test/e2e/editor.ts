import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';

/** What is drawn on one visible line of the editor. */
export interface DrawnLine {
  /** The code, without decorations. */
  readonly text: string;
  /** Width of the bar behind the code in CSS pixels and its colour; undefined where there is none. */
  readonly bar: { readonly width: number; readonly colour: string; readonly left: number } | undefined;
  /** The figure after the code. */
  readonly figure: string | undefined;
}

/** Reads the visible lines of the active editor, or of a notebook's cells, from the page itself: what a person sees, not what we asked for. */
export function drawnLines(page: Page): Promise<readonly DrawnLine[]> {
  return page.evaluate(() => {
    const lines = [...document.querySelectorAll<HTMLElement>(':is(.editor-instance, .notebookOverlay) .view-lines .view-line')];
    lines.sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top));
    return lines.map((line) => {
      let bar: DrawnLine['bar'];
      let figure: string | undefined;
      for (const span of line.querySelectorAll('span')) {
        const before = getComputedStyle(span, '::before');
        if (before.content !== 'none' && before.position === 'absolute') {
          bar = { width: Number.parseFloat(before.width), colour: before.backgroundColor, left: Number.parseFloat(before.left) };
        }
        const after = getComputedStyle(span, '::after').content;
        if (after !== 'none' && /%/.test(after)) figure = after.replace(/^"|"$/g, '').trim();
      }
      return { text: (line.textContent ?? '').replace(/\u00a0/g, ' ').replace(/\u200b/g, ''), bar, figure };
    });
  });
}

/** The drawn line whose code contains `part`. */
export async function drawnLine(page: Page, part: string): Promise<DrawnLine> {
  const found = (await drawnLines(page)).find(({ text }) => text.includes(part));
  if (!found) throw new Error(`No visible line contains ${part}.`);
  return found;
}

/** Clicks an entry of a menu of VS Code's until it takes notice: it does not in the first moment of a menu. */
export async function clickInMenu(item: Locator): Promise<void> {
  await item.waitFor();
  await until(`the menu to take ${item}`, async () => {
    await item.click({ timeout: 5000 }).catch(() => undefined);
    return item.waitFor({ state: 'hidden', timeout: 2000 }).then(
      () => true,
      () => false,
    );
  });
}

/**
 * Waits until `ask` gives something truthy; the last answer or error is in the message when it never does. How long that may take
 * says nothing of how long it should.
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, seconds = 120): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`Waited ${seconds} s for ${what}; last: ${String(last)}`);
    await sleep(200);
  }
}
