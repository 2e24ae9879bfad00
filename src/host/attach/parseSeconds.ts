/** `90`, `90 s`, `1.5m`, `2 min`, `1h` in whole seconds of at least one; undefined for anything else. Pure. */
export function parseSeconds(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?)?\s*$/i.exec(text);
  if (!match) return undefined;
  const unit = { s: 1, m: 60, h: 3600 }[(match[2] ?? 's')[0]!.toLowerCase() as 's' | 'm' | 'h'];
  const seconds = Math.round(Number(match[1]) * unit);
  return seconds >= 1 && seconds <= 86_400 * 7 ? seconds : undefined;
}
