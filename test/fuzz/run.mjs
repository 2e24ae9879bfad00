// Runs test/fuzz/main.ts: `npm run fuzz -- --minutes 10`.
import { runTypeScript } from '../runTypeScript.mjs';

await runTypeScript('test/fuzz/main');
