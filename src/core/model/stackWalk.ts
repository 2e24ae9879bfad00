/** What a walk does at each stack: `enter` before all stacks below it, `leave` after them. */
export interface Visitor {
  enter(stack: number): void;
  leave(stack: number): void;
}

/** Goes through a prefix tree depth first, without recursion: stacks may be a million deep. */
export function walkStacks(prefix: Int32Array, visitor: Visitor): void {
  const { length } = prefix;
  // Children of stack s are children[first[s + 1] … first[s + 2]); the roots are those of -1.
  const first = new Uint32Array(length + 2);
  for (let stack = 0; stack < length; stack++) first[prefix[stack]! + 2]!++;
  for (let i = 1; i < first.length; i++) first[i]! += first[i - 1]!;
  const next = first.slice();
  const children = new Uint32Array(length);
  for (let stack = 0; stack < length; stack++) children[next[prefix[stack]! + 1]!++] = stack;
  next.set(first);
  for (let at = -1; ; ) {
    const cursor = next[at + 1]!;
    if (cursor < first[at + 2]!) {
      next[at + 1] = cursor + 1;
      at = children[cursor]!;
      visitor.enter(at);
      continue;
    }
    if (at < 0) return;
    visitor.leave(at);
    at = prefix[at]!;
  }
}
