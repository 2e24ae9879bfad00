import { safeText, t } from '../../shared/format.js';
import type { TimelineController } from './controller.js';

/** At most this many threads and callees are listed: a screen reader hears the rest by walking. */
const MOST = 60;

/** The timeline for screen readers: the threads, and in the one of the selected box the way to it, the box, and what it called. */
export function TimeTwin({ time }: { time: TimelineController }) {
  const { boxes, lanes, selected } = time;
  if (!boxes) return null;
  const { callers, callees } = time.around(selected);
  const path = selected < 0 ? [] : [...callers, selected];
  const here = selected < 0 ? undefined : time.laneAt(boxes.depth[selected]!);
  const listed = lanes.filter((lane, i) => i < MOST || lane === here);
  return (
    <div id="timeline-tree" class="visually-hidden" role="tree" aria-label={t('Threads')}>
      {listed.map((lane) => [
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays on the canvas, which names the item by aria-activedescendant
        <div
          key={`lane ${lane.index}`}
          role="treeitem"
          aria-level={1}
          aria-posinset={lanes.indexOf(lane) + 1}
          aria-setsize={lanes.length}
          aria-selected={false}
          aria-expanded={lane.levels > 0}
        >
          {lane.thread === '' ? t('Thread without a name') : t('Thread {0}', safeText(lane.thread))}
        </div>,
        ...(lane === here ? path : []).map((box, level) => (
          <Item key={box} time={time} box={box} level={level + 2} place={1} of={1} open={level < path.length - 1 || callees.length > 0} />
        )),
        ...(lane === here ? callees.slice(0, MOST) : []).map((box, i) => (
          <Item key={box} time={time} box={box} level={path.length + 2} place={i + 1} of={callees.length} />
        )),
      ])}
    </div>
  );
}

interface ItemProps {
  readonly time: TimelineController;
  readonly box: number;
  readonly level: number;
  readonly place: number;
  readonly of: number;
  readonly open?: boolean;
}

function Item({ time, box, level, place, of, open }: ItemProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the canvas has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays on the canvas, which names the item by aria-activedescendant
    <div
      id={`timeline-box-${box}`}
      role="treeitem"
      aria-level={level}
      aria-posinset={place}
      aria-setsize={of}
      aria-selected={box === time.selected}
      aria-expanded={open}
      onClick={() => time.select(box, true)}
    >
      {time.describe(box)}
    </div>
  );
}
