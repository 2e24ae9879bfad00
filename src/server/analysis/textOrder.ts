/** Texts up to which they are put in the order that people expect, `f2` before `f10`; more are put in the order of their letters. */
const NATURAL = 50_000;
/** Letters that are compared as one number. */
const HEAD = 6;

/** Compares texts by their index. Fit for a million of them. */
export function textOrder(length: number, text: (index: number) => string): (a: number, b: number) => number {
  if (length <= NATURAL) {
    const { compare } = new Intl.Collator('en', { numeric: true });
    return (a, b) => compare(text(a), text(b));
  }
  const texts = Array.from({ length }, (_, index) => text(index).toLowerCase());
  // Most pairs differ in the first letters after those that all of them share: these are compared as numbers.
  const shared = sharedLetters(texts);
  const heads = Float64Array.from(texts, (one) => head(one, shared));
  const seconds = Float64Array.from(texts, (one) => head(one, shared + HEAD));
  return (a, b) => heads[a]! - heads[b]! || seconds[a]! - seconds[b]! || (texts[a]! < texts[b]! ? -1 : texts[a]! > texts[b]! ? 1 : 0);
}

function sharedLetters(texts: readonly string[]): number {
  const first = texts[0]!;
  let shared = first.length;
  for (const one of texts) {
    let same = 0;
    while (same < shared && one.charCodeAt(same) === first.charCodeAt(same)) same++;
    shared = same;
  }
  return shared;
}

/** Letters beyond Latin-1 are all the last one: the texts themselves decide among them. */
function head(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + HEAD; at++) value = value * 256 + Math.min(255, at < text.length ? text.charCodeAt(at) : 0);
  return value;
}
