// Builds everything that ships: `node esbuild.config.mjs [--watch] [--production]`.

import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
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
    entryPoints: { extension: 'src/extension.ts' },
    outdir: 'dist',
    external: ['vscode', './languageClient.js', './launching.js'],
  },
  { ...node, entryPoints: { launching: 'src/host/launching.ts' }, outdir: 'dist', external: ['vscode'] },
  { ...node, entryPoints: { languageClient: 'src/host/languageClient.ts' }, outdir: 'dist', external: ['vscode'] },
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
cpSync('python', 'dist/python', { recursive: true, filter: (path) => !path.includes('__pycache__') && !path.includes('tests') });

for (const bundle of bundles) {
  const entry = Object.values(bundle.entryPoints)[0];
  if (!existsSync(entry)) throw new Error(`${entry} is missing`);
  if (watch) await (await context(bundle)).watch();
  else await build(bundle);
}

// It is the `heatline` command.
if (!watch) chmodSync('dist/cli.js', 0o755);
