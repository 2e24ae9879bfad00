import { GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import { checkRoom } from './limits.js';
import type { FunctionColumns } from './profile.js';

/** Functions while they are being read: see `FunctionColumns`. */
export class FunctionStore {
  private readonly index = new Interner();
  private readonly name = new GrowingUint32();
  private readonly systemName = new GrowingUint32();
  private readonly file = new GrowingUint32();
  private readonly start = new GrowingInt32();

  get length(): number {
    return this.name.length;
  }

  nameOf(func: number): number {
    return this.name.array[func]!;
  }

  /** 0 for a function that is not there. */
  fileOf(func: number): number {
    return this.file.array[func] ?? 0;
  }

  /** Row of the function with this name, file and first line; the first systemName stays. Arguments were checked. @throws ReadError */
  intern(name: number, systemName: number, file: number, start: number): number {
    const hash = mix(mix(mix(17, name), file), start);
    const { index } = this;
    for (let row = index.first(hash); row >= 0; row = index.next()) {
      if (this.name.array[row] === name && this.file.array[row] === file && this.start.array[row] === start) return row;
    }
    const row = this.name.length;
    checkRoom('functions', row);
    index.add(row);
    this.name.push(name);
    this.systemName.push(systemName);
    this.file.push(file);
    this.start.push(start);
    return row;
  }

  done(): FunctionColumns {
    return {
      length: this.name.length,
      name: this.name.done(),
      systemName: this.systemName.done(),
      file: this.file.done(),
      startLine: this.start.done(),
    };
  }
}
