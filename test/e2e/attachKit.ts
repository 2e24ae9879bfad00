/** What the tests of joining running programs share: the picker, notices, and pictures in every theme. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Server } from '../rig/server.js';
import type { Theme, Workbench } from '../rig/workbench.js';
import { until } from './editor.js';

/** Every theme, the one that windows start with last. */
export const themes: readonly Theme[] = ['light', 'highContrast', 'highContrastLight', 'dark'];

/** Rows of the list that is open under the input. */
export const rows = ({ page }: Workbench): Locator => page.locator('.quick-input-widget .monaco-list-row');

/** Opens the process picker and types; the list is read anew each time. */
export async function openPicker(window: Workbench, text: string): Promise<void> {
  await window.runCommand('Heatline: Record a Running Program');
  const picker = window.page.locator('.quick-input-widget');
  await picker.locator('input[placeholder*="command line"]').waitFor();
  await picker.locator('input').first().fill(text);
}

/** A notice that holds the text; the rig's windows keep them behind the bell. */
export async function notice({ page }: Workbench, text: string): Promise<Locator> {
  await page.locator('[id="status.notifications"]:has(.codicon-bell-dot)').click();
  const found = page.locator('.notification-list-item', { hasText: text });
  await found.waitFor();
  return found;
}

/** Takes `attach-NAME-THEME.png` in every theme; `again` brings back what a change of the theme closed. */
export async function shoot(window: Workbench, name: string, again: () => Promise<void>): Promise<void> {
  for (const theme of themes) {
    await window.setTheme(theme);
    await again();
    await window.screenshot(`attach-${name}-${theme}`);
  }
}

/** Texts of the files of recordings that are under way, whose names match. */
export function underWay(server: Server, name: RegExp): string[] {
  const home = dirname(server.extensions);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((file) => /recordings/.test(file) && name.test(file));
  return files.map((file) => readFileSync(join(home, file), 'latin1'));
}

/** Resolves when a tool has looked at its program for a while. */
export async function lookedOn(server: Server): Promise<void> {
  await until('the tool', async () => underWay(server, /\.(said|tmp-log)$/).some((text) => text.includes('Sampling')));
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

/** The view Recordings, in sight: a click on the icon of the side bar that is open would close it. */
export async function recordingsView({ page }: Workbench): Promise<Locator> {
  const list = page.locator('.pane:has(.pane-header[aria-label*="Recordings"])');
  await until('the view Recordings', async () => {
    if (await list.isVisible()) return true;
    await page.locator('.activitybar .action-label[aria-label^="Heatline"]').first().click();
    await list.waitFor({ timeout: 5000 });
    return true;
  });
  return list;
}
