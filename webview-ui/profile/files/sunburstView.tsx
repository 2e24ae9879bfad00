import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatShare, formatValue, safeText, shortPath, t } from '../../shared/format.js';
import { keyName } from '../../shared/keyboard.js';
import { childrenOf } from '../flame/boxes.js';
import { FlameController } from '../flame/controller.js';
import { flameKeys } from '../flame/keys.js';
import { byPackage } from '../flame/paint.js';
import { PictureCanvas, useSize, useTheme } from '../flame/pictureCanvas.js';
import { DOUBLE_MS } from '../flame/pointer.js';
import { Twin } from '../flame/twin.js';
import { useStore } from '../useStore.js';
import { fileSource, kindOf } from './partition.js';
import { drawSun, sunBoxAt } from './sunburst.js';

/** Parts that are listed beside the picture. */
const LISTED = 200;

/** The partition of self time as rings, with the parts of the chosen one as text beside it. */
export function Sunburst({ onChange }: { onChange: (flame: FlameController) => void }) {
  const store = useStore();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, bump] = useState(0);
  const size = useSize(frame);
  const theme = useTheme();
  const [hovered, setHovered] = useState(-1);
  const told = useRef(onChange);
  told.current = onChange;
  const flame = useMemo(() => {
    const made: FlameController = new FlameController(fileSource, {
      changed: () => {
        bump((n) => n + 1);
        told.current(made);
      },
      scrollHome: () => undefined,
      rowsPast: () => 0,
    });
    return made;
  }, []);
  const colour = useMemo(() => byPackage(true), []);
  useEffect(() => () => flame.dispose(), [flame]);
  const ready = size.width > 0;
  // The outermost ring is as long as this.
  flame.width = Math.max(200, Math.PI * Math.min(size.width, size.height));
  useEffect(() => {
    if (ready && store.viewKey !== '') void flame.reload();
  }, [flame, ready, store.viewKey]);
  useEffect(() => {
    if (store.selected !== null) flame.reveal(store.selected, false);
  }, [flame, store.selected, store.reveals]);

  const { boxes } = flame;
  const sun = boxes && { boxes, view: flame.viewport, topRow: flame.topRow, ...size };
  useEffect(() => {
    if (!canvas.current || !sun || !ready) return;
    drawSun(canvas.current, { ...sun, selected: flame.selected, hovered, colour, matches: store.matches?.funcs }, theme);
  });
  useEffect(() => {
    store.viewKeys = (key, event) => flameKeys(flame, key, event, null, false);
    return () => {
      store.viewKeys = undefined;
    };
  }, [flame, store]);

  const boxAt = (event: MouseEvent) => (sun ? sunBoxAt(sun, event.offsetX, event.offsetY) : -1);
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(waiting.current), []);
  const click = (event: MouseEvent) => {
    const box = boxAt(event);
    clearTimeout(waiting.current);
    if (box < 0) return;
    if (box === 0) return void flame.back();
    flame.select(box, false);
    if (event.ctrlKey || event.metaKey || event.altKey) return store.openSource(flame.frameOf(box)?.func ?? -1, true);
    // What has nothing inside is chosen, not zoomed to.
    if (boxes && childrenOf(boxes, box).length > 0) waiting.current = setTimeout(() => void flame.focus(box), DOUBLE_MS);
  };
  const chosen = boxes && hovered > 0 && hovered < boxes.count ? hovered : 0;
  const listed = boxes ? childrenOf(boxes, 0).slice(0, LISTED) : [];
  return (
    <div class="sunburst">
      <div class="sunburst-picture" ref={frame} aria-busy={flame.loading}>
        <PictureCanvas
          canvas={canvas}
          size={size}
          name="files"
          kind={t('sunburst')}
          label={t(boxes ? 'Self time by files, as rings. Arrow keys walk, Space zooms, Enter opens the source.' : 'Files, loading')}
          active={flame.selectedNode}
          onEnter={() => flame.walk('first')}
          onPointerMove={(event) => setHovered(boxAt(event))}
          onPointerLeave={() => setHovered(-1)}
          onClick={click}
          onDblClick={(event) => {
            clearTimeout(waiting.current);
            const box = boxAt(event);
            if (box > 0) store.openSource(flame.frameOf(box)?.func ?? -1, false);
          }}
          onKeyDown={(event) => {
            if (!flameKeys(flame, keyName(event), event, null, false)) return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
        {boxes && (
          <div class="sunburst-middle" aria-hidden="true">
            <strong>{safeText(flame.frameOf(chosen)?.name ?? '')}</strong>
            <span>{formatValue(flame.totalOf(chosen), store.unit)}</span>
            <span>{formatShare(flame.grandTotal > 0 ? flame.totalOf(chosen) / flame.grandTotal : 0)}</span>
          </div>
        )}
      </div>
      <ol class="sunburst-parts" aria-label={t('Parts')}>
        {boxes &&
          listed.map((box) => {
            const part = flame.frameOf(box);
            return (
              <li key={boxes.node[box]}>
                <button
                  type="button"
                  class={box === flame.selected ? 'part current' : 'part'}
                  title={safeText(part?.file || part?.name || '')}
                  onPointerEnter={() => setHovered(box)}
                  onPointerLeave={() => setHovered(-1)}
                  onClick={() => {
                    flame.select(box, true);
                    if (childrenOf(boxes, box).length > 0) void flame.focus(box);
                  }}
                  onDblClick={() => store.openSource(part?.func ?? -1, false)}
                >
                  <Swatch paint={colour(boxes, box, theme).fill} />
                  <span class="part-name">
                    <bdi>{safeText(part?.name ?? '')}</bdi>
                    <span class="part-kind"> {part && part.func >= 0 ? safeText(shortPath(part.file)) : kindOf(boxes, box)}</span>
                  </span>
                  <span class="figure">{formatValue(flame.totalOf(box), store.unit)}</span>
                  <span class="figure">{formatShare(flame.grandTotal > 0 ? flame.totalOf(box) / flame.grandTotal : 0)}</span>
                </button>
              </li>
            );
          })}
      </ol>
      <Twin flame={flame} id="files" />
    </div>
  );
}

/** The colour of a part, as drawn on the picture. */
function Swatch({ paint }: { paint: string }) {
  return <span class="swatch" aria-hidden="true" style={{ background: paint }} />;
}
