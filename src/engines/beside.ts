import type { LaunchPlan } from './engine.js';
import { shellQuoted } from './shellQuote.js';

/**
 * The arguments that start a tool beside a program, pure: a shell starts the tool, which joins the shell's own number, waits until it
 * is ready, and becomes the program. So streams, terminal, signals and exit status are the program's own, and the tool is neither its
 * child nor in the terminal's group. For Linux.
 * @param tool words of the tool; `{pid}` stands for the number of the program
 * @param ready file that is not empty once the tool records; the program does not wait for a tool that has ended
 */
export function besideProgram(tool: readonly string[], program: readonly string[], output: string, ready: string): readonly string[] {
  const words = tool.map((word) => (word === '{pid}' ? '$$' : shellQuoted(word))).join(' ');
  const helper = shellQuoted(helperFile({ output }));
  const script = [
    `(setsid ${words} </dev/null >${shellQuoted(saidFile({ output }))} 2>&1 & echo $! >${helper})`,
    `while [ ! -s ${shellQuoted(ready)} ] && kill -0 "$(cat ${helper})" 2>/dev/null; do sleep 0.02; done`,
    'exec "$@"',
  ].join('\n');
  return ['/bin/sh', '-c', script, 'sh', ...program];
}

/** Where the number of the process that records beside the program stands. */
export const helperFile = ({ output }: Pick<LaunchPlan, 'output'>): string => `${output}.helper`;

/** What a tool that is not to be heard prints. */
export const saidFile = ({ output }: Pick<LaunchPlan, 'output'>): string => `${output}.said`;
