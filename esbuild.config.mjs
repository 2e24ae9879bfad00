// Builds everything that ships: `node esbuild.config.mjs [--watch] [--production]`.

import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, context } from 'esbuild';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/** Only the extension itself may import vscode: elsewhere esbuild refuses it, since it is not external there. */
const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
};
const page = {
  bundle: true,
  platform: 'browser',
  format: 'esm',
  target: 'chrome120',
  minify: production,
  sourcemap: production ? false : 'linked',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
};

const bundles = [
  // The language client and what runs programs are files of their own, loaded at first use, so that activation stays small.
  {
    ...node,
    entryPoints: {
      extension: 'src/extension.ts',
      launching: 'src/host/launching.ts',
      inCode: 'src/host/code/inCode.ts',
      languageClient: 'src/host/languageClient.ts',
      production: 'src/host/production/production.ts',
    },
    outdir: 'dist',
    external: ['vscode', './inCode.js', './languageClient.js', './launching.js', './production.js'],
  },
  { ...node, entryPoints: { server: 'src/server/main.ts' }, outdir: 'dist' },
  {
    ...node,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: 'dist',
    banner: { js: '#!/usr/bin/env node' },
    define: { HEATLINE_VERSION: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version) },
  },
  { ...page, entryPoints: { profile: 'webview-ui/profile/main.tsx' }, outdir: 'dist/webview', loader: { '.ttf': 'file' } },
];

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist', { recursive: true });
cpSync('python', 'dist/python', { recursive: true, filter: (path) => !/__pycache__|tests|pyproject\.toml$/.test(path) });
cpSync('ruby', 'dist/ruby', { recursive: true });

/** Folders of the packages whose code is in a bundle. */
const bundled = new Set();

for (const bundle of bundles) {
  const entry = Object.values(bundle.entryPoints)[0];
  if (!existsSync(entry)) throw new Error(`${entry} is missing`);
  if (watch) await (await context(bundle)).watch();
  else {
    const { metafile } = await build({ ...bundle, metafile: true });
    for (const input of Object.keys(metafile.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (folder !== undefined) bundled.add(folder);
    }
  }
}
if (!watch) writeFileSync('dist/ThirdPartyNotices.txt', notices([...bundled].sort()));

/** Whose code ships with ours, under which licence: their own words, as the licences ask for. */
function notices(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}`;
  });
  const line = '-'.repeat(80);
  return `Heatline contains code of these packages.\n\n${line}\n${parts.join(`\n\n${line}\n`)}\n`;
}

// It is the `heatline` command.
if (!watch) chmodSync('dist/cli.js', 0o755);
