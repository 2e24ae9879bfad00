import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that holds our `heatline` Python package: beside dist/cli.js, or in the project when it runs from there. */
export function pythonPackage(): string {
  const beside = join(__dirname, 'python');
  return existsSync(join(beside, 'heatline')) ? beside : join(__dirname, '..', 'python');
}
