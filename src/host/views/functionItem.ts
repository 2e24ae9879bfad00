import * as path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatCount, formatShare, formatValue } from '../../core/model/units.js';
import type { FunctionRow, ProfileInfo } from '../../protocol/lsp.js';
import { safeText } from '../safeText.js';

/**
 * A function as a tree item: its name, then figures and place in the description.
 * @param value the figure that the tree is sorted by @param whole the profile's total, for the share
 */
export function functionItem(row: FunctionRow, value: number, whole: number, unit: string): vscode.TreeItem {
  const name = safeText(row.name);
  const figures = `${whole > 0 ? formatShare(value / whole) : '–'} · ${formatValue(value, unit)}`;
  const calls = row.calls === null ? '' : ` · ${formatCount(row.calls)}×`;
  const file = safeText(row.file);
  const item = new vscode.TreeItem(shortName(name));
  item.description = `${figures}${calls}  ${place(file, row.line)}`;
  item.iconPath = row.library
    ? new vscode.ThemeIcon('library', new vscode.ThemeColor('disabledForeground'))
    : new vscode.ThemeIcon('symbol-method', new vscode.ThemeColor('symbolIcon.methodForeground'));
  item.contextValue = 'function';
  const tooltip = new vscode.MarkdownString();
  tooltip.appendText(
    t(
      '{0}\n{1}{2}\n\nself {3} · total {4}{5}',
      name,
      file,
      row.line > 0 ? `:${row.line}` : '',
      formatValue(row.self, unit),
      formatValue(row.total, unit),
      callsText(row),
    ),
  );
  item.tooltip = tooltip;
  item.accessibilityInformation = { label: `${name}, ${figures}${row.calls === null ? '' : t(', {0} calls', row.calls)}` };
  return item;
}

/** What tells functions apart in a narrow view; the tooltip has the whole name. */
function shortName(name: string): string {
  const builtIn = /^[<{]built-in method (?:builtins\.)?(.+)[>}]$/.exec(name)?.[1];
  if (builtIn) return builtIn;
  const method = /^[<{]method '(.+)' of '(.+)' objects[>}]$/.exec(name);
  return method ? `${method[2]}.${method[1]}` : name.replaceAll('.<locals>', '');
}

/** What a profile's users call self and total: cProfile's words where calls were counted. */
export const timeWords = (info: ProfileInfo): { readonly self: string; readonly total: string } =>
  info.hasCalls ? { self: 'tottime', total: 'cumtime' } : { self: t('self'), total: t('total') };

/** `n/p` for recursive functions, as pstats writes it. */
function callsText(row: FunctionRow): string {
  if (row.calls === null) return '';
  const primitive = row.primitive !== null && row.primitive !== row.calls ? `/${formatCount(row.primitive)}` : '';
  return t(' · {0}{1} calls', formatCount(row.calls), primitive);
}

function place(file: string, line: number): string {
  if (!file || file.startsWith('<') || file === '~') return file === '~' ? t('built-in') : file;
  return `${path.posix.basename(file.replace(/\\/g, '/'))}${line > 0 ? `:${line}` : ''}`;
}

/** Click opens the source; built-in functions have none. */
export function placeCommand(info: ProfileInfo | undefined, row: FunctionRow): vscode.Command {
  return { title: t('Open Source'), command: 'heatline.openLocation', arguments: [{ profile: info?.id, func: row.func }] };
}
