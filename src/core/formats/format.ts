import type { ProfileBuilder } from '../model/builder.js';
import type { Profile } from '../model/profile.js';

/** Content in order, unpacked; a piece is valid until the next one. Going through it may throw anything: `bytes` then tells what is wrong. */
export interface Pieces extends AsyncIterable<Uint8Array> {
  /** Its first 4 KiB. */
  readonly head: Uint8Array;
  /** Bytes of the whole, as the file claims. */
  readonly size: number;
}

/** A profile's bytes. Small files arrive whole; readers of large ones may take `pieces`. */
export interface Source {
  /** Display name, used in messages only. */
  readonly name: string;
  readonly size: number;
  /** Whole content, unpacked if it was gzip or zstd; throws ReadError when over the memory bound. */
  bytes(): Promise<Uint8Array>;
  /** For readers that need not have the whole in memory; undefined where it must be. */
  pieces?(): Pieces | undefined;
  /** Where the packed data ended too early, once `bytes` was asked for: it gave only the beginning. */
  readonly cutAt?: number | undefined;
}

/** Progress (0..1) and cancellation, checked now and then by readers. */
export interface ReadControl {
  readonly signal?: AbortSignal;
  progress?(fraction: number): void;
  /** One object for all the files that somebody reads one after another: what a file repeats of the one before is then read once. */
  readonly run?: object;
}

/** Receives what a writer makes, in order. */
export interface Sink {
  write(chunk: Uint8Array): void | Promise<void>;
}

/** A profile file format: one file in this folder and one line in `index.ts`. */
export interface Format {
  readonly id: string;
  readonly label: string;
  readonly globs: readonly string[];
  /** Likelihood 0..1 from the first 4 KiB and the last 64 bytes (already unpacked). Never throws. */
  sniff(head: Uint8Array, name: string, tail: Uint8Array): number;
  /** Fills the builder; throws only ReadError. */
  read(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void>;
  /** Absent when we only read the format. */
  write?(profile: Profile, sink: Sink): Promise<void>;
}
