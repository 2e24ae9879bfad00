import { type Command, InvalidArgumentError } from 'commander';
import { positive, several } from './words.js';

/** `heatline receive`, and its options. */
export function receiving(program: Command): void {
  program
    .command('receive')
    .description("take what Datadog's, Pyroscope's and OpenTelemetry's profilers send, and write it as windows into a folder")
    .argument('<folder>', 'store to write to; it is made if it is not there')
    .option('--listen <place>', 'where to listen (127.0.0.1:4040), or unix:PATH; repeatable', several)
    .option('--token-file <file>', 'file with the token that clients must send (else HEATLINE_TOKEN); wanted beyond loopback')
    .option('--keep-bytes <bytes>', "what a service's windows may take, or none (1GiB)", bytes)
    .option('--keep-seconds <seconds>', 'how long they are kept, or none (a week)', lasting)
    .option('--max-body <bytes>', 'largest request (32MiB)', some)
    .option('--max-content <bytes>', 'what a request may unpack to (128MiB)', some)
    .option('--json', 'write one JSON value about it at the end')
    .action(async (folder: string, options) => (await import('./commands/receive.js')).receiveWindows(folder, options));
}

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `1048576`, `500MB`, `1.5GiB`; `none` is no limit. */
function bytes(text: string): number {
  if (text === 'none') return Number.POSITIVE_INFINITY;
  const [, figure, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)?$/i.exec(text) ?? [];
  const value = Math.round(Number(figure) * (BYTES[unit.toLowerCase()] ?? Number.NaN));
  if (!(value > 0)) throw new InvalidArgumentError('bytes are wanted, as in 500MB or 1GiB, or none for no limit');
  return value;
}

/** Seconds above 0; `none` is no limit. */
function lasting(text: string): number {
  return text === 'none' ? Number.POSITIVE_INFINITY : positive(text);
}

/** A limit that there must be. */
function some(text: string): number {
  const value = bytes(text);
  if (value === Number.POSITIVE_INFINITY) throw new InvalidArgumentError('bytes are wanted, as in 64MiB');
  return value;
}
