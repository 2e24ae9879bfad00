import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { carryPySpy, dropPySpy } from './carried.js';
import { project } from './paths.js';
import { run } from './server.js';
import type { Tools } from './setup.js';

/** Builds for release. What is packed afterwards is of this build. */
export async function buildForRelease(): Promise<void> {
  await run(process.execPath, ['esbuild.config.mjs', '--production'], process.env, project);
}

/**
 * Packs what is built into a VSIX: for all platforms, or with py-spy for one (see `carried.ts`).
 * @returns what vsce said
 * @throws Error with a sentence when it cannot be made
 */
export async function pack(tools: Tools, out: string, target?: string): Promise<string> {
  mkdirSync(dirname(out), { recursive: true });
  rmSync(out, { force: true });
  try {
    if (target !== undefined) {
      const bytes = await carryPySpy(target, tools.python, (line) => console.log(line));
      console.log(`py-spy for ${target}: ${(bytes / 1e6).toFixed(1)} MB`);
    }
    // Everything is in the bundles, so there are no dependencies to collect; the README's pictures are inside, at their relative paths.
    const args = ['package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', '--out', out];
    const said = await run(tools.node, [tools.vsce, ...args, ...(target === undefined ? [] : ['--target', target])], process.env, project);
    if (!existsSync(out)) throw new Error(`vsce wrote no file:\n${said}`);
    return said.trim();
  } finally {
    dropPySpy();
  }
}
