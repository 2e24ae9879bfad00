import { useEffect, useRef } from 'preact/hooks';
import type { Theme } from '../../shared/theme.js';
import type { Boxes } from './boxes.js';
import type { FlameController } from './controller.js';
import type { Colour } from './paint.js';
import { PITCH } from './place.js';
import { isWhole } from './viewport.js';

const WIDTH = 150;
const HEIGHT = 84;
/** So many windows high a picture has to be for a map of it. */
const HIGH = 2;

/** The whole picture, small, with a frame around what is in sight: where more is than fits the window. A press goes there. */
export function Minimap({
  flame,
  boxes,
  colour,
  theme,
  upward,
  scroller,
}: {
  flame: FlameController;
  boxes: Boxes;
  colour: Colour;
  theme: Theme;
  upward: boolean;
  scroller: HTMLElement;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const rows = boxes.rows.length;
  const shown = !isWhole(flame.viewport) || rows * PITCH > HIGH * scroller.clientHeight;
  useEffect(() => {
    if (shown && canvas.current) paintMap(canvas.current, boxes, colour, theme, upward);
  }, [shown, boxes, colour, theme, upward]);
  if (!shown) return null;
  const { x0, x1 } = flame.viewport;
  const top = scroller.scrollTop / scroller.scrollHeight;
  const go = (event: PointerEvent) => {
    event.stopPropagation();
    if (event.buttons !== 1) return;
    const bounds = canvas.current!.getBoundingClientRect();
    const width = x1 - x0;
    const left = Math.min(1 - width, Math.max(0, (event.clientX - bounds.left) / WIDTH - width / 2));
    flame.setViewport({ x0: left, x1: left + width });
    scroller.scrollTop = ((event.clientY - bounds.top) / HEIGHT) * scroller.scrollHeight - scroller.clientHeight / 2;
  };
  return (
    <div
      class="minimap"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={go}
      onPointerUp={(event) => event.stopPropagation()}
      onDblClick={(event) => event.stopPropagation()}
    >
      <canvas ref={canvas} style={{ width: `${WIDTH}px`, height: `${HEIGHT}px` }} />
      <div
        style={{
          left: `${x0 * WIDTH}px`,
          width: `${Math.max(3, (x1 - x0) * WIDTH)}px`,
          top: `${top * HEIGHT}px`,
          height: `${Math.max(3, Math.min(1, scroller.clientHeight / scroller.scrollHeight) * HEIGHT)}px`,
        }}
      />
    </div>
  );
}

function paintMap(canvas: HTMLCanvasElement, boxes: Boxes, colour: Colour, theme: Theme, upward: boolean): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(WIDTH * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  const high = canvas.height / boxes.rows.length;
  for (let box = 0; box < boxes.count; box++) {
    const width = boxes.w[box]! * canvas.width;
    if (width < 0.3) continue;
    const row = boxes.depth[box]!;
    // High contrast fills no box; a map of outlines would be one blot.
    context.fillStyle = theme.contrast ? theme.border : colour(boxes, box, theme).fill;
    context.fillRect(
      boxes.x[box]! * canvas.width,
      (upward ? boxes.rows.length - 1 - row : row) * high,
      Math.max(width - 0.5, 0.3),
      Math.max(high - (high > 3 ? 0.5 : 0), 0.5),
    );
  }
}
