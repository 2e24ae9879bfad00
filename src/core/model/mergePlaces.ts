import type { ProfileBuilder } from './builder.js';
import { GrowingInt32, GrowingUint32, GrowingUint64 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { Places } from './profile.js';

/** What the rows of one profile are called in the merged one; -1 is unknown yet. */
export interface PlaceMap {
  text(index: number): number;
  func(index: number): number;
  location(index: number): number;
  /** What `location` gave so far, -1 where it was not asked yet: for loops over millions of frames. */
  readonly locations: Int32Array;
}

/** Page by which the sizes of mappings may differ and still be the same binary. */
const PAGE = 4096n;

/**
 * Joins functions, mappings and places of many profiles. Like pprof's merge: the same binary may be loaded elsewhere in
 * every run, so mappings are the same when size, offset and build id (else file) are, and addresses count from their start.
 */
export class MergePlaces {
  private readonly index = new Interner();
  /** Of every merged location that is more than a place: its index, mapping, distance from its start, and its lines below. */
  private readonly location = new GrowingUint32();
  private readonly mapping = new GrowingInt32();
  private readonly distance = new GrowingUint64();
  private readonly first = new GrowingUint32();
  private readonly lineFunc = new GrowingUint32();
  private readonly lineNumber = new GrowingInt32();
  private readonly lineColumn = new GrowingInt32();
  private readonly mappings = new Map<string, number>();
  private readonly mappingStart: bigint[] = [];
  private last: { readonly run: object; readonly strings: readonly string[]; readonly map: MappedPlaces } | undefined;

  constructor(private readonly builder: ProfileBuilder) {}

  /** Maps the rows of one profile, each at first use; of the next one no more than is new, if it shares its places (`FrameColumns.run`). */
  map({ strings, functions, locations, lines, mappings }: Places, run: object | undefined): PlaceMap {
    // The profile itself is left alone: its samples would be kept for as long as the map is.
    const places: Places = { strings, functions, locations, lines, mappings };
    // One that has further texts of its own has others behind the shared ones.
    if (run !== undefined && this.last?.run === run && this.last.strings === strings) {
      this.last.map.continue(places);
      return this.last.map;
    }
    const map = new MappedPlaces(places, this.builder, this);
    if (run !== undefined) this.last = { run, strings, map };
    return map;
  }

  /** The merged mapping that a profile's is. @param text gives the merged index of its texts */
  addMapping({ mappings, strings }: Places, index: number, text: (index: number) => number): number {
    const start = mappings.start[index]!;
    const size = BigInt.asUintN(64, mappings.limit[index]! - start);
    const binary = strings[mappings.buildId[index]!]! || strings[mappings.file[index]!]!;
    const key = `${(size + PAGE - 1n) / PAGE} ${mappings.offset[index]} ${binary}`;
    let known = this.mappings.get(key);
    if (known === undefined) {
      const file = text(mappings.file[index]!);
      known = this.builder.mapping(file, text(mappings.buildId[index]!), start, mappings.limit[index]!, mappings.offset[index]!);
      this.mappings.set(key, known);
      this.mappingStart[known] = start;
    }
    return known;
  }

  /** The merged location that a profile's is. @param func gives the merged index of its functions */
  addLocation({ locations, lines, mappings }: Places, index: number, mapping: number, func: (index: number) => number): number {
    const address = locations.address?.[index] ?? 0n;
    const own = locations.mapping[index]!;
    const first = locations.firstLine[index]!;
    if (own < 0 && address === 0n && locations.firstLine[index + 1] === first + 1)
      return this.builder.place(
        func(lines.func[first]!),
        lines.line[first]!,
        lines.column?.[first] ?? 0,
        lines.endLine?.[first] ?? 0,
        lines.endColumn?.[first] ?? 0,
      );
    const distance = own < 0 || address === 0n ? address : BigInt.asUintN(64, address - mappings.start[own]!);
    const from = first;
    const to = locations.firstLine[index + 1]!;
    const start = this.lineFunc.length;
    let hash = mix(mix(mix(41, mapping), Number(distance & 0xffff_ffffn)), to - from);
    for (let line = from; line < to; line++) {
      const merged = func(lines.func[line]!);
      const number = lines.line[line]!;
      const column = lines.column?.[line] ?? 0;
      hash = mix(mix(mix(hash, merged), number), column);
      // Written behind the known ones: they stay there if the location is new.
      this.lineFunc.push(merged);
      this.lineNumber.push(number);
      this.lineColumn.push(column);
    }
    for (let row = this.index.first(hash); row >= 0; row = this.index.next()) {
      if (this.mapping.array[row] !== mapping || this.distance.array[row] !== distance || !this.sameLines(row, start, to - from)) continue;
      this.lineFunc.length = start;
      this.lineNumber.length = start;
      this.lineColumn.length = start;
      return this.location.array[row]!;
    }
    this.index.add(this.mapping.length);
    this.mapping.push(mapping);
    this.distance.push(distance);
    this.first.push(start);
    const end = start + to - from;
    const merged = mapping < 0 || address === 0n ? address : BigInt.asUintN(64, this.mappingStart[mapping]! + distance);
    const added = this.builder.location(
      mapping,
      merged,
      this.lineFunc.array.subarray(start, end),
      this.lineNumber.array.subarray(start, end),
      this.lineColumn.array.subarray(start, end),
    );
    this.location.push(added);
    return added;
  }

  private sameLines(row: number, start: number, count: number): boolean {
    const from = this.first.array[row]!;
    const to = row + 1 < this.first.length ? this.first.array[row + 1]! : start;
    if (to - from !== count) return false;
    for (let i = 0; i < count; i++) {
      if (this.lineFunc.array[from + i] !== this.lineFunc.array[start + i]) return false;
      if (this.lineNumber.array[from + i] !== this.lineNumber.array[start + i]) return false;
      if (this.lineColumn.array[from + i] !== this.lineColumn.array[start + i]) return false;
    }
    return true;
  }
}

/** What the rows of one profile, or of all of one run so far, are in the merged one. */
class MappedPlaces implements PlaceMap {
  private texts = new Int32Array(0);
  private funcs = new Int32Array(0);
  private mappings = new Int32Array(0);
  locations = new Int32Array(0);

  constructor(
    private places: Places,
    private readonly builder: ProfileBuilder,
    private readonly merged: MergePlaces,
  ) {
    this.continue(places);
  }

  /** The same rows with others behind them. */
  continue(places: Places): void {
    this.places = places;
    this.texts = withRoom(this.texts, places.strings.length);
    this.funcs = withRoom(this.funcs, places.functions.length);
    this.mappings = withRoom(this.mappings, places.mappings.length);
    this.locations = withRoom(this.locations, places.locations.length);
    // The main binary comes first by convention, and stays it.
    if (places.mappings.length > 0) this.mapping(places.mappings.main ?? 0);
  }

  readonly text = (index: number): number => {
    const { texts } = this;
    if (texts[index]! < 0) texts[index] = this.builder.string(this.places.strings[index]!);
    return texts[index]!;
  };

  readonly func = (index: number): number => {
    const { funcs } = this;
    if (funcs[index]! < 0) {
      const { name, systemName, file, startLine } = this.places.functions;
      funcs[index] = this.builder.func(this.text(name[index]!), this.text(systemName[index]!), this.text(file[index]!), startLine[index]!);
    }
    return funcs[index]!;
  };

  location(index: number): number {
    const { locations, places } = this;
    if (locations[index]! < 0)
      locations[index] = this.merged.addLocation(places, index, this.mapping(places.locations.mapping[index]!), this.func);
    return locations[index]!;
  }

  private mapping(index: number): number {
    if (index < 0) return -1;
    const { mappings } = this;
    if (mappings[index]! < 0) mappings[index] = this.merged.addMapping(this.places, index, this.text);
    return mappings[index]!;
  }
}

/** What is unknown is -1. */
function withRoom(known: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (length <= known.length) return known;
  // One profile stands alone mostly; a run grows from file to file.
  const wider = new Int32Array(known.length === 0 ? length : Math.max(length, known.length * 2)).fill(-1);
  wider.set(known);
  return wider;
}
