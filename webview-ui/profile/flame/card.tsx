import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { host } from '../../shared/boot.js';
import { formatShare, formatValue, placeOf, safeText, t } from '../../shared/format.js';
import { store } from '../store.js';

export interface CardProps {
  readonly frame: { readonly func: number; readonly name: string; readonly file: string; readonly line: number };
  readonly self: number;
  /** Absent where there is no more to it than self. */
  readonly total: number | undefined;
  readonly whole: number;
  /** What is told in the place of self and total: a word and its figure each. */
  readonly facts?: readonly (readonly [label: string, text: string])[];
  readonly estimate?: boolean | undefined;
  /** Where pointer and box are in the window, px: the card keeps clear of them. For a box chosen by key, `corner`. */
  readonly anchor: { readonly x: number; readonly top: number; readonly bottom: number; readonly corner: boolean };
}

/** Source lines fetched so far, by function; the card of one box is often shown again. */
const known = new Map<number, string | null>();
let knownOf = '';
/** A pointer that only passes by asks for nothing. */
const DWELL_MS = 120;
/** Rows of the page above and below the picture, px. */
const HEAD = 71;
const STATUS = 28;

/** Name, place, figures and source line of a box. It lets every pointer event through and stands beside the box, not on it. */
export function Card(props: CardProps) {
  const { frame, self, total, whole, anchor } = props;
  const { func, name } = frame;
  const element = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState({ left: anchor.x, top: anchor.bottom });
  const source = useSourceLine(func);

  useLayoutEffect(() => {
    const size = element.current?.getBoundingClientRect();
    if (!size) return;
    const room = { width: window.innerWidth, height: window.innerHeight - STATUS };
    // Arrow keys lead anywhere around the box, so that card stands in the corner that is farther off.
    if (anchor.corner) {
      const low = anchor.bottom + 10 < room.height - size.height - 8;
      setAt({ left: room.width - size.width - 16, top: low ? room.height - size.height - 8 : HEAD });
      return;
    }
    const below = anchor.bottom + 10;
    const top = below + size.height <= room.height ? below : Math.max(4, anchor.top - 10 - size.height);
    const left = Math.max(8, Math.min(anchor.x + 16, room.width - size.width - 8));
    setAt({ left, top });
  }, [anchor.x, anchor.top, anchor.bottom, anchor.corner, source, func]);

  const place = placeOf(frame, true);
  return (
    <div
      ref={element}
      class="card"
      aria-hidden="true"
      style={{ transform: `translate(${Math.round(at.left)}px, ${Math.round(at.top)}px)` }}
    >
      <div class="card-name">{safeText(name)}</div>
      {place !== '' && <div class="card-place">{place}</div>}
      <div class="card-figures">
        {props.facts?.map(([label, text]) => (
          <Fragment key={label}>
            <span>{label}</span>
            <span class="card-fact">{text}</span>
          </Fragment>
        )) ?? (
          <>
            <Figure label={t('self')} value={self} whole={whole} />
            {total !== undefined && <Figure label={t('total')} value={total} whole={whole} />}
          </>
        )}
      </div>
      {props.estimate && <div class="card-note">{t('Estimated from call edges')}</div>}
      {source && <pre class="card-source">{safeText(source.trim())}</pre>}
    </div>
  );
}

function Figure({ label, value, whole }: { label: string; value: number; whole: number }) {
  const share = whole > 0 ? value / whole : 0;
  return (
    <>
      <span>{label}</span>
      <span class="card-bar">
        <span style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      <span class="figure">{formatValue(value, store.unit)}</span>
      <span class="figure">{formatShare(share)}</span>
    </>
  );
}

function useSourceLine(func: number): string | null {
  const profile = store.page?.info.id ?? '';
  if (profile !== knownOf) {
    known.clear();
    knownOf = profile;
  }
  const [, bump] = useState(0);
  useEffect(() => {
    if (func < 0 || known.has(func)) return;
    const timer = setTimeout(async () => {
      // Without its source the card is still of use, so a failure is no more than a missing line.
      const text = await host.request('sourceLine', { func }).catch(() => null);
      known.set(func, text);
      bump((n) => n + 1);
    }, DWELL_MS);
    return () => clearTimeout(timer);
  }, [func]);
  return known.get(func) ?? null;
}
