import type { Requests } from '../../protocol/lsp.js';
import type { Feature } from '../server.js';
import { activate } from './activate.js';
import { callees } from './callees.js';
import { callers } from './callers.js';
import { close } from './close.js';
import {
  compareDocument,
  compareFlame,
  compareFunctions,
  compareLines,
  compareOldDocument,
  compareSummary,
  compareTree,
  compareTreePath,
} from './compare.js';
import { exportProfile } from './export.js';
import { files, fileTree } from './files.js';
import { flame } from './flame.js';
import { functionAt } from './functionAt.js';
import { functions } from './functions.js';
import { label } from './label.js';
import { lineHeat } from './lineHeat.js';
import { lineNeighbours } from './lineNeighbours.js';
import { locate } from './locate.js';
import { open } from './open.js';
import { pathShares } from './pathShares.js';
import { sandwich } from './sandwich.js';
import { sealRecording } from './seal.js';
import { search } from './search.js';
import { selection } from './selection.js';
import { source } from './source.js';
import { timeline, timelineBoxes } from './timeline.js';
import { tree, treePath } from './tree.js';
import { windowGroups, windowLabels, windowMerge } from './windows.js';

/** Every request that the server answers: to add one, write its file and put one line here. The type misses none. */
const table: { readonly [M in keyof Requests]: Feature<M> } = {
  'profile/open': open,
  'profile/close': close,
  'profile/activate': activate,
  'profile/lineHeat': lineHeat,
  'profile/lineNeighbours': lineNeighbours,
  'profile/pathShares': pathShares,
  'profile/selection': selection,
  'profile/functions': functions,
  'profile/label': label,
  'profile/callers': callers,
  'profile/callees': callees,
  'profile/tree': tree,
  'profile/treePath': treePath,
  'profile/sandwich': sandwich,
  'profile/files': files,
  'profile/source': source,
  'profile/fileTree': fileTree,
  'profile/flame': flame,
  'profile/search': search,
  'profile/timeline': timeline,
  'profile/timelineBoxes': timelineBoxes,
  'profile/locate': locate,
  'profile/functionAt': functionAt,
  'profile/export': exportProfile,
  'compare/summary': compareSummary,
  'compare/functions': compareFunctions,
  'compare/lines': compareLines,
  'compare/flame': compareFlame,
  'compare/tree': compareTree,
  'compare/treePath': compareTreePath,
  'compare/document': compareDocument,
  'compare/oldDocument': compareOldDocument,
  'recording/seal': sealRecording,
  'windows/groups': windowGroups,
  'windows/labels': windowLabels,
  'windows/merge': windowMerge,
};

export const features = Object.values(table) as readonly Feature<keyof Requests>[];
