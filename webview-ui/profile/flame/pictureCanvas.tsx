import type { CanvasHTMLAttributes, RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { onThemeChange, readTheme, type Theme } from '../../shared/theme.js';
import { type MenuTarget, offerMenu } from '../menu.js';

/** Width and height of an element, CSS px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of an element, followed; 0 × 0 until it is there. @param there whether it is on the page */
export function useSize(element: RefObject<HTMLElement | null>, there = true): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = () => setSize({ width: measured.clientWidth, height: measured.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    measure();
    return () => observer.disconnect();
  }, [there]);
  return size;
}

/** The theme of the window, followed. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => onThemeChange(setTheme), []);
  return theme;
}

/** What a controller tells of its boxes to a context menu. */
interface Told {
  readonly selected: number;
  frameOf(box: number): { readonly func: number; readonly name: string } | undefined;
  stackText(box: number): string;
}

/** The context menu of a canvas is about the box under the pointer, else the selected one. */
export function useBoxMenu(
  canvas: RefObject<HTMLCanvasElement | null>,
  told: Told,
  pointer: { readonly hovered: number },
  there = true,
): void {
  useEffect(() => {
    if (!canvas.current) return;
    return offerMenu(canvas.current, (): MenuTarget | undefined => {
      const box = pointer.hovered >= 0 ? pointer.hovered : told.selected;
      const frame = told.frameOf(box);
      return frame && { func: frame.func, name: frame.name, stack: told.stackText(box) };
    });
  }, [told, pointer, there]);
}

export interface PictureCanvasProps extends CanvasHTMLAttributes<HTMLCanvasElement> {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly size: Size;
  /** Begins the ids of the canvas, of the tree that screen readers walk, and of its boxes. */
  readonly name: string;
  /** What kind of picture it is, and which one. */
  readonly kind: string;
  readonly label: string;
  /** Ends the id of the selected box; undefined where none is. */
  readonly active: number | undefined;
  /** The picture was reached by key and nothing is selected in it. */
  readonly onEnter: () => void;
}

/** The canvas of a picture of boxes: it has the focus and keys of its own; a tree beside it speaks for its boxes. */
export function PictureCanvas({ canvas, size, name, kind, label, active, onEnter, ...rest }: PictureCanvasProps) {
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: application is what a picture with keys of its own is
    <canvas
      ref={canvas}
      id={`${name}-canvas`}
      tabIndex={0}
      role="application"
      aria-roledescription={kind}
      aria-label={label}
      aria-owns={`${name}-tree`}
      aria-activedescendant={active === undefined ? undefined : `${name}-box-${active}`}
      style={{ width: `${size.width}px`, height: `${size.height}px` }}
      onFocus={() => {
        if (active === undefined && canvas.current?.matches(':focus-visible')) onEnter();
      }}
      {...rest}
    />
  );
}
