/** What becomes of a location: it stays, it goes with all beneath it, or it stays and what is beneath it goes. */
export const STAYS = 0;
export const GOES = 1;
export const ENDS = 2;

/**
 * Test for drop_frames and keep_frames: a function that matches drop and not keep leaves the stack with all that it
 * called, and its cost falls to its caller. Undefined when there is nothing to drop.
 * @throws SyntaxError for an expression that JavaScript does not know
 */
export function dropTest(drop: string, keep: string): ((name: string) => boolean) | undefined {
  if (drop === '') return undefined;
  const dropped = new RegExp(`^(?:${drop})$`);
  const kept = keep === '' ? undefined : new RegExp(`^(?:${keep})$`);
  const verdicts = new Map<string, boolean>();
  return (name) => {
    let verdict = verdicts.get(name);
    if (verdict === undefined) {
      const plain = plainName(name);
      verdict = dropped.test(plain) && !(kept?.test(plain) ?? false);
      verdicts.set(name, verdict);
    }
    return verdict;
  };
}

/** C++ names without their parameters, which is what such expressions are written for, but with the brackets that belong to a name. */
function plainName(name: string): string {
  const start = name.startsWith('.') ? 1 : 0;
  for (let open = name.indexOf('(', start); open >= 0; open = name.indexOf('(', open + 1)) {
    if (name.startsWith('(anonymous namespace)', open)) continue;
    if (name.startsWith('operator()', open - 8)) continue;
    return name.slice(start, open);
  }
  return name.slice(start);
}

/**
 * Cuts a stack (leaf first, in place) at its outermost dropped frame that has a frame of the program above it, so that
 * no stack is emptied. Gives the new length.
 * @param fate of locations `base`, `base + 1`, …
 */
export function pruneStack(fate: Uint8Array, base: number, frames: Uint32Array, count: number): number {
  let user = false;
  for (let i = count - 1; i >= 0; i--) {
    const own = fate[frames[i]! - base]!;
    if (own === STAYS) user = true;
    else if (user) {
      const from = own === GOES ? i + 1 : i;
      frames.copyWithin(0, from, count);
      return count - from;
    }
  }
  return count;
}
