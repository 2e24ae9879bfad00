import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Lock {
  readonly packages: Readonly<Record<string, Entry>>;
}
interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Names that a package wants and that no folder on its way up to the root has: `npm ci` refuses such a lock file. */
function missing({ packages }: Lock): string[] {
  const gone: string[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.devDependencies })) {
      const parts =
        path === '' ? [''] : ['', ...path.split('/node_modules/').map((_, at, all) => `${all.slice(0, at + 1).join('/node_modules/')}/`)];
      if (!parts.some((folder) => `${folder}node_modules/${name}` in packages)) gone.push(`${name} of ${path || 'the project'}`);
    }
  }
  return gone;
}

it.each(['.', 'test/rig/node', 'test/rig/vscode'])('the lock file of %s is whole, for every platform, and names no registry', (folder) => {
  const lock = JSON.parse(readFileSync(`${folder}/package-lock.json`, 'utf8')) as Lock;
  expect(missing(lock)).toEqual([]);
  expect(Object.values(lock.packages).filter(({ resolved }) => resolved?.startsWith('http'))).toEqual([]);
});
