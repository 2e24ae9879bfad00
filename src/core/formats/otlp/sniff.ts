/** Fields that are blocks, by message; nothing else stands in the outermost ones. */
const ROOT: Known = { 1: { 1: { 1: {} }, 2: { 1: {}, 2: {} }, 3: {} }, 2: { 1: {}, 2: {}, 3: {}, 4: {}, 5: {}, 6: {}, 7: {} } };

interface Known {
  readonly [field: number]: Known;
}

/** How many levels down only blocks are allowed; a resource may also say how many attributes it left out. */
const STRICT = 2;
const LEFT_OUT = 2 << 3;

/** Follows resources, scopes and tables through the head: each must be a block of a known field, and lie in the one around it. */
export function sniffOtlp(head: Uint8Array): number {
  let blocks = 0;
  const follow = (start: number, end: number, known: Known, level: number): boolean => {
    let at = start;
    while (at < Math.min(end, head.length)) {
      const tag = head[at++]!;
      if (level === STRICT && tag === LEFT_OUT) {
        while (at < head.length && head[at]! >= 128) at++;
        at++;
        continue;
      }
      const inner = known[tag >>> 3];
      if ((tag & 7) !== 2 || inner === undefined) return false;
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        if (at >= head.length) return true;
        if (shift > 28) return false;
        const byte = head[at++]!;
        length += (byte & 127) * 2 ** shift;
        if (byte < 128) break;
      }
      if (at + length > end) return false;
      blocks++;
      if (level < STRICT && Object.keys(inner).length > 0 && !follow(at, at + length, inner, level + 1)) return false;
      at += length;
    }
    return true;
  };
  // A line break is the same byte as a block of field 1: one block could be anything.
  return follow(0, Number.POSITIVE_INFINITY, ROOT, 0) && blocks > 2 ? 0.8 : 0;
}
