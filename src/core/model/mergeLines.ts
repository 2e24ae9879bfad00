import type { ProfileBuilder } from './builder.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { PlaceMap } from './mergePlaces.js';
import type { LineCostColumns } from './profile.js';

/** Sums per line of many profiles: those of the same value type, function and line add up. */
export class MergeLines {
  private readonly index = new Interner();
  private readonly type = new GrowingUint32();
  private readonly func = new GrowingUint32();
  private readonly file = new GrowingUint32();
  private readonly line = new GrowingInt32();
  private readonly self = new GrowingFloat64();
  private readonly total = new GrowingFloat64();
  /** -1 as long as nobody knew them. */
  private readonly calls = new GrowingFloat64();

  /** @param type merged index of the value type */
  add(costs: LineCostColumns, type: number, places: PlaceMap): void {
    for (let i = 0; i < costs.length; i++) {
      const row = this.row(type, places.func(costs.func[i]!), places.text(costs.file[i]!), costs.line[i]!);
      this.self.array[row]! += costs.self[i]!;
      this.total.array[row]! += costs.total[i]!;
      const calls = costs.calls[i]!;
      if (calls >= 0) this.calls.array[row] = Math.max(0, this.calls.array[row]!) + calls;
    }
  }

  pour(builder: ProfileBuilder): void {
    for (let row = 0; row < this.type.length; row++) {
      builder.lineCost(
        this.type.array[row]!,
        this.func.array[row]!,
        this.line.array[row]!,
        this.self.array[row]!,
        this.total.array[row]!,
        this.calls.array[row]!,
        this.file.array[row]!,
      );
    }
  }

  private row(type: number, func: number, file: number, line: number): number {
    const { index } = this;
    const same = (row: number) =>
      this.type.array[row] === type && this.func.array[row] === func && this.file.array[row] === file && this.line.array[row] === line;
    let row = index.first(mix(mix(mix(mix(59, type), func), file), line));
    while (row >= 0 && !same(row)) row = index.next();
    if (row >= 0) return row;
    row = this.type.length;
    index.add(row);
    this.type.push(type);
    this.func.push(func);
    this.file.push(file);
    this.line.push(line);
    this.self.push(0);
    this.total.push(0);
    this.calls.push(-1);
    return row;
  }
}
