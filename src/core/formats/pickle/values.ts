/** What a pickle builds here: plain data, never code. */
export type PickleValue = null | boolean | number | bigint | string | Uint8Array | PickleValue[] | PickleDict | PickleClass | PickleObject;

/** A dict as two lists: keys may be anything, and equal ones are rare and do no harm. */
export class PickleDict {
  readonly keys: PickleValue[] = [];
  readonly values: PickleValue[] = [];

  /** The value that was put last for a text; undefined when there is none. */
  get(key: string): PickleValue | undefined {
    const at = this.keys.lastIndexOf(key);
    return at < 0 ? undefined : this.values[at];
  }
}

/** The name of a class, `module.Name`; it stands for no code. */
export class PickleClass {
  constructor(readonly name: string) {}
}

/** What would be an object of a class: its attributes only. */
export class PickleObject {
  attributes: PickleDict = new PickleDict();

  constructor(readonly ofClass: string) {}
}
