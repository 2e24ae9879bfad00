/** Names whose texts are of single windows. */
const OF_ONE = new Set(['profile_seq', 'profile_id', 'dropped']);
/** Texts of one name, and comments without a name, that a sum keeps. */
const MOST_TEXTS = 16;
const NAMED = /^([\w.:/-]{1,100})=/;

/**
 * Chooses comments of a sum of many windows, which all tell their process and number: what is of one window is left out, and of a name only the
 * first few texts are kept. One chooser for each sum.
 */
export function fewComments(): (comment: string) => boolean {
  const seen = new Map<string, Set<string>>();
  return (comment) => {
    const name = NAMED.exec(comment)?.[1] ?? '';
    if (OF_ONE.has(name)) return false;
    const texts = seen.get(name) ?? new Set();
    seen.set(name, texts);
    if (texts.size < MOST_TEXTS) texts.add(comment);
    return texts.has(comment);
  };
}
