/** Texts up to which they are put in the order that people expect, `f2` before `f10`; more are put in the order of their letters. */
const NATURAL = 50_000;

/** Compares texts by their index. Fit for a million of them. */
export function textOrder(length: number, text: (index: number) => string): (a: number, b: number) => number {
  if (length <= NATURAL) {
    const { compare } = new Intl.Collator('en', { numeric: true });
    return (a, b) => compare(text(a), text(b));
  }
  const texts = Array.from({ length }, (_, index) => text(index).toLowerCase());
  // Most pairs differ in their first letters, which are compared as one number.
  const heads = Float64Array.from(
    texts,
    (one) => (one.charCodeAt(0) || 0) * 2 ** 32 + (one.charCodeAt(1) || 0) * 2 ** 16 + (one.charCodeAt(2) || 0),
  );
  return (a, b) => heads[a]! - heads[b]! || (texts[a]! < texts[b]! ? -1 : texts[a]! > texts[b]! ? 1 : 0);
}
