/** What is needed once a profile is shown: all that shows it in the code beside the heat, and what its page may ask for. A bundle of its own (dist/inCode.js). */
import '../texts.js';
import * as vscode from 'vscode';
import { followBaseline } from '../baseline.js';
import type { Ctx } from '../ctx.js';
import { BaselineItem } from '../views/baselineItem.js';
import { ChangesView } from '../views/changes.js';
import { ExplorerBadges } from './explorerBadges.js';
import { SelectionItem } from './selectionItem.js';
import { ViewItem } from './viewItem.js';

export { checkCompare } from '../editors/compareMessages.js';
export { checkForward, checkPlace, checkSelection, checkText, checkViewChange } from '../editors/pageMessages.js';
export { openLocation, openPlace, sourceLine } from '../locations.js';
export { chooseMetric, choosePalette, chooseScale, chooseThread, chooseView, clearFilters, setFocus } from './choose.js';
export { goToHotLine } from './hotLines.js';
export { peekLine } from './peek.js';

/** Shows what follows the session from now on. */
export function startInCode(ctx: Ctx): vscode.Disposable {
  return vscode.Disposable.from(
    new ViewItem(ctx),
    new SelectionItem(ctx),
    new ExplorerBadges(ctx),
    new ChangesView(ctx),
    new BaselineItem(ctx),
    followBaseline(ctx),
  );
}
