import { useState } from 'preact/hooks';
import { formatShare, formatValue, t } from '../../shared/format.js';
import { Card, type CardProps } from '../flame/card.js';
import type { FlameController } from '../flame/controller.js';
import { byPackage } from '../flame/paint.js';
import { FlamePicture } from '../flame/picture.js';
import { SubHeader } from '../shell/subHeader.js';
import { useStore } from '../useStore.js';
import { fileSource } from './partition.js';
import { Sunburst } from './sunburstView.js';

/** Libraries have colours of their own here: where the time is in them is what is asked. */
const colour = byPackage(true);

/** Self time by package, folder, file and function: as rings, or as rows of boxes. */
export function FilesView() {
  const store = useStore();
  const shape = store.saved.filesShape ?? 'sunburst';
  const [shown, setShown] = useState<{ readonly flame: FlameController }>();
  const flame = shown?.flame;
  const boxes = flame?.boxes;
  const share = boxes && flame?.focused && flame.grandTotal > 0 ? ` · ${formatShare(boxes.rootValue / flame.grandTotal)}` : '';
  const note = boxes ? `${t('{0} self', formatValue(boxes.rootValue, store.unit))}${share}` : '';
  const choose = (filesShape: 'sunburst' | 'icicle') => {
    store.save({ filesShape });
    setShown(undefined);
    store.changed();
  };
  const onChange = (now: FlameController) => setShown({ flame: now });
  return (
    <>
      <SubHeader crumbs={flame?.crumbs ?? []} note={note}>
        {(['sunburst', 'icicle'] as const).map((one) => (
          <button key={one} type="button" class="toggle" aria-pressed={shape === one} onClick={() => choose(one)}>
            {t(one === 'sunburst' ? 'Sunburst' : 'Icicle')}
          </button>
        ))}
      </SubHeader>
      {shape === 'sunburst' ? (
        <Sunburst onChange={onChange} />
      ) : (
        <FlamePicture
          source={fileSource}
          loadKey={store.viewKey}
          id="files"
          label={t('Self time by files')}
          wholePage
          colour={colour}
          card={PartCard}
          onChange={onChange}
          empty={t('Nothing was measured in this view.')}
        />
      )}
    </>
  );
}

/** Name, path and self time of a part. */
function PartCard(box: number, flame: FlameController, anchor: CardProps['anchor']) {
  const frame = flame.frameOf(box);
  if (!frame || box === 0) return null;
  const value = flame.totalOf(box);
  return <Card frame={frame} self={value} total={undefined} whole={flame.grandTotal} anchor={anchor} />;
}
