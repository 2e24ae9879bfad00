import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatShare, formatValue } from '../../shared/format.js';
import { onThemeChange, readTheme } from '../../shared/theme.js';
import { SubHeader } from '../shell/subHeader.js';
import { useStore } from '../useStore.js';
import { Card } from './card.js';
import { FlameController } from './controller.js';
import { flameKeys } from './keys.js';
import { BOX, Painter, PITCH, SIDE, TOP } from './paint.js';
import { Pointer } from './pointer.js';
import { Twin } from './twin.js';

/** The flame graph: a canvas that is as high as the window inside a scroller that is as high as the picture. */
export function FlameView() {
  const store = useStore();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, bump] = useState(0);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [theme, setTheme] = useState(readTheme);
  const [byKeyboard, setByKeyboard] = useState(false);

  const flame = useMemo(
    () =>
      new FlameController(
        () => bump((n) => n + 1),
        (top) => {
          if (scroller.current) scroller.current.scrollTop = top;
        },
        () => scroller.current?.scrollTop ?? 0,
      ),
    [],
  );
  const pointer = useMemo(() => new Pointer(flame, () => bump((n) => n + 1)), [flame]);
  const painter = useRef<Painter>(undefined);

  useEffect(() => () => flame.dispose(), [flame]);
  useEffect(() => onThemeChange(setTheme), []);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (size.width === 0) return;
    flame.width = size.width - 2 * SIDE;
    if (flame.boxes) void flame.refine();
  }, [flame, size.width]);
  const ready = size.width > 0;
  useEffect(() => {
    if (ready && store.viewKey !== '') void flame.reload();
  }, [flame, ready, store.viewKey]);
  useEffect(() => {
    if (store.reveals > 0 && store.selected !== null) flame.reveal(store.selected);
  }, [flame, store.reveals]);

  const { boxes } = flame;
  const rows = boxes?.rows.length ?? 0;

  // A box that was selected by key or by another view is brought into sight.
  useEffect(() => {
    const element = scroller.current;
    if (!element || !boxes || flame.selected < 0) return;
    const top = TOP + boxes.depth[flame.selected]! * PITCH;
    if (top < element.scrollTop) element.scrollTop = top - TOP;
    else if (top + BOX > element.scrollTop + element.clientHeight) element.scrollTop = top + BOX + TOP - element.clientHeight;
  }, [flame, flame.selected, boxes]);

  useEffect(() => {
    if (!canvas.current || !boxes || size.width === 0) return;
    painter.current ??= new Painter(canvas.current);
    const scene = {
      boxes,
      view: flame.viewport,
      topRow: flame.topRow,
      scrollTop: scroller.current?.scrollTop ?? 0,
      width: size.width,
      height: size.height,
      selected: flame.selected,
      hovered: pointer.hovered,
      matches: store.matches?.funcs,
      tintLibraries: flame.onlyLibraries,
    };
    painter.current.draw(scene, theme);
  });

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    return pointer.attach(element);
  }, [pointer]);

  useEffect(() => {
    store.viewKeys = (key, event) => {
      const used = flameKeys(flame, key, event, scroller.current);
      if (used) {
        setByKeyboard(true);
        pointer.leave();
      }
      return used;
    };
    return () => {
      store.viewKeys = undefined;
    };
  }, [flame, pointer, store]);
  useEffect(() => {
    if (pointer.hovered >= 0) setByKeyboard(false);
  }, [pointer.hovered]);

  const shown = pointer.hovered >= 0 ? pointer.hovered : byKeyboard ? flame.selected : -1;
  const cardBox = boxes && shown >= 0 && shown < boxes.count && !pointer.busy ? shown : -1;
  const frame = flame.frameOf(cardBox);
  const summary = boxes ? `${formatValue(boxes.rootValue, store.unit)}` : '';
  const share = boxes && flame.focused && flame.grandTotal > 0 ? ` · ${formatShare(boxes.rootValue / flame.grandTotal)}` : '';
  const crumbs = boxes
    ? [
        ...boxes.path.map((step) => ({ label: step.node === -1 ? 'all' : step.name, go: () => void flame.focusNode(step.node) })),
        { label: boxes.root === -1 ? 'all' : (boxes.frames[boxes.frame[0]!]?.name ?? ''), go: undefined },
      ]
    : [];
  if (boxes && boxes.root !== -1 && boxes.path[0]?.node !== -1) crumbs.unshift({ label: 'all', go: () => void flame.focusNode(-1) });

  return (
    <>
      <SubHeader crumbs={crumbs} note={summary + share}>
        <button
          type="button"
          class="toggle"
          aria-pressed={flame.inverted}
          title="Callees on top, callers below (I)"
          onClick={() => flame.toggleInverted()}
        >
          Inverted
        </button>
      </SubHeader>
      <div class="scroller" ref={scroller} onScroll={() => pointer.scrolled()} aria-busy={flame.loading}>
        <div class="picture" style={{ height: `${Math.max(size.height, 2 * TOP + rows * PITCH)}px` }}>
          {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: application is what a picture with keys of its own is */}
          <canvas
            ref={canvas}
            id="flame-canvas"
            tabIndex={0}
            role="application"
            aria-roledescription="flame graph"
            aria-label={
              boxes
                ? `Flame graph${flame.inverted ? ', inverted' : ''}, ${rows} levels. Arrow keys walk, Enter opens the source, question mark lists all keys.`
                : 'Flame graph, loading'
            }
            aria-owns="flame-tree"
            aria-activedescendant={boxes && flame.selected >= 0 ? `flame-box-${boxes.node[flame.selected]}` : undefined}
            style={{ width: `${size.width}px`, height: `${size.height}px` }}
            onFocus={() => {
              if (flame.selected < 0 && canvas.current?.matches(':focus-visible')) flame.walk('first');
            }}
          />
        </div>
        {boxes?.count === 1 && !flame.loading && (
          <p class="hint over" role="status">
            {store.page?.view.justMyCode
              ? 'All of this lies in library code: turn off “Just my code” to see it.'
              : 'Nothing was measured in this view.'}
          </p>
        )}
        {boxes && frame && frame.func >= 0 && (
          <Card
            func={frame.func}
            name={frame.name}
            file={frame.file}
            line={frame.line}
            self={boxes.self[cardBox]!}
            total={flame.totalOf(cardBox)}
            whole={flame.grandTotal}
            estimate={store.page?.info.treeIsEstimate ?? false}
            anchor={pointer.anchor(cardBox)}
          />
        )}
      </div>
      <Twin flame={flame} />
    </>
  );
}
