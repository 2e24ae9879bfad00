import type { ComponentType } from 'preact';
import { DiffView } from './diff/diffView.js';
import { FilesView } from './files/filesView.js';
import { FlameView } from './flame/flameView.js';
import { InfoView } from './info/infoView.js';
import { LinesView } from './lines/linesView.js';
import { SandwichView } from './sandwich/sandwichView.js';
import { TableView } from './table/tableView.js';
import { TimelineView } from './timeline/timelineView.js';
import { TreeView } from './tree/treeView.js';

/** One way to look at a profile. */
export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly View: ComponentType;
  /** Short reminder of the keys, shown at the end of the status row. */
  readonly keys: string;
  /** Whether it shows what a search finds. */
  readonly searches: boolean;
}

/** In the order in which they are shown. A new tab is a file with its View and a line here. */
export const tabs: readonly Tab[] = [
  { id: 'flame', label: 'Flame', View: FlameView, keys: '↑↓←→ walk · Space zoom · Enter source · / search · ? help', searches: true },
  {
    id: 'timeline',
    label: 'Timeline',
    View: TimelineView,
    keys: '↑↓←→ walk · Space zoom · Shift+drag choose a time · Enter source · ? help',
    searches: true,
  },
  {
    id: 'sandwich',
    label: 'Sandwich',
    View: SandwichView,
    keys: '↑↓ walk · S selected box in the middle · Enter source · / search · ? help',
    searches: true,
  },
  { id: 'table', label: 'Table', View: TableView, keys: '↑↓ walk · Enter source · / search · ? help', searches: true },
  {
    id: 'tree',
    label: 'Tree',
    View: TreeView,
    keys: '↑↓ walk · ←→ close, open · H hot path · Enter source · / search · ? help',
    searches: true,
  },
  { id: 'lines', label: 'Lines', View: LinesView, keys: '↑↓ walk · N next hot line · Enter source · / search · ? help', searches: true },
  { id: 'files', label: 'Files', View: FilesView, keys: '↑↓←→ walk · Space zoom · Enter source · / search · ? help', searches: true },
  { id: 'diff', label: 'Diff', View: DiffView, keys: '↑↓ walk · Enter source · / search · ? help', searches: true },
  { id: 'info', label: 'Info', View: InfoView, keys: '? help', searches: false },
];
