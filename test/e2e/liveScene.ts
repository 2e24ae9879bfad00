/** The profile page on a real server: what its tabs show are the server's own figures. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ProfileInfo, Requests } from '../../src/protocol/lsp.js';
import { buildServer, type RunningServer, startServer } from '../unit/serverKit.js';
import { PageHarness, type PageOptions, takeProblems } from './pageHarness.js';

let folder: string;
let bundle: Awaited<ReturnType<typeof buildServer>>;
let harness: PageHarness;
export let server: RunningServer;
/** The page that the test at hand opened, and its profile. */
export let page: Page;
export let info: ProfileInfo;

/** One server and one browser for the tests of a file; after each, the page is left and must have met no error. */
export function useLivePages(): void {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'heatline-tabs-'));
    bundle = await buildServer();
    server = await startServer(bundle.bundle, folder);
    harness = await PageHarness.start();
  });
  afterAll(async () => {
    await harness?.stop();
    await server?.stop();
    bundle?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    if (page) await harness.leave(page);
    expect(takeProblems()).toEqual([]);
  });
}

/** Writes a file of the program, older than any profile of it. */
export function source(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  const past = new Date(Date.now() - 60_000);
  utimesSync(file, past, past);
  return file;
}

/** Writes a profile and gives its path; the server opens it. */
export async function profile(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  info = await server.request('profile/open', { uri: pathToFileURL(file).href });
  return file;
}

/**
 * Opens the page on the profile that was opened last.
 * @param asked what the server is asked in place of what the page asks
 */
export async function open(
  query: string,
  options: PageOptions = {},
  asked: (method: string, params: unknown) => unknown = (_, params) => params,
): Promise<void> {
  const opened = info;
  page = await harness.open(query, options, async (method, params) =>
    method === 'info' ? opened : server.request(method as keyof Requests, asked(method, params) as Requests[keyof Requests][0]),
  );
}

/** Requests that the page made of its host. */
export async function calls(method: string): Promise<Record<string, unknown>[]> {
  const all = await page.evaluate(() => window.harness.calls);
  return all.filter((call) => call.method === method).map((call) => call.params as Record<string, unknown>);
}

export const spoken = () => page.locator('#announcements').textContent();
