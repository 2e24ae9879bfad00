import { type BrowserContext, chromium } from 'playwright-core';
import { removeFolder, temporaryFolder } from './processes.js';
import type { Tools } from './setup.js';

/** A browser of our own with an empty profile. */
export interface Browser {
  readonly context: BrowserContext;
  stop(): Promise<void>;
}

/** No sandbox (containers have none to give), and nothing that would look for a network. */
export const quietFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium without a window and without a GPU; `deviceScaleFactor` 2 makes sharp pictures. */
export async function startChromium(tools: Tools, deviceScaleFactor = 1): Promise<Browser> {
  if (tools.chromium === undefined) throw new Error('Chromium or Chrome was not found: install it, or set HEATLINE_CHROMIUM to its path.');
  const profile = await temporaryFolder('chromium');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: tools.chromium,
    headless: true,
    viewport: { width: 1400, height: 900 },
    deviceScaleFactor,
    timeout: 180_000,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    // Nothing of ours draws by WebGL; without that, pictures cost the processor a fifth less than with a GPU in software.
    args: [...quietFlags, '--disable-gpu'],
  });
  context.setDefaultTimeout(60_000);
  context.setDefaultNavigationTimeout(180_000);
  return {
    context,
    stop: async () => {
      await context.close();
      await removeFolder(profile);
    },
  };
}
