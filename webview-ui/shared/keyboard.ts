/** A key with its modifiers as one word: `ctrl+ArrowUp`, `alt+Enter`, `/`, `?`. Cmd counts as ctrl; shift only shows on named keys. */
export function keyName(event: KeyboardEvent): string {
  let name = event.key;
  if (name.length > 1 && event.shiftKey) name = `shift+${name}`;
  if (event.altKey) name = `alt+${name}`;
  if (event.ctrlKey || event.metaKey) name = `ctrl+${name}`;
  return name;
}

/** Whether keys typed now belong to a control that takes text or has arrows of its own. */
export function isTyping(event: Event): boolean {
  const target = event.target;
  return target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable], dialog') !== null;
}

/** The next tab stop of a row of buttons for an arrow, Home or End key; undefined for any other key. */
export function rove(key: string, current: number, count: number): number | undefined {
  if (key === 'ArrowRight') return (current + 1) % count;
  if (key === 'ArrowLeft') return (current + count - 1) % count;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return undefined;
}
