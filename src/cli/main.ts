import { isMainThread, workerData } from 'node:worker_threads';
import { CommanderError } from 'commander';
import { isWindowThread, runWindowThread } from '../windows/threads.js';
import { report } from './failure.js';
import { safeOutput } from './output.js';
import { buildProgram } from './program.js';

async function main(argv: string[]): Promise<void> {
  safeOutput();
  // Never a stack trace, wherever an error comes from.
  process.on('uncaughtException', (error) => process.exit(report(error)));
  const program = buildProgram();
  try {
    if (argv.length <= 2) program.help({ error: true });
    await program.parseAsync(argv);
  } catch (error) {
    // Commander has told what is wrong already; help and version are no mistakes.
    process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : report(error);
  }
}

// One bundle, several roles: the command, and threads that add up many files, look into windows, or make windows of what was received.
if (isMainThread) void main(process.argv);
else if (isWindowThread(workerData)) runWindowThread();
else if (workerData?.heatlineReceive === true) void import('../receive/threads.js').then(({ runReceiveThread }) => runReceiveThread());
else void import('./mergeThreads.js').then(({ runMergeJob }) => runMergeJob(workerData));
