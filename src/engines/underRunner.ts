import { isPython, pythonCommand } from './command.js';
import type { Environment, Target } from './engine.js';
import { entryOf } from './inTheBox.js';

/**
 * What a tool starts that hides how the program ends: a Python program under our runner, recording nothing, which writes the status
 * into a file. Another command stays as it is, and nobody reports. Pure; throws UserError as `pythonCommand` does.
 */
export function underRunner(
  target: Target,
  environment: Environment,
  statusFile: string,
): { readonly argv: readonly string[]; readonly reports: boolean } {
  if (target.kind === 'command' && !isPython(target, environment)) return { argv: target.argv, reports: false };
  const { interpreter, program } = pythonCommand(target, environment);
  const runner = ['run', '--engine', 'none', '--status', statusFile, '--'];
  return { argv: [...interpreter, entryOf(environment), ...runner, ...program], reports: true };
}
