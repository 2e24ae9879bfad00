import { useMemo, useState } from 'preact/hooks';
import { formatShare, formatValue, t } from '../../shared/format.js';
import { SubHeader } from '../shell/subHeader.js';
import { useStore } from '../useStore.js';
import { byHeat, byKind, type ColourMode, colourModes } from './colourModes.js';
import type { FlameController } from './controller.js';
import { FlamePicture } from './picture.js';
import { profileSource } from './source.js';

/** The call tree of the whole view as a flame graph. */
export function FlameView() {
  const store = useStore();
  const [shown, setShown] = useState<{ readonly flame: FlameController; readonly turn: number }>();
  const flame = shown?.flame;
  const boxes = flame?.boxes;
  const summary = boxes ? formatValue(boxes.rootValue, store.unit) : '';
  const share = boxes && flame?.focused && flame.grandTotal > 0 ? ` · ${formatShare(boxes.rootValue / flame.grandTotal)}` : '';
  const mode = colourModes.find(({ id }) => id === store.saved.colour)?.id ?? 'module';
  const colour = useMemo(() => colourOf(mode, flame), [mode, flame]);
  return (
    <>
      <SubHeader crumbs={flame?.crumbs ?? []} note={summary + share}>
        <select
          class="small"
          aria-label={t('Colour of the boxes')}
          title={colourModes.find(({ id }) => id === mode)?.title}
          value={mode}
          onChange={(event) => {
            store.save({ colour: event.currentTarget.value });
            store.changed();
          }}
        >
          {colourModes.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="toggle"
          aria-pressed={profileSource.inverted}
          title={t('Callees on top, callers below (I)')}
          onClick={() => flame?.toggleInverted()}
        >
          {t('Inverted')}
        </button>
      </SubHeader>
      <FlamePicture
        source={profileSource}
        loadKey={`${store.viewKey} ${store.restored}`}
        id="flame"
        label={t('Flame graph')}
        wholePage
        {...(colour ? { colour } : {})}
        onChange={(now) => setShown((before) => ({ flame: now, turn: (before?.turn ?? 0) + 1 }))}
        empty={
          store.page?.view.justMyCode
            ? t('All of this lies in library code: turn off “Just my code” to see it.')
            : t('Nothing was measured in this view.')
        }
      />
    </>
  );
}

/** undefined: the picture's own. */
function colourOf(mode: ColourMode, flame: FlameController | undefined) {
  if (mode === 'heat') return byHeat(() => flame?.grandTotal ?? 0);
  return mode === 'kind' ? byKind() : undefined;
}
