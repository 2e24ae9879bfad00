import { stacksText } from '../../core/report/stacks.js';
import { dumpProcess } from '../../engines/index.js';
import { print, printJson } from '../output.js';
import { pythonPackage } from '../pythonPackage.js';

/** `heatline dump PID` */
export async function dump(pid: number, options: { locals?: boolean; native?: boolean; json?: boolean }): Promise<void> {
  const { json, ...wanted } = options;
  const found = await dumpProcess({ pid, pythonPackage: pythonPackage(), ...wanted });
  if (json) await printJson(found);
  else await print(stacksText(found));
}
