import { t } from '../../shared/format.js';
import { callersOf, childrenOf } from './boxes.js';
import type { FlameController } from './controller.js';

/** At most this many siblings are listed: a screen reader hears the rest by walking. */
const MOST = 60;

/** The flame graph for screen readers: the call path to the selected box, the box, and what it calls, as a tree. */
export function Twin({ flame, id }: { flame: FlameController; id: string }) {
  const { boxes } = flame;
  if (!boxes) return null;
  const selected = Math.max(flame.selected, 0);
  const path = [...callersOf(boxes, selected), selected];
  const children = childrenOf(boxes, selected).slice(0, MOST);
  return (
    <div id={`${id}-tree`} class="visually-hidden" role="tree" aria-label={t(boxes.inverted ? 'Callers' : 'Call path')}>
      {path.map((box, level) => {
        const siblings = level === 0 ? [box] : childrenOf(boxes, path[level - 1]!);
        return (
          <Item
            key={boxes.node[box]}
            flame={flame}
            id={`${id}-box-${boxes.node[box]}`}
            box={box}
            level={level + 1}
            place={siblings.indexOf(box) + 1}
            of={siblings.length}
            expanded={level < path.length - 1 || children.length > 0}
            selected={box === flame.selected}
          />
        );
      })}
      {children.map((box, i) => (
        <Item
          key={boxes.node[box]}
          flame={flame}
          id={`${id}-box-${boxes.node[box]}`}
          box={box}
          level={path.length + 1}
          place={i + 1}
          of={children.length}
        />
      ))}
    </div>
  );
}

interface ItemProps {
  readonly flame: FlameController;
  readonly id: string;
  readonly box: number;
  readonly level: number;
  readonly place: number;
  readonly of: number;
  readonly expanded?: boolean;
  readonly selected?: boolean;
}

function Item({ flame, id, box, level, place, of, expanded, selected = false }: ItemProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the canvas has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays on the canvas, which names the item by aria-activedescendant
    <div
      id={id}
      role="treeitem"
      aria-level={level}
      aria-posinset={place}
      aria-setsize={of}
      aria-selected={selected}
      aria-expanded={expanded}
      onClick={() => flame.select(box, true)}
    >
      {flame.describe(box)}
    </div>
  );
}
