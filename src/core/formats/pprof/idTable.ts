import type { Integer } from './wire.js';

/** Rows by their 64-bit ids: a dense table where ids are small (as everyone writes them), else a Map. */
export class IdTable {
  /** Row + 1, by id; 0 for unknown. */
  readonly dense: Int32Array;
  private readonly sparse: Map<Integer, number> | undefined;

  /** @param base row of the first id */
  constructor(ids: readonly Integer[], base = 0) {
    let largest = 0;
    for (const id of ids) largest = typeof id === 'bigint' ? Number.POSITIVE_INFINITY : Math.max(largest, id);
    if (largest <= ids.length * 4 + 1024) {
      this.dense = new Int32Array(largest + 1);
      for (let row = 0; row < ids.length; row++) this.dense[ids[row] as number] = base + row + 1;
    } else {
      this.dense = new Int32Array(0);
      this.sparse = new Map();
      for (let row = 0; row < ids.length; row++) this.sparse.set(ids[row]!, base + row + 1);
    }
  }

  /** Row of an id, -1 for unknown. */
  row(id: Integer): number {
    if (this.sparse !== undefined) return (this.sparse.get(id) ?? 0) - 1;
    return typeof id === 'number' && id < this.dense.length ? this.dense[id]! - 1 : -1;
  }
}
