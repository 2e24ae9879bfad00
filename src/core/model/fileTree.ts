import type { CallTree } from './callTree.js';
import type { FlameFrame } from './flame.js';
import { frameOf } from './flame.js';
import { functionTable } from './functionTable.js';
import { GrowingInt32 } from './growing.js';
import { isLibrary, libraryFlags, packageOf } from './library.js';
import type { Profile, ViewSpec } from './profile.js';
import { orderDepthFirst } from './treeOrder.js';

/** What a node of the tree of files is. */
export type PartKind = 'package' | 'folder' | 'file' | 'function';

/** The self time of a view by package, folder, file and function: `tree.func` is a row of `parts`. */
export interface FileTree {
  readonly tree: CallTree;
  readonly parts: readonly { readonly kind: PartKind; readonly frame: FlameFrame }[];
}

/** Package of functions that have no file. */
const NO_FILE = 'built-in';

/**
 * Divides self time by where the code lies. Own code hangs from the folder that all of it shares, libraries from their
 * package. A function has the self of `functionTable`; what the parts add up to is the whole of the view.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function fileTree(profile: Profile, spec: ViewSpec): FileTree {
  const { self, sum } = functionTable(profile, spec);
  const { functions, strings } = profile;
  const flags = libraryFlags(profile);
  const used: number[] = [];
  for (let func = 0; func < functions.length; func++) if (self[func] !== 0) used.push(func);
  const home = commonFolder(used.filter((func) => flags[func] === 0).map((func) => strings[functions.file[func]!]!));
  const grown = new Parts();
  /** Part of each file: its way is gone once, however many functions it has. */
  const partOf = new Map<number, number>();
  const packages = new Map<number, string>();
  for (const func of used) {
    const file = functions.file[func]!;
    const known = partOf.get(file);
    if (known !== undefined) {
      const frame = {
        func,
        name: strings[functions.name[func]!]!,
        file: strings[file]!,
        line: functions.startLine[func]!,
        library: flags[func] === 1,
      };
      grown.leaf(known, { ...frame, package: packages.get(file)! }, self[func]!);
      continue;
    }
    const frame = frameOf(profile, flags, func);
    let at = -1;
    for (const { kind, name, path } of wayTo(frame, home)) at = grown.child(at, kind, name, path, frame);
    grown.leaf(at, frame, self[func]!);
    // Functions without a file have the package that their name tells.
    if (frame.file === '' || frame.file === '~') continue;
    partOf.set(file, at);
    packages.set(file, frame.package);
  }
  return { tree: grown.tree(sum), parts: grown.list };
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
  for (const file of new Set(files)) {
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
  readonly list: { kind: PartKind; frame: FlameFrame }[] = [];
  private readonly parent = new GrowingInt32();
  private readonly self: number[] = [];
  private readonly known = new Map<string, number>();

  child(above: number, kind: PartKind, name: string, path: string, { library, package: pack }: FlameFrame): number {
    const key = `${above}\n${kind}\n${name}`;
    const found = this.known.get(key);
    if (found !== undefined) {
      // What holds own code anywhere is own code.
      const { frame } = this.list[found]!;
      if (frame.library && !library) this.list[found]!.frame = { ...frame, library };
      return found;
    }
    const at = this.add(above, kind, { func: -1, name, file: path, line: 0, library, package: pack }, 0);
    this.known.set(key, at);
    return at;
  }

  leaf(above: number, frame: FlameFrame, self: number): void {
    this.add(above, 'function', frame, self);
  }

  private add(above: number, kind: PartKind, frame: FlameFrame, self: number): number {
    this.parent.push(above);
    this.self.push(self);
    return this.list.push({ kind, frame }) - 1;
  }

  tree(sum: number): CallTree {
    const { parent, length } = this.joined();
    const self = Float64Array.from({ length }, (_, part) => this.self[part]!);
    const total = self.slice();
    for (let part = length - 1; part >= 0; part--) if (parent[part]! >= 0) total[parent[part]!]! += total[part]!;
    const func = Uint32Array.from(this.list.keys());
    const grown = { length, func, parent, self, total, calls: undefined, sum, estimate: false, cut: false };
    return orderDepthFirst(grown, { minimum: 0, depth: Number.POSITIVE_INFINITY });
  }

  /** A folder that is alone in its folder becomes one with it: `home/ada/shop`. Parts move up, and `list` and `self` with them. */
  private joined(): { readonly parent: Int32Array; readonly length: number } {
    const above = this.parent.done();
    const children = new Uint32Array(above.length);
    for (const part of above) if (part >= 0) children[part]!++;
    const place = new Int32Array(above.length);
    const parent = new Int32Array(above.length);
    let length = 0;
    for (let part = 0; part < above.length; part++) {
      const outer = above[part]!;
      const one = this.list[part]!;
      const into = outer < 0 ? undefined : this.list[place[outer]!]!;
      if (into?.kind === 'folder' && one.kind === 'folder' && children[outer] === 1) {
        const name = into.frame.name === '/' ? `/${one.frame.name}` : `${into.frame.name}/${one.frame.name}`;
        into.frame = { ...into.frame, name, file: one.frame.file };
        place[part] = place[outer]!;
        continue;
      }
      place[part] = length;
      parent[length] = outer < 0 ? -1 : place[outer]!;
      this.self[length] = this.self[part]!;
      this.list[length++] = one;
    }
    this.list.length = length;
    return { parent: parent.subarray(0, length), length };
  }
}
