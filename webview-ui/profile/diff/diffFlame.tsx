import { useMemo, useState } from 'preact/hooks';
import type { CompareFlame } from '../../../src/protocol/compare.js';
import { ask } from '../../shared/boot.js';
import { formatValue, t } from '../../shared/format.js';
import { Card, type CardProps } from '../flame/card.js';
import type { FlameController } from '../flame/controller.js';
import { FlamePicture } from '../flame/picture.js';
import type { FlameSource } from '../flame/source.js';
import { store as shared } from '../store.js';
import { changeOf, changeOfBox, noiseText } from './change.js';
import { byChange } from './colour.js';
import type { Head } from './head.js';
import { diffState, saveDiff } from './state.js';

/** Both call trees as one flame graph: widths of one side, colours by the change. */
export function DiffFlame({ loadKey, onHead }: { loadKey: string; onHead: (head: Head) => void }) {
  const [columns] = useState<{ last?: CompareFlame }>({});
  const source = useMemo((): FlameSource => diffSource(columns), [columns]);
  const colour = useMemo(byChange, []);
  return (
    <FlamePicture
      source={source}
      loadKey={loadKey}
      id="diff"
      label={t('Differential flame graph')}
      wholePage
      colour={colour}
      card={changeCard}
      onChange={(flame) => onHead({ crumbs: flame.crumbs, toggleInverted: () => flame.toggleInverted() })}
      empty={t(
        diffState().widths === 'next' ? 'Nothing was measured here after the change.' : 'Nothing was measured here before the change.',
      )}
    />
  );
}

function diffSource(columns: { last?: CompareFlame }): FlameSource {
  return {
    home: -1,
    get inverted() {
      return diffState().inverted;
    },
    async load(root, minFraction) {
      const { widths, normalize, inverted } = diffState();
      columns.last = await ask('compare/flame', { view: shared.view, base: [], root, minFraction, inverted, widths, normalize });
      return columns.last;
    },
    get focus() {
      return diffState().focus;
    },
    keepFocus: (focus) => saveDiff({ focus: [...focus] }),
    invert() {
      saveDiff({ inverted: !diffState().inverted, focus: [] });
      shared.changed();
    },
    describe(box) {
      const change = columns.last && changeOfBox(columns.last, box);
      if (!change) return [];
      const { amount, percent, sign } = changeOf(change, 'total', shared.unit);
      const words = [
        t('before {0}', formatValue(change.base.total, shared.unit)),
        t('after {0}', formatValue(change.new.total, shared.unit)),
      ];
      return [...words, sign === 0 ? t('no more than noise') : [amount, percent].filter(Boolean).join(', ')];
    },
  };
}

function changeCard(box: number, flame: FlameController, anchor: CardProps['anchor']) {
  const { boxes } = flame;
  const frame = flame.frameOf(box);
  const change = boxes && changeOfBox(boxes.columns as CompareFlame, box);
  if (!boxes || !frame || !change) return null;
  const { unit } = shared;
  const fate =
    frame.func < -1
      ? t('gone: only the baseline has this function')
      : change.base.total === 0
        ? t('new here: the baseline has no such path')
        : change.new.total === 0
          ? t('gone from here: the new profile has no such path')
          : '';
  const { amount, percent, sign } = changeOf(change, 'total', unit);
  const figures = ({ self, total }: { readonly self: number; readonly total: number }) =>
    t('{0} total · {1} self', formatValue(total, unit), formatValue(self, unit));
  const noise = noiseText(change.noise.total, unit);
  const facts: [string, string][] = [
    [t('before'), figures(change.base)],
    [t('after'), figures(change.new)],
    [t('change'), [sign === 0 && amount !== '0' ? `≈ ${amount}` : amount, percent && `(${percent})`, noise].filter(Boolean).join(' ')],
  ];
  if (sign === 0 && change.base.total !== change.new.total) facts.push(['', t('no more than noise makes')]);
  if (fate !== '') facts.push(['', fate]);
  return <Card frame={frame} self={boxes.self[box]!} total={flame.totalOf(box)} whole={flame.grandTotal} facts={facts} anchor={anchor} />;
}
