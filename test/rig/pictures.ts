/** Takes the pictures of README.md anew, on the sample workspace: `node esbuild.config.mjs && node test/rig/run.mjs pictures`. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startChromium } from './chromium.js';
import { demoWorkspace, project } from './paths.js';
import { cleanUp, temporaryFolder } from './processes.js';
import { startServer } from './server.js';
import { setUp } from './setup.js';
import { openWorkspace } from './workbench.js';

const folder = join(project, 'media', 'readme');
mkdirSync(folder, { recursive: true });
const tools = await setUp('demo', (line) => console.log(line));
const workspace = join(await temporaryFolder('pictures'), 'orders');
cpSync(demoWorkspace, workspace, { recursive: true });
const server = await startServer(tools, {
  settings: { 'editor.minimap.enabled': false, 'breadcrumbs.enabled': false, 'window.title': 'Heatline' },
});
const browser = await startChromium(tools);
const window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
const shoot = (name: string) => window.page.screenshot({ path: join(folder, `${name}.png`) });

await window.page.setViewportSize({ width: 1180, height: 640 });
await window.openFile('shop/pricing.py');
await window.page.locator('.editor-actions .action-label[aria-label*="Profile This File"]').first().click();
await window.page.locator('.codelens-decoration', { hasText: /self/ }).first().waitFor({ timeout: 90_000 });
await window.page.locator('.activitybar .action-label[aria-label^="Heatline"]').first().click();
await window.runCommand('View: Hide Panel');
await window.page.waitForTimeout(2500);
await shoot('heat-dark');
await window.setTheme('light');
await window.page.waitForTimeout(800);
await shoot('heat-light');
await window.setTheme('dark');
await window.runCommand('Heatline: Show Flame Graph');
await window.webview('canvas');
await window.page.mouse.move(5, 5);
await window.page.waitForTimeout(2000);
await shoot('flame-dark');
await browser.stop();
await server.stop();
await cleanUp();
process.exit(0);
