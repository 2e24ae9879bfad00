import { host } from '../../shared/boot.js';
import { store } from '../store.js';
import type { Step } from './boxes.js';
import type { FlameController } from './controller.js';
import { panBy } from './viewport.js';

const STEPS: Record<string, Step> = {
  ArrowUp: 'caller',
  ArrowDown: 'callee',
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  Home: 'first',
};

/** Up and down change places in a picture that grows upward. */
const TURNED: Record<string, Step> = { ...STEPS, ArrowUp: 'callee', ArrowDown: 'caller' };

/** Does what a key means in the flame graph; false when it means nothing here. */
export function flameKeys(
  flame: FlameController,
  key: string,
  event: KeyboardEvent,
  scroller: HTMLElement | null,
  upward: boolean,
): boolean {
  const step = (upward ? TURNED : STEPS)[key];
  if (step) {
    flame.walk(step);
    return true;
  }
  const func = flame.frameOf(flame.selected)?.func ?? -1;
  const middle = (flame.viewport.x0 + flame.viewport.x1) / 2;
  const width = flame.viewport.x1 - flame.viewport.x0;
  switch (key) {
    case 'Enter':
      store.openSource(func, false);
      return true;
    case 'ctrl+Enter':
    case 'alt+Enter':
      store.openSource(func, true);
      return true;
    case ' ':
      void flame.focus(flame.selected);
      return true;
    case 'Escape':
      if (!store.clearSearch() && !flame.back()) flame.select(-1, false);
      return true;
    case 'Backspace':
      flame.back();
      return true;
    case '0':
      flame.resetAll();
      return true;
    case '+':
    case '=':
      flame.zoom(middle, 0.5);
      return true;
    case '-':
      flame.zoom(middle, 2);
      return true;
    case 'shift+ArrowLeft':
      flame.setViewport(panBy(flame.viewport, -width / 4));
      return true;
    case 'shift+ArrowRight':
      flame.setViewport(panBy(flame.viewport, width / 4));
      return true;
    case 'PageDown':
    case 'PageUp':
      scroller?.scrollBy({ top: (key === 'PageDown' ? 1 : -1) * scroller.clientHeight * 0.85 });
      return true;
    case 'i':
      if (!flame.source.invert) return false;
      flame.toggleInverted();
      return true;
    case 'n':
    case 'N':
      flame.walkMatches(key === 'n' ? 1 : -1);
      return true;
    case 'ctrl+c':
      if (flame.selected < 0 || !window.getSelection()?.isCollapsed) return false;
      event.preventDefault();
      void host.request('copy', { text: flame.stackText(flame.selected) });
      return true;
    default:
      return false;
  }
}
