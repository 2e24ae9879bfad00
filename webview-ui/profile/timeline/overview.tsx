import { useEffect, useRef, useState } from 'preact/hooks';
import { rangeText } from '../../../src/core/model/units.js';
import { t } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import { wheelZoom } from '../flame/boxPointer.js';
import { SIDE } from '../flame/place.js';
import { store } from '../store.js';
import type { TimelineController } from './controller.js';
import { paintActivity, paintRuler } from './paintLanes.js';

import { timesOf, viewportOf } from './scene.js';

const HEIGHT = 44;
/** Nearer to an edge of the chosen stretch (px), a press takes that edge. */
const EDGE = 5;

/** All the time at a glance: a drag chooses a stretch of it, for every view; its edges can be dragged, a double click takes all. */
export function Overview({ time, theme, width }: { time: TimelineController; theme: Theme; width: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ruler = useRef<HTMLCanvasElement>(null);
  const host = useRef<HTMLDivElement>(null);
  /** The end that stays and the one that moves, as parts of the whole, while the mouse is down. */
  const [drag, setDrag] = useState<{ readonly fixed: number; readonly moving: number }>();
  const { overview, viewport, whole } = time;
  const inner = width - 2 * SIDE;
  useEffect(() => {
    if (canvas.current && overview && width > 0) paintActivity(canvas.current, theme, overview.activity, width, HEIGHT);
  }, [overview, theme, width]);
  useEffect(() => {
    if (ruler.current && whole && width > 0) paintRuler(ruler.current, theme, viewport, whole, width);
  }, [whole, theme, width, viewport]);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => wheelZoom(time, event, (event.offsetX - SIDE) / inner);
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [time, inner]);
  if (!whole) return null;

  const range = store.page?.view.range;
  const kept = range && viewportOf(range, whole);
  const shown = drag ? { x0: Math.min(drag.fixed, drag.moving), x1: Math.max(drag.fixed, drag.moving) } : kept;
  const partAt = (event: PointerEvent) =>
    Math.min(1, Math.max(0, (event.clientX - host.current!.getBoundingClientRect().left - SIDE) / inner));
  const left = (part: number) => `${SIDE + part * inner}px`;
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    host.current!.setPointerCapture(event.pointerId);
    const at = partAt(event);
    const near = (part: number) => Math.abs(part - at) * inner <= EDGE;
    if (kept && near(kept.x0)) setDrag({ fixed: kept.x1, moving: at });
    else if (kept && near(kept.x1)) setDrag({ fixed: kept.x0, moving: at });
    else setDrag({ fixed: at, moving: at });
  };
  const up = () => {
    setDrag(undefined);
    if (!drag || Math.abs(drag.moving - drag.fixed) * inner < 3) return;
    const chosen = timesOf({ x0: Math.min(drag.fixed, drag.moving), x1: Math.max(drag.fixed, drag.moving) }, whole);
    time.choose(chosen);
    time.zoomTo(chosen);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys do the same on the lanes: F, Escape, plus and minus */}
      <div
        ref={host}
        class="time-overview"
        style={{ height: `${HEIGHT}px` }}
        title={t('Drag to look at a part of the time; double click for all of it')}
        onPointerDown={down}
        onPointerMove={(event) => drag && setDrag({ ...drag, moving: partAt(event) })}
        onPointerUp={up}
        onPointerCancel={() => setDrag(undefined)}
        onDblClick={() => time.choose(undefined)}
      >
        <canvas ref={canvas} role="img" aria-label={t('Activity over time')} style={{ width: `${width}px`, height: `${HEIGHT}px` }} />
        {time.zoomed && <div class="time-window" style={{ left: left(viewport.x0), width: `${(viewport.x1 - viewport.x0) * inner}px` }} />}
        {shown && (
          <>
            <div class="time-out" style={{ left: 0, width: left(shown.x0) }} />
            <div class="time-out" style={{ left: left(shown.x1), right: 0 }} />
            <div class="time-chosen" style={{ left: left(shown.x0), width: `${(shown.x1 - shown.x0) * inner}px` }} />
          </>
        )}
      </div>
      <canvas
        ref={ruler}
        class="time-ruler"
        role="img"
        aria-label={t('Time from {0}', rangeText(timesOf(viewport, whole)))}
        style={{ width: `${width}px`, height: '20px' }}
      />
    </>
  );
}
