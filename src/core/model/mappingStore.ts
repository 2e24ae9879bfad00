import { GrowingUint32, GrowingUint64 } from './growing.js';
import type { MappingColumns } from './profile.js';

/** Mapped files while they are being read: see `MappingColumns`. */
export class MappingStore {
  private readonly file = new GrowingUint32();
  private readonly buildId = new GrowingUint32();
  private readonly start = new GrowingUint64();
  private readonly limit = new GrowingUint64();
  private readonly offset = new GrowingUint64();

  get length(): number {
    return this.file.length;
  }

  /** @returns the row */
  add(file: number, buildId: number, start: bigint, limit: bigint, offset: bigint): number {
    this.file.push(file);
    this.buildId.push(buildId);
    this.start.push(start);
    this.limit.push(limit);
    this.offset.push(offset);
    return this.file.length - 1;
  }

  done(): MappingColumns {
    return {
      length: this.file.length,
      file: this.file.done(),
      buildId: this.buildId.done(),
      start: this.start.done(),
      limit: this.limit.done(),
      offset: this.offset.done(),
    };
  }
}
