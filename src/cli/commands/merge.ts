import { formatCount } from '../../core/model/units.js';
import { infoJson } from '../../core/report/info.js';
import { reportLine, say } from '../failure.js';
import { expandFiles } from '../files.js';
import { mergeInputs } from '../input.js';
import { checkOutput, printJson } from '../output.js';
import { writeProfile, writerFor } from '../writer.js';

export interface MergeOptions {
  readonly output: string;
  readonly format?: string;
  readonly keepGoing?: boolean;
  readonly json?: boolean;
}

/** `heatline merge FILES… -o OUT`: adds up profiles, of which only one at a time is in memory. */
export async function merge(words: readonly string[], options: MergeOptions): Promise<void> {
  const files = expandFiles(words);
  const format = writerFor(options.output, options.format);
  checkOutput(options.output, files);
  let failed = 0;
  const skip = (error: Error) => {
    failed++;
    say(`${reportLine(error)}, left out`);
  };
  const profile = await mergeInputs(files, options.keepGoing ? skip : undefined);
  await writeProfile(profile, format, options.output);
  if (options.json) await printJson({ output: options.output, files: files.length - failed, ...infoJson(profile) });
  else if (failed > 0) say(`${formatCount(failed)} of ${formatCount(files.length)} inputs were left out`);
}
