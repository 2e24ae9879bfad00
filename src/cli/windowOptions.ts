import { type Command, InvalidArgumentError } from 'commander';
import { secondsOrMoment, several } from './words.js';

/** Which windows of a folder are wanted, as options say it. */
export interface WindowOptions {
  readonly since?: string;
  readonly until?: string;
  readonly day?: string;
  /** Seconds since the first of them began, or a moment. */
  readonly from?: number | string;
  readonly to?: number | string;
  readonly service?: readonly string[];
  readonly serviceVersion?: readonly string[];
  readonly host?: readonly string[];
  readonly tag?: readonly string[];
  /** False: nothing is kept in the user's folder for caches. */
  readonly cache?: boolean;
}

/** The same of the base of a comparison; what is not said there is as of the new side. */
export interface AgainstOptions {
  readonly againstSince?: string;
  readonly againstUntil?: string;
  readonly againstDay?: string;
  readonly againstService?: readonly string[];
  readonly againstServiceVersion?: readonly string[];
  readonly againstHost?: readonly string[];
  readonly againstTag?: readonly string[];
}

const TIME = '2026-11-22T14:15 (UTC), -2h, today, yesterday';

/** Adds the options that choose windows. */
export function choosingWindows(command: Command): Command {
  const timed = command.options.some(({ long }) => long === '--from');
  command.optionsGroup('Which windows of a folder:');
  if (!timed)
    command
      .option('--from <time>', 'those that begin so many seconds after the first, or later; or as --since', secondsOrMoment)
      .option('--to <time>', 'those that begin before', secondsOrMoment);
  return command
    .option('--since <time>', `those that begin then or later: ${TIME}`)
    .option('--until <time>', 'those that begin before')
    .option('--day <day>', 'those of one day (UTC): 2026-11-22, today, yesterday')
    .option('--service <name>', 'those of this service; repeatable', several)
    .option('--service-version <version>', 'those of this version of it; repeatable', several)
    .option('--host <name>', 'those of this host; repeatable', several)
    .option('--tag <name=text>', "those that tell so, as in 'region=eu'; repeatable", tags)
    .option('--no-cache', 'read every window: keep and use no index and no sums')
    .optionsGroup('');
}

/** Adds those that choose the base of a comparison. */
export function choosingBase(command: Command): Command {
  return command
    .optionsGroup('Against which windows of the same folder (what is not said is as above):')
    .option('--against-since <time>', 'those that begin then or later')
    .option('--against-until <time>', 'those that begin before')
    .option('--against-day <day>', 'those of one day')
    .option('--against-service <name>', 'those of this service; repeatable', several)
    .option('--against-service-version <version>', 'those of this version; repeatable', several)
    .option('--against-host <name>', 'those of this host; repeatable', several)
    .option('--against-tag <name=text>', 'those that tell so; repeatable', tags)
    .optionsGroup('');
}

function tags(text: string, before: readonly string[] = []): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError("name=text is wanted, as in 'region=eu'");
  return several(text, before);
}
