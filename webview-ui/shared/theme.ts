/** Colours and fonts of the running VS Code theme, for what is drawn on a canvas; the rest is CSS on the same tokens. */
export type ThemeKind = 'dark' | 'light' | 'hcDark' | 'hcLight';

export interface Theme {
  readonly kind: ThemeKind;
  readonly contrast: boolean;
  readonly dark: boolean;
  readonly fontFamily: string;
  readonly foreground: string;
  readonly background: string;
  /** Outline of boxes in high contrast. */
  readonly border: string;
  readonly accent: string;
  /** Changes with every change of the theme: a key for caches. */
  readonly version: number;
}

let version = 0;

/** Reads the theme from the classes and `--vscode-*` properties that VS Code sets on the page. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const token = (name: string, fallback: string) => style.getPropertyValue(`--vscode-${name}`).trim() || fallback;
  const classes = document.body.classList;
  const contrast = classes.contains('vscode-high-contrast') || classes.contains('vscode-high-contrast-light');
  const light = classes.contains('vscode-light') || classes.contains('vscode-high-contrast-light');
  const foreground = token('editor-foreground', light ? '#1f1f1f' : '#cccccc');
  return {
    kind: contrast ? (light ? 'hcLight' : 'hcDark') : light ? 'light' : 'dark',
    contrast,
    dark: !light,
    fontFamily: token('font-family', 'system-ui, sans-serif'),
    foreground,
    background: token('editor-background', light ? '#ffffff' : '#1f1f1f'),
    border: token('contrastBorder', foreground),
    accent: token('contrastActiveBorder', token('focusBorder', foreground)),
    version: ++version,
  };
}

/** Calls back after each theme change until the returned function is called. */
export function onThemeChange(listener: (theme: Theme) => void): () => void {
  const observer = new MutationObserver(() => listener(readTheme()));
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'style'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'style'] });
  return () => observer.disconnect();
}

export function reducedMotion(): boolean {
  return document.body.classList.contains('vscode-reduce-motion') || matchMedia('(prefers-reduced-motion: reduce)').matches;
}
