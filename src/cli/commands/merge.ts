import { formatCount } from '../../core/model/units.js';
import { infoJson } from '../../core/report/info.js';
import { reportLine, say } from '../failure.js';
import { expandFiles } from '../files.js';
import { folderOf, mergeInputs } from '../input.js';
import { checkOutput, printJson } from '../output.js';
import type { WindowOptions } from '../windowOptions.js';
import { lookInto, mergeChosen, refuseTimes } from '../windows.js';
import { writeProfile, writerFor } from '../writer.js';

export interface MergeOptions extends WindowOptions {
  readonly output: string;
  readonly format?: string;
  readonly keepGoing?: boolean;
  readonly json?: boolean;
}

/** `heatline merge FILES… -o OUT`: adds up profiles, of which only one at a time is in memory; or windows of a folder. */
export async function merge(words: readonly string[], options: MergeOptions): Promise<void> {
  const folder = folderOf(words, options);
  if (folder !== undefined) return mergeFolder(folder, options);
  refuseTimes(words[0]!, options);
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

async function mergeFolder(folder: string, options: MergeOptions): Promise<void> {
  const format = writerFor(options.output, options.format);
  checkOutput(options.output);
  const { profile, windows } = await mergeChosen(folder, await lookInto(folder, options));
  await writeProfile(profile, format, options.output);
  if (options.json) await printJson({ output: options.output, files: windows, ...infoJson(profile) });
}
