/** Fields of what a page says: each comes out as what it must be, or the message is refused. Pure. */

export type Fields = Readonly<Record<string, unknown>>;

/** Letters of what a person types. */
const LONGEST_TEXT = 1000;

/** The fields of a message. @throws Error with a sentence for the page */
export function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('malformed message');
  return value as Fields;
}

/** @param least that it may be @throws Error with a sentence for the page */
export function integer(given: Fields, name: string, least: number): number {
  const value = given[name];
  if (!Number.isSafeInteger(value) || (value as number) < least) throw new Error(`${name} must be a whole number`);
  return value as number;
}

/** @throws Error with a sentence for the page */
export function finite(given: Fields, name: string): number {
  const value = given[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${name} must be a number`);
  return value;
}

/** 0..1. @throws Error with a sentence for the page */
export function fraction(given: Fields, name: string): number {
  const value = given[name];
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw new Error(`${name} must lie between 0 and 1`);
  return value;
}

/** @throws Error with a sentence for the page */
export function flag(given: Fields, name: string): boolean | undefined {
  const value = given[name];
  if (value !== undefined && typeof value !== 'boolean') throw new Error(`${name} must be true or false`);
  return value;
}

/** @param longest in letters @throws Error with a sentence for the page */
export function text(given: Fields, name: string, longest = LONGEST_TEXT): string {
  const value = given[name];
  if (typeof value !== 'string' || value.length > longest) throw new Error(`${name} must be a text of at most ${longest} characters`);
  return value;
}

/** One of the words that are known. @throws Error with a sentence for the page */
export function oneOf<W extends string>(known: readonly W[], given: Fields, name: string): W {
  const found = known.find((word) => word === given[name]);
  if (found === undefined) throw new Error(`unknown ${name}`);
  return found;
}

/** A field of the outcome that is left out where there is no value. */
export function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V });
}
