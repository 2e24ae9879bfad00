import type { HelpConfiguration } from 'commander';
import { hasColours } from './terminal.js';

export const EXIT_STATUSES = `
Examples:
  heatline record -o run.pb.gz -- python3 app.py
  heatline top run.pb.gz -n 10
  heatline list run.pb.gz parse
  heatline diff before.pb.gz after.pb.gz --fail-on 'total>5%'

Exit status:
  0  done
  1  a --fail-on rule held
  2  wrong usage
  3  an input cannot be read
  4  an engine cannot run
  record exits as the recorded program did

Files are recognised by their content, packed or not.
`;

const bold = (text: string): string => (hasColours(process.stdout) ? `\u001b[1m${text}\u001b[22m` : text);

/** Help as people read it: commands in groups, in the order in which one needs them. */
export const helpStyle: HelpConfiguration = {
  styleTitle: bold,
  styleCommandText: (text) => text,
  subcommandTerm: (command) => command.name(),
};

/** What is wrong with the words of a command line, as one line. */
export function writeError(text: string, write: (text: string) => void): void {
  const sentence = text.replace(/^error: /, 'heatline: ').trim();
  write(`${sentence.replace(/\s*\n\s*/g, ' ')}\n`);
}
