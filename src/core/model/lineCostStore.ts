import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import type { LineCostColumns } from './profile.js';

/** Sums per line of one value type while they are being read: see `LineCostColumns`. */
export class LineCostStore {
  private readonly func = new GrowingUint32();
  private readonly file = new GrowingUint32();
  private readonly line = new GrowingInt32();
  private readonly self = new GrowingFloat64();
  private readonly total = new GrowingFloat64();
  private readonly calls = new GrowingFloat64();

  constructor(readonly type: number) {}

  add(func: number, file: number, line: number, self: number, total: number, calls: number): void {
    this.func.push(func);
    this.file.push(file);
    this.line.push(line);
    this.self.push(self);
    this.total.push(total);
    this.calls.push(calls);
  }

  done(): LineCostColumns {
    return {
      type: this.type,
      length: this.func.length,
      func: this.func.done(),
      file: this.file.done(),
      line: this.line.done(),
      self: this.self.done(),
      total: this.total.done(),
      calls: this.calls.done(),
    };
  }
}
