/** What the first line of a sample in perf's text says. */
export interface PerfHeader {
  readonly command: string;
  /** '' where the line has none. */
  readonly process: string;
  readonly thread: string;
  /** Nanoseconds; NaN where the line has none. */
  readonly time: number;
  /** What the sample weighs, in units of the event; NaN where the line has none. */
  readonly period: number;
  /** Without modifiers (`cycles:u`); '' where the line has none. */
  readonly event: string;
  /** What follows the event: the only frame of a sample without a call graph, or what a tracepoint says. */
  readonly rest: string;
}

/** Longest line looked at; tracepoints say much, but at the end. */
const MAX = 1024;
/** A name is followed by a number of a process; what follows an event that is a number was none. */
const FULL =
  /^(.*?)(?:^| )(-?\d+)(?:\/(-?\d+))? (?:\[\d+\] )?(?:[.\w]{4,5} (?=\d))?(?:(\d+)\.(\d+): ?)?(?:(\d+) )?((?![\d.]+:)[^ ]*[^ :]):(?: (.*))?$/;
const NO_EVENT = /^(.*?)(?:^| )(-?\d+)(?:\/(-?\d+))?(?: \[\d+\])?(?: (\d+)\.(\d+):)?()()$/;
const NO_THREAD = /^(.*?)()()(?:(?:^| )(\d+)\.(\d+):)(?: (\d+))?(?: ((?![\d.]+:)[^ ]*[^ :]):)?(?: (.*))?$/;
const EVENT = /^()()()()()(?:(\d+) )?((?![\d.]+:)[^ ]*[^ :]):(?: (.*))?$/;
const FORMS = [FULL, NO_EVENT, NO_THREAD, EVENT];
/** `:u`, `:ppp`, … say where was counted, not what. */
const MODIFIERS = /:[ukhHGpPSDWIe]+$/;

/**
 * Understands `command pid/tid [cpu] seconds: period event:` in the forms that `perf script` and its `-F` make; undefined for other
 * text. Commands may hold spaces and numbers: the first reading that makes sense of the whole line is taken.
 */
export function parsePerfHeader(line: string): PerfHeader | undefined {
  const text = line.slice(0, MAX).replace(/\s+/g, ' ').trim();
  for (const form of FORMS) {
    const parts = form.exec(text);
    if (parts === null) continue;
    const [, command = '', first = '', second, seconds, fraction, period, event = '', rest = ''] = parts;
    const time =
      seconds === undefined || seconds === '' ? Number.NaN : Number(seconds) * 1e9 + Number((fraction ?? '').padEnd(9, '0').slice(0, 9));
    return {
      command: command.trim(),
      process: second === undefined || second === '' ? '' : first,
      thread: second === undefined || second === '' ? first : second,
      time,
      period: period === undefined || period === '' ? Number.NaN : Number(period),
      event: event.replace(MODIFIERS, ''),
      rest,
    };
  }
  return undefined;
}
