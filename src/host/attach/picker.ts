/** The process picker: Python programs with their children, why one of them cannot be recorded, and all others on request. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { listProcesses, type ProcessFacts, type RunningProcess } from '../../engines/index.js';
import { safeText } from '../safeText.js';
import { isCandidate, type ProcessRow, processRows } from './processRows.js';

interface Item extends vscode.QuickPickItem {
  readonly row?: ProcessRow;
}

const REFRESH: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('refresh'), tooltip: t('Look again') };
/** Longer command lines would push what matters out of sight. */
const LONGEST = 160;

/** Lets the user choose a process. @throws CancellationError */
export async function pickProcess(title = t('Record a Running Program')): Promise<ProcessFacts> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = title;
  picker.placeholder = t('Name, number or a part of the command line');
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.buttons = [REFRESH];
  let all = false;
  let turn = 0;
  const refresh = async () => {
    const mine = ++turn;
    picker.busy = true;
    const processes = await listProcesses();
    if (mine !== turn) return;
    const active = picker.activeItems[0]?.row?.facts.pid;
    picker.items = itemsOf(processes, all);
    const again = picker.items.find(({ row }) => active !== undefined && row?.facts.pid === active);
    if (again) picker.activeItems = [again];
    picker.busy = false;
  };
  try {
    return await new Promise<ProcessFacts>((resolve, reject) => {
      picker.onDidTriggerButton(() => void refresh());
      picker.onDidHide(() => reject(new vscode.CancellationError()));
      picker.onDidAccept(() => {
        const [chosen] = picker.selectedItems;
        if (chosen?.row) resolve(chosen.row.facts);
        else if (chosen) {
          all = true;
          void refresh();
        }
      });
      picker.show();
      void refresh();
    });
  } finally {
    turn++;
    picker.dispose();
  }
}

function itemsOf(processes: readonly RunningProcess[], all: boolean): Item[] {
  const rows = processRows(processes, all);
  const candidates = processes.filter(isCandidate).length;
  const items = rows.map(item);
  if (all) return items;
  const more = processes.length - candidates;
  const none = candidates === 0 ? t('No Python program runs here. ') : '';
  return [
    ...items,
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: t('$(ellipsis) {0}Show all programs', none), description: t('{0} more', more), alwaysShow: true },
  ];
}

function item(row: ProcessRow): Item {
  const { depth, name, description, command, refusal } = row;
  // Blanks at the beginning are cut: these are of the width of a letter, and stay.
  const indent = depth === 0 ? '' : `${'\u2003'.repeat(depth)}`;
  const icon = refusal ? 'circle-slash' : depth === 0 ? 'play-circle' : 'indent';
  const shown = shorten(safeText(command));
  return {
    label: `${indent}$(${icon}) ${safeText(name)}`,
    description: safeText(description),
    detail: `${indent}${refusal ? `$(warning) ${safeText(shortReason(refusal.sentence))} · ` : ''}${shown}`,
    row,
  };
}

/** The doctor's sentence without the name that stands above it already. */
const shortReason = (sentence: string) => sentence.replace(/^process \d+(?: \([^)]*\))? (?:may not be read: )?/, '');

const shorten = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
