// Runs a program of the rig: `node test/rig/run.mjs NAME [ARG …]` runs test/rig/NAME.ts.
import { runTypeScript } from '../runTypeScript.mjs';

const [name = ''] = process.argv.splice(2, 1);
try {
  await runTypeScript(`test/rig/${name}`);
} catch (error) {
  // What a program of the rig throws is a sentence for the person at the terminal.
  console.error(process.env.HEATLINE_DEBUG ? error : String(error.message ?? error));
  process.exit(1);
}
