import type { ComponentType } from 'preact';
import { t } from '../shared/format.js';
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
  { id: 'flame', label: t('Flame'), View: FlameView, keys: t('↑↓←→ walk · Space zoom · Enter source · / search · ? help'), searches: true },
  {
    id: 'timeline',
    label: t('Timeline'),
    View: TimelineView,
    keys: t('↑↓←→ walk · Space zoom · Shift+drag choose a time · Enter source · ? help'),
    searches: true,
  },
  {
    id: 'sandwich',
    label: t('Sandwich'),
    View: SandwichView,
    keys: t('↑↓ walk · S selected box in the middle · Enter source · / search · ? help'),
    searches: true,
  },
  { id: 'table', label: t('Table'), View: TableView, keys: t('↑↓ walk · Enter source · / search · ? help'), searches: true },
  {
    id: 'tree',
    label: t('Tree'),
    View: TreeView,
    keys: t('↑↓ walk · ←→ close, open · H hot path · Enter source · / search · ? help'),
    searches: true,
  },
  {
    id: 'lines',
    label: t('Lines'),
    View: LinesView,
    keys: t('↑↓ walk · N next hot line · Enter source · / search · ? help'),
    searches: true,
  },
  { id: 'files', label: t('Files'), View: FilesView, keys: t('↑↓←→ walk · Space zoom · Enter source · / search · ? help'), searches: true },
  { id: 'diff', label: t('Diff'), View: DiffView, keys: t('↑↓ walk · Enter source · / search · ? help'), searches: true },
  { id: 'info', label: t('Info'), View: InfoView, keys: t('? help'), searches: false },
];
