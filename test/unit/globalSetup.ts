import { rmSync } from 'node:fs';
import { buildCli } from './cliBuild.js';

/** Builds what unit tests run as a process; they find it in the environment. */
export default async function setup(): Promise<() => void> {
  const cli = await buildCli();
  process.env.HEATLINE_TEST_CLI = cli;
  return () => rmSync(cli, { force: true });
}
