/** Whether the first bytes are a pickle (any protocol) in which all these words stand. */
export function isPickleOf(head: Uint8Array, words: readonly string[]): boolean {
  const modern = head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
  // Protocols 0 and 1 have no mark of their own: an object begins with the function that would make it.
  if (!modern && head[0] !== 0x63 && head[0] !== 0x28) return false;
  const text = Array.from(head.subarray(0, 1024), (byte) => String.fromCharCode(byte)).join('');
  if (!modern && !/^(?:c|\(i)[\w.]+\n/.test(text)) return false;
  return words.every((word) => text.includes(word));
}
