import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { t } from '../../shared/format.js';
import { keyName } from '../../shared/keyboard.js';
import { offerExport } from '../export.js';
import { useStore } from '../useStore.js';
import { Card, type CardProps } from './card.js';
import { FlameController } from './controller.js';
import { flameKeys } from './keys.js';
import { Minimap } from './minimap.js';
import { byPackage, type Colour, Painter } from './paint.js';
import { PictureCanvas, useBoxMenu, useSize, useTheme } from './pictureCanvas.js';
import { BOX, heightOf, PITCH, rowTop, SIDE, TOP } from './place.js';
import { Pointer } from './pointer.js';
import type { FlameSource } from './source.js';
import { Twin } from './twin.js';

export interface PictureProps {
  readonly source: FlameSource;
  /** Loads anew when it changes; empty: nothing to show yet. */
  readonly loadKey: string;
  /** Begins the ids of its elements: one a page. */
  readonly id: string;
  /** What it is, for screen readers: `Flame graph`. */
  readonly label: string;
  /** Rows grow from the bottom up. */
  readonly upward?: boolean;
  /** Keys pressed anywhere on the page are its own; otherwise only those pressed on it. */
  readonly wholePage?: boolean;
  /** Colours of the boxes; by package where absent. */
  readonly colour?: Colour;
  /** Beside self and total in the card that hangs at a box. */
  readonly card?: (box: number, flame: FlameController, anchor: CardProps['anchor']) => ComponentChildren;
  /** Told on each drawing: for what stands around the picture. */
  readonly onChange?: (flame: FlameController) => void;
  /** Shown over a picture without boxes. */
  readonly empty?: string;
}

/** A flame graph: a canvas that is as high as the window inside a scroller that is as high as the picture. */
export function FlamePicture(props: PictureProps) {
  const { source, loadKey, id, label, upward = false, wholePage = false } = props;
  const store = useStore();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const wantsHome = useRef(true);
  const [, bump] = useState(0);
  const size = useSize(scroller);
  const theme = useTheme();
  const [byKeyboard, setByKeyboard] = useState(false);
  const redraw = () => bump((n) => n + 1);

  const told = useRef(props.onChange);
  told.current = props.onChange;
  const flame = useMemo(() => {
    const made: FlameController = new FlameController(source, {
      changed: () => {
        redraw();
        told.current?.(made);
      },
      scrollHome: () => {
        wantsHome.current = true;
        if (!upward && scroller.current) scroller.current.scrollTop = 0;
      },
      rowsPast: () => {
        const element = scroller.current;
        if (!element) return 0;
        return (upward ? element.scrollHeight - element.clientHeight - element.scrollTop : element.scrollTop) / PITCH;
      },
    });
    return made;
  }, [source, upward]);
  const pointer = useMemo(() => new Pointer(flame, upward, redraw), [flame, upward]);
  const painter = useRef<Painter>(undefined);
  const colour = useMemo(() => props.colour ?? byPackage(flame.onlyLibraries), [props.colour, flame.onlyLibraries]);

  useEffect(() => () => flame.dispose(), [flame]);
  useEffect(() => {
    if (size.width === 0) return;
    flame.width = size.width - 2 * SIDE;
    if (flame.boxes) void flame.refine();
  }, [flame, size.width]);
  const ready = size.width > 0;
  useEffect(() => {
    if (ready && loadKey !== '') void flame.reload();
  }, [flame, ready, loadKey]);
  const reveals = useRef(store.reveals);
  useEffect(() => {
    if (store.selected !== null) flame.reveal(store.selected, store.reveals !== reveals.current);
    reveals.current = store.reveals;
  }, [flame, store.selected, store.reveals]);

  const { boxes } = flame;
  const rows = boxes?.rows.length ?? 0;
  const place = {
    upward,
    height: heightOf(rows, size.height),
    scrollTop: scroller.current?.scrollTop ?? 0,
    topRow: flame.topRow,
  };

  // The first row of an upward picture is at its end, which is only known when it has its height.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !upward || !wantsHome.current || size.height === 0) return;
    element.scrollTop = element.scrollHeight;
    if (boxes) wantsHome.current = false;
  });

  // A box that was selected by key or by another view is brought into sight.
  useEffect(() => {
    const element = scroller.current;
    if (!element || !boxes || flame.selected < 0) return;
    const top = rowTop({ ...place, scrollTop: 0, topRow: 0 }, boxes.depth[flame.selected]!);
    if (top < element.scrollTop) element.scrollTop = top - TOP;
    else if (top + BOX > element.scrollTop + element.clientHeight) element.scrollTop = top + BOX + TOP - element.clientHeight;
  }, [flame, flame.selected, boxes]);

  useEffect(() => {
    if (!canvas.current || !boxes || size.width === 0) return;
    painter.current ??= new Painter(canvas.current);
    const scene = {
      boxes,
      view: flame.viewport,
      place: { ...place, scrollTop: scroller.current?.scrollTop ?? 0 },
      width: size.width,
      height: size.height,
      selected: flame.selected,
      hovered: pointer.hovered,
      matches: store.matches?.funcs,
      colour,
    };
    painter.current.draw(scene, theme);
  });

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    return pointer.attach(element);
  }, [pointer]);
  useBoxMenu(canvas, flame, pointer);
  useEffect(() => {
    if (!wholePage) return;
    return offerExport(
      () => flame.boxes && { boxes: flame.boxes, upward, view: flame.viewport, colour, detail: (box) => flame.figures(box) },
    );
  }, [flame, wholePage, upward, colour]);

  const onKey = (key: string, event: KeyboardEvent) => {
    const used = flameKeys(flame, key, event, scroller.current, upward);
    if (used) {
      setByKeyboard(true);
      pointer.leave();
    }
    return used;
  };
  useEffect(() => {
    if (!wholePage) return;
    store.viewKeys = onKey;
    return () => {
      store.viewKeys = undefined;
    };
  }, [flame, pointer, store, wholePage]);
  useEffect(() => {
    if (pointer.hovered >= 0) setByKeyboard(false);
  }, [pointer.hovered]);

  const shown = pointer.hovered >= 0 ? pointer.hovered : byKeyboard ? flame.selected : -1;
  const cardBox = boxes && shown >= 0 && shown < boxes.count && !pointer.busy ? shown : -1;
  return (
    <>
      <div class="scroller" ref={scroller} onScroll={() => pointer.scrolled()} aria-busy={flame.loading}>
        <div class="picture" style={{ height: `${place.height}px` }}>
          <PictureCanvas
            canvas={canvas}
            size={size}
            name={id}
            kind={t('flame graph')}
            label={
              boxes
                ? t(
                    '{0}, {1} levels. Arrow keys walk, Enter opens the source, question mark lists all keys.',
                    label + (flame.inverted ? t(', inverted') : ''),
                    rows,
                  )
                : t('{0}, loading', label)
            }
            active={flame.selectedNode}
            onEnter={() => flame.walk('first')}
            onBlur={() => {
              if (!wholePage) setByKeyboard(false);
            }}
            onKeyDown={(event) => {
              if (wholePage || !onKey(keyName(event), event)) return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        </div>
        {boxes?.count === 1 && props.empty && !flame.loading && (
          <p class="hint over" role="status">
            {props.empty}
          </p>
        )}
        {wholePage && boxes && scroller.current && (
          <Minimap flame={flame} boxes={boxes} colour={colour} theme={theme} upward={upward} scroller={scroller.current} />
        )}
        {cardBox >= 0 && (props.card ?? BoxCard)(cardBox, flame, pointer.anchor(cardBox), store.page?.info.treeIsEstimate)}
      </div>
      <Twin flame={flame} id={id} />
    </>
  );
}

/** Self and total of a box, beside the pointer. */
function BoxCard(box: number, flame: FlameController, anchor: CardProps['anchor'], estimate?: boolean) {
  const frame = flame.frameOf(box);
  if (!frame || frame.func < 0) return null;
  return (
    <Card
      frame={frame}
      self={flame.boxes?.self[box] ?? 0}
      total={flame.totalOf(box)}
      whole={flame.grandTotal}
      estimate={estimate}
      anchor={anchor}
    />
  );
}
