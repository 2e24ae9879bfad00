import { ReadError } from '../../errors.js';
import { PickleInput } from './input.js';
import { Op } from './opcodes.js';
import { PickleClass, PickleDict, PickleObject, type PickleValue } from './values.js';

/** How many lists, tuples, dicts and objects a pickle may make, remember, and have in hands at once: what a machine can hold. */
const MAX_OBJECTS = 12_000_000;
const MAX_MEMO = 2 ** 25;
const MAX_STACK = 2 ** 22;
/** Numbers for remembering are given one after the other, with gaps at most where a pickle was made smaller. */
const MAX_GAP = 1000;
/** Instructions between two pauses. */
const STRIDE = 2 ** 20;

/** What protocols 0 and 1 call to make an object, `(class, base, state)`, and what protocol 2 may. */
const MAKERS = new Set(['copy_reg._reconstructor', 'copyreg._reconstructor', 'copy_reg.__newobj__', 'copyreg.__newobj__']);
const BASES = new Set(['__builtin__.object', 'builtins.object']);

/**
 * Reads a pickle (protocols 0–5; Lib/pickletools.py describes the instructions) as plain data. It is a machine with a stack and
 * a memory that knows no functions: names that are not in `allowed` end the reading, objects become their attributes.
 * @param allowed names of classes, `module.Name`
 * @param pause called now and then with the share that is done
 * @param most lists, tuples, dicts and objects that it may make
 * @throws ReadError
 */
export async function readPickle(
  bytes: Uint8Array,
  allowed: ReadonlySet<string>,
  pause: (share: number) => Promise<void>,
  most = MAX_OBJECTS,
): Promise<PickleValue> {
  const machine = new PickleMachine(new PickleInput(bytes), allowed, most);
  while (!machine.run(STRIDE)) await pause(machine.input.at / bytes.length);
  return machine.pop();
}

class PickleMachine {
  private readonly stack: PickleValue[] = [];
  /** Heights of the stack at the marks. */
  private readonly marks: number[] = [];
  private readonly memo: PickleValue[] = [];
  private remembered = 0;
  private objects = 0;

  constructor(
    readonly input: PickleInput,
    private readonly allowed: ReadonlySet<string>,
    private readonly most: number,
  ) {}

  /** Does up to `count` instructions; true at the end of the pickle. */
  run(count: number): boolean {
    for (let i = 0; i < count; i++) {
      const at = this.input.at;
      const op = this.input.uint8();
      if (op === Op.stop) return true;
      if (!this.data(op) && !this.structure(op) && !this.memory(op)) {
        this.input.fail(`instruction 0x${op.toString(16).padStart(2, '0')} is unknown or not allowed`, at);
      }
    }
    return false;
  }

  pop(): PickleValue {
    const floor = this.marks.at(-1) ?? 0;
    if (this.stack.length <= floor) this.input.fail('a value is missing');
    return this.stack.pop()!;
  }

  private push(value: PickleValue): true {
    if (this.stack.length >= MAX_STACK) throw tooLarge(this.input.at);
    this.stack.push(value);
    return true;
  }

  /** The same for what is not plain: such things are counted. */
  private made(value: PickleValue): true {
    if (++this.objects > this.most) throw tooLarge(this.input.at);
    return this.push(value);
  }

  private top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** Everything above the last mark. */
  private toMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) return this.input.fail('a mark is missing');
    return this.stack.splice(mark);
  }

  /** Numbers, texts and constants. */
  private data(op: number): boolean {
    const { input } = this;
    switch (op) {
      case Op.none:
        return this.push(null);
      case Op.newTrue:
        return this.push(true);
      case Op.newFalse:
        return this.push(false);
      case Op.binInt:
        return this.push(input.int32());
      case Op.binInt1:
        return this.push(input.uint8());
      case Op.binInt2:
        return this.push(input.uint16());
      case Op.long1:
        return this.push(input.long(input.uint8()));
      case Op.long4:
        return this.push(input.long(input.int32()));
      case Op.binFloat:
        return this.push(input.float64());
      case Op.int:
      case Op.long:
        return this.push(input.decimal());
      case Op.float:
        return this.push(input.decimalFloat());
      case Op.shortBinUnicode:
      case Op.shortBinString:
        return this.push(input.text(input.uint8()));
      case Op.binUnicode:
        return this.push(input.text(input.uint32()));
      case Op.binString:
        return this.push(input.text(input.int32()));
      case Op.binUnicode8:
        return this.push(input.text(input.uint64()));
      case Op.unicode:
        return this.push(input.escaped());
      case Op.string:
        return this.push(input.quoted());
      case Op.shortBinBytes:
        return this.made(input.take(input.uint8()));
      case Op.binBytes:
        return this.made(input.take(input.uint32()));
      case Op.binBytes8:
      case Op.byteArray8:
        return this.made(input.take(input.uint64()));
      default:
        return false;
    }
  }

  /** Lists, tuples, dicts, sets (as lists), classes and objects. */
  private structure(op: number): boolean {
    switch (op) {
      case Op.mark:
        if (this.marks.length >= MAX_STACK) throw tooLarge(this.input.at);
        this.marks.push(this.stack.length);
        return true;
      case Op.emptyTuple:
      case Op.emptyList:
      case Op.emptySet:
        return this.made([]);
      case Op.tuple1:
        return this.made([this.pop()]);
      case Op.tuple2: {
        const second = this.pop();
        return this.made([this.pop(), second]);
      }
      case Op.tuple3: {
        const third = this.pop();
        const second = this.pop();
        return this.made([this.pop(), second, third]);
      }
      case Op.tuple:
      case Op.list:
      case Op.frozenSet:
        return this.made(this.toMark());
      case Op.append: {
        const value = this.pop();
        this.listOnTop().push(value);
        return true;
      }
      case Op.appends:
      case Op.addItems: {
        const items = this.toMark();
        const list = this.listOnTop();
        for (const item of items) list.push(item);
        return true;
      }
      case Op.emptyDict:
        return this.made(new PickleDict());
      case Op.dict: {
        const items = this.toMark();
        const dict = new PickleDict();
        this.fill(dict, items);
        return this.made(dict);
      }
      case Op.setItem: {
        const value = this.pop();
        const key = this.pop();
        this.fill(this.dictOnTop(), [key, value]);
        return true;
      }
      case Op.setItems: {
        const items = this.toMark();
        this.fill(this.dictOnTop(), items);
        return true;
      }
      case Op.global:
        return this.push(this.classOf(this.input.line(), this.input.line()));
      case Op.stackGlobal: {
        const name = this.pop();
        const module = this.pop();
        if (typeof name !== 'string' || typeof module !== 'string') return this.input.fail('the name of a class is none');
        return this.push(this.classOf(module, name));
      }
      case Op.newObj:
      case Op.reduce: {
        const args = this.pop();
        return this.construct(this.pop(), args);
      }
      case Op.newObjEx: {
        this.pop();
        const args = this.pop();
        return this.construct(this.pop(), args);
      }
      case Op.obj: {
        const [made, ...args] = this.toMark();
        return this.construct(made ?? null, args);
      }
      case Op.inst: {
        const made = this.classOf(this.input.line(), this.input.line());
        return this.construct(made, this.toMark());
      }
      case Op.build:
        return this.build(this.pop());
      default:
        return false;
    }
  }

  /** The stack itself, and what is remembered. */
  private memory(op: number): boolean {
    const { input } = this;
    switch (op) {
      case Op.pop:
        if (this.marks.at(-1) === this.stack.length) this.marks.pop();
        else this.pop();
        return true;
      case Op.popMark:
        this.toMark();
        return true;
      case Op.dup:
        return this.push(this.top());
      case Op.memoize:
        return this.remember(this.remembered);
      case Op.binPut:
        return this.remember(input.uint8());
      case Op.longBinPut:
        return this.remember(input.uint32());
      case Op.put:
        return this.remember(Number(input.decimal()));
      case Op.binGet:
        return this.recall(input.uint8());
      case Op.longBinGet:
        return this.recall(input.uint32());
      case Op.get:
        return this.recall(Number(input.decimal()));
      case Op.proto: {
        const version = input.uint8();
        if (version > 5)
          throw new ReadError('unsupported', `It is a pickle of protocol ${version}; protocols up to 5 are known.`, input.at);
        return true;
      }
      case Op.frame:
        // Only tells how much to read ahead.
        input.uint64();
        return true;
      default:
        return false;
    }
  }

  private remember(index: number): true {
    if (!(index >= 0 && index <= this.memo.length + MAX_GAP)) return this.input.fail('a number for remembering is too large');
    if (++this.remembered > MAX_MEMO) throw tooLarge(this.input.at);
    this.memo[index] = this.top();
    return true;
  }

  private recall(index: number): true {
    const value = this.memo[index];
    if (value === undefined) return this.input.fail(`nothing is remembered as ${index}`);
    return this.push(value);
  }

  private listOnTop(): PickleValue[] {
    const value = this.top();
    return Array.isArray(value) ? value : this.input.fail('something is added to what is no list');
  }

  private dictOnTop(): PickleDict {
    const value = this.top();
    return value instanceof PickleDict ? value : this.input.fail('something is put into what is no dict');
  }

  private fill(dict: PickleDict, items: PickleValue[]): void {
    if (items.length % 2 !== 0) this.input.fail('a key has no value');
    for (let i = 0; i < items.length; i += 2) {
      dict.keys.push(items[i]!);
      dict.values.push(items[i + 1]!);
    }
  }

  private classOf(module: string, name: string): PickleClass {
    const full = `${module}.${name}`;
    if (this.allowed.has(full) || MAKERS.has(full) || BASES.has(full)) return new PickleClass(full);
    const shown = full.length > 100 ? `${full.slice(0, 100)}…` : full;
    throw new ReadError(
      'unsupported',
      `It is a pickle that asks for ${JSON.stringify(shown)}, which no profile needs; nothing was run.`,
      this.input.at,
    );
  }

  /** An object of a class, or of the class that a maker is given. */
  private construct(made: PickleValue, args: PickleValue): true {
    let of = made;
    if (of instanceof PickleClass && MAKERS.has(of.name)) of = Array.isArray(args) ? (args[0] ?? null) : null;
    if (!(of instanceof PickleClass) || !this.allowed.has(of.name)) return this.input.fail('an object is made of what is no class');
    return this.made(new PickleObject(of.name));
  }

  /** Attributes: a dict, or (dict or None, dict of slots). */
  private build(state: PickleValue): true {
    const object = this.top();
    if (!(object instanceof PickleObject)) return this.input.fail('attributes are given to what is no object');
    const parts = Array.isArray(state) && state.length === 2 ? state : [state];
    for (const part of parts) {
      if (part === null) continue;
      if (!(part instanceof PickleDict)) return this.input.fail('the attributes of an object are no dict');
      object.attributes = part;
    }
    return true;
  }
}

function tooLarge(at: number): ReadError {
  return new ReadError('too-large', 'The pickle builds more than can be held.', at);
}
