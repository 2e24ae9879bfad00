import { type FlameFrame, frameOf } from './flame.js';
import type { FunctionTable } from './functionTable.js';
import { GrowingFloat64, GrowingInt32 } from './growing.js';
import { GrownNodes, GrownShape } from './grownNodes.js';
import { isLibrary, libraryFlags, packageOf } from './library.js';
import type { Profile } from './profile.js';
import type { TreeNodes } from './treeNodes.js';

/** What a node of the tree of files is. */
export type PartKind = 'package' | 'folder' | 'file' | 'function';

/** What a node of the tree of files stands for. Of functions the frame, of what holds others its name and path. */
export interface FilePart {
  readonly kind: PartKind;
  readonly frame: FlameFrame;
}

/** The self time of a view by package, folder, file and function: `func` of a node is a number for `part`. */
export interface FileTree {
  readonly nodes: TreeNodes;
  part(number: number): FilePart;
  /** Bytes that are held. */
  readonly bytes: number;
}

/** Package of functions that have no file. */
const NO_FILE = 'built-in';

/**
 * Divides self time by where the code lies. Own code hangs from the folder that all of it shares, libraries from their
 * package. A function has the self of `functionTable`; what the parts add up to is the whole of the view.
 * @param table the figures of functions in this view
 */
export function fileTree(profile: Profile, { self, sum }: Pick<FunctionTable, 'self' | 'sum'>): FileTree {
  const { functions, strings } = profile;
  const flags = libraryFlags(profile);
  const ownFiles = new Set<number>();
  for (let func = 0; func < functions.length; func++) if (self[func] !== 0 && flags[func] === 0) ownFiles.add(functions.file[func]!);
  const home = commonFolder(Array.from(ownFiles, (file) => strings[file]!));
  const parts = new Parts();
  /** Part of each file: its way is gone once, however many functions it has. */
  const partOf = new Map<number, number>();
  for (let func = 0; func < functions.length; func++) {
    if (self[func] === 0) continue;
    const file = functions.file[func]!;
    let at = partOf.get(file);
    if (at === undefined) {
      const frame = frameOf(profile, flags, func);
      at = -1;
      for (const { kind, name, path } of wayTo(frame, home)) at = parts.child(at, kind, name, path, frame);
      // Functions without a file have the package that their name tells.
      if (frame.file !== '' && frame.file !== '~') partOf.set(file, at);
    }
    parts.leaf(at, func, self[func]!);
  }
  return parts.done(sum, (func) => frameOf(profile, flags, func));
}

interface Step {
  readonly kind: PartKind;
  readonly name: string;
  readonly path: string;
}

/** Package or folder, folders below it, and the file. */
function wayTo({ file, name, library }: FlameFrame, home: readonly string[]): Step[] {
  if (file === '' || file === '~') return [{ kind: 'package', name: library && file === '' ? NO_FILE : packageOf(file, name), path: '' }];
  const pack = packageOf(file, name);
  const parts = file.split(/[\\/]/);
  const folder = parts.lastIndexOf(pack, -2);
  // A library that is one file, such as threading.py, has no folder of its own.
  const from = isLibrary(file) ? (folder >= 0 ? folder : parts.length - 1) : home.length - 1;
  const path = (to: number) => parts.slice(0, to + 1).join('/');
  const steps: Step[] = [];
  if (isLibrary(file)) steps.push({ kind: 'package', name: pack, path: path(from) });
  else if (home.length > 0) steps.push({ kind: 'folder', name: home.at(-1) || '/', path: home.join('/') });
  for (let i = from + 1; i < parts.length - 1; i++) steps.push({ kind: 'folder', name: parts[i]! || '/', path: path(i) });
  return [...steps, { kind: 'file', name: parts.at(-1)!, path: file }];
}

/** Parts of the longest folder that all files are in; names without a folder, such as a script's or `<string>`, say nothing. */
function commonFolder(files: readonly string[]): string[] {
  let common: string[] | undefined;
  for (const file of files) {
    const folder = file.split(/[\\/]/).slice(0, -1);
    if (folder.length === 0) continue;
    if (common === undefined) common = folder;
    let same = 0;
    while (same < common.length && common[same] === folder[same]) same++;
    common = common.slice(0, same);
  }
  return common ?? [];
}

/** The tree while it grows; parents come before their children. */
class Parts {
  /** What holds others. */
  private readonly holders: { readonly kind: PartKind; frame: FlameFrame }[] = [];
  /** Of each part: its row of `holders`, or `-1 - func`. */
  private readonly own = new GrowingInt32();
  private readonly parent = new GrowingInt32();
  private readonly self = new GrowingFloat64();
  private readonly known = new Map<string, number>();

  child(above: number, kind: PartKind, name: string, path: string, { library, package: pack }: FlameFrame): number {
    const key = `${above}\n${kind}\n${name}`;
    const found = this.known.get(key);
    if (found !== undefined) {
      // What holds own code anywhere is own code.
      const holder = this.holders[this.own.array[found]!]!;
      if (holder.frame.library && !library) holder.frame = { ...holder.frame, library };
      return found;
    }
    const frame = { func: -1, name, file: path, line: 0, library, package: pack };
    const at = this.add(above, this.holders.push({ kind, frame }) - 1, 0);
    this.known.set(key, at);
    return at;
  }

  leaf(above: number, func: number, self: number): void {
    this.add(above, -1 - func, self);
  }

  private add(above: number, own: number, self: number): number {
    this.parent.push(above);
    this.self.push(self);
    this.own.push(own);
    return this.own.length - 1;
  }

  done(sum: number, frameOf: (func: number) => FlameFrame): FileTree {
    const { holders } = this;
    const { parent, own, self } = this.joined();
    const shape = new GrownShape({ func: Uint32Array.from(parent.keys()), parent });
    const nodes = new GrownNodes(shape, { value: self, sum, minimum: 0 });
    const part = (number: number): FilePart => {
      const at = own[number]!;
      return at >= 0 ? holders[at]! : { kind: 'function', frame: frameOf(-1 - at) };
    };
    return { nodes, part, bytes: shape.bytes + nodes.bytes + own.byteLength };
  }

  /** A folder that is alone in its folder becomes one with it: `home/ada/shop`. Parts move up. */
  private joined() {
    const above = this.parent.done();
    const own = this.own.done();
    const self = this.self.done();
    const children = new Uint32Array(above.length);
    for (const part of above) if (part >= 0) children[part]!++;
    const place = new Int32Array(above.length);
    let length = 0;
    for (let part = 0; part < place.length; part++) {
      const outer = above[part]!;
      const one = own[part]! < 0 ? undefined : this.holders[own[part]!]!;
      const into = outer < 0 || one === undefined ? undefined : this.holders[own[place[outer]!]!]!;
      if (into?.kind === 'folder' && one?.kind === 'folder' && children[outer] === 1) {
        const name = into.frame.name === '/' ? `/${one.frame.name}` : `${into.frame.name}/${one.frame.name}`;
        into.frame = { ...into.frame, name, file: one.frame.file };
        place[part] = place[outer]!;
        continue;
      }
      place[part] = length;
      own[length] = own[part]!;
      self[length] = self[part]!;
      above[length++] = outer < 0 ? -1 : place[outer]!;
    }
    return { parent: above.slice(0, length), own: own.slice(0, length), self: self.slice(0, length) };
  }
}
