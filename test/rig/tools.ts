/** Finds or installs what the tests need, and says where it is: `node test/rig/run.mjs tools`. */
import { setUp } from './setup.js';

const began = Date.now();
const { chromium, python, pySpy, go, profilers, sql, clients, pythons } = await setUp('tests', (line) => console.log(line));
for (const [name, found] of Object.entries({
  chromium,
  python,
  'py-spy': pySpy,
  go,
  profilers,
  sql,
  clients,
  ...Object.fromEntries(pythons),
}))
  console.log(`${name.padEnd(10)} ${found ?? 'missing'}`);
console.log(`Ready after ${Math.round((Date.now() - began) / 1000)} s.`);
