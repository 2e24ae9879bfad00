/** Speaks to screen readers through one polite live region of the page. */
let region: HTMLElement | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says the sentence; a burst of them (a held arrow key) says only the last. */
export function announce(sentence: string): void {
  region ??= makeRegion();
  clearTimeout(timer);
  const target = region;
  timer = setTimeout(() => {
    target.textContent = sentence;
  }, 80);
}

function makeRegion(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'visually-hidden';
  element.setAttribute('role', 'status');
  element.setAttribute('aria-live', 'polite');
  element.id = 'announcements';
  document.body.append(element);
  return element;
}
