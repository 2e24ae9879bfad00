// Windows as agents write them, made here: with what they hold known to the unit.
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { keyOf, windowName } from '../../src/windows/names.js';

export const MINUTE = 60_000_000_000n;
/** 2026-11-21, 00:00 UTC. */
export const DAY = BigInt(Date.UTC(2026, 10, 21)) * 1_000_000n;

export interface Made {
  readonly minute: number;
  readonly service?: string;
  readonly version?: string;
  readonly host?: string;
  readonly processId?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly samples: readonly MadeSample[];
  /** Beside the root, as the agent does it, or below keys of day and service. */
  readonly flat?: boolean;
}

export interface MadeSample {
  /** Root first, between blanks. */
  readonly stack: string;
  readonly wall: number | bigint;
  readonly cpu?: number | bigint;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A window's bytes. */
export function windowBytes({ minute, service, version, host, processId, tags = {}, samples }: Made): Uint8Array {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  for (const { stack, wall, cpu = 0, labels = {} } of samples) {
    const places = stack.split(' ').map((name) => {
      const text = builder.string(name);
      return builder.place(builder.func(text, text, builder.string('/srv/shop.py'), 1), 7);
    });
    builder.sampleFrames(places.toReversed(), places.length, [wall, cpu], builder.thread('MainThread'));
    for (const [key, text] of Object.entries(labels)) builder.label(builder.string(key), builder.string(text), 0, builder.string(''));
  }
  const told = { service, version, host, process_id: processId, ...tags, profile_seq: minute };
  for (const [name, text] of Object.entries(told)) if (text !== undefined) builder.comment(`${name}=${text}`);
  builder.set({ timeNanos: DAY + BigInt(minute) * MINUTE, durationNanos: Number(MINUTE), defaultType: 1 });
  return writePprof(builder.finish());
}

/** Writes a window that seems to be an hour old, so that nothing waits for it to settle. @returns its path below the root */
export function putWindow(root: string, made: Made): string {
  const { minute, service = 'none', host = 'none', processId = 1, flat } = made;
  const naming = { startNanos: DAY + BigInt(minute) * MINUTE, service, host, processId, writer: '9f3a2c', sequence: minute + 1 };
  const path = flat ? windowName(naming) : keyOf(naming);
  put(root, path, windowBytes(made));
  return path;
}

export function put(root: string, path: string, bytes: Uint8Array | string, secondsAgo = 3600): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  const then = Date.now() / 1000 - secondsAgo;
  utimesSync(file, then, then);
}
