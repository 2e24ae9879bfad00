import type { FilePart } from '../../../src/protocol/tabs.js';
import { ask } from '../../shared/boot.js';
import { t } from '../../shared/format.js';
import type { Boxes } from '../flame/boxes.js';
import type { FlameSource } from '../flame/source.js';
import { store } from '../store.js';

const KINDS: Record<FilePart, string> = { package: t('package'), folder: t('folder'), file: t('file'), function: t('function') };

/** What a box stands for; the whole for the one that all others are in. */
export function kindOf(boxes: Boxes | undefined, box: number): string {
  const parts = (boxes?.columns as { readonly parts?: readonly FilePart[] } | undefined)?.parts;
  const kind = boxes && parts?.[boxes.frame[box] ?? -1];
  return kind ? KINDS[kind] : t('whole');
}

/** Self time by package, folder, file and function. */
export const fileSource: FlameSource = {
  home: -1,
  inverted: false,
  load: (root, minFraction) => ask('profile/fileTree', { view: store.view, root, minFraction }),
  focus: [],
  keepFocus: () => undefined,
};
