/** Folders of windows that this workspace looks at: those that were opened here, and those that the settings name. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Ctx } from '../ctx.js';

const MEMORY = 'heatline.production.folders';
export const SETTING = 'heatline.production';

/** Absolute paths, each once. */
export function productionFolders({ context }: Pick<Ctx, 'context'>): string[] {
  const told = vscode.workspace.getConfiguration(SETTING).get<unknown>('folders');
  const texts = Array.isArray(told) ? told.filter((each): each is string => typeof each === 'string' && each !== '') : [];
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const named = texts.flatMap((text) => (path.isAbsolute(text) ? path.normalize(text) : root === undefined ? [] : path.join(root, text)));
  return [...new Set([...opened(context), ...named])];
}

export function opened(context: vscode.ExtensionContext): readonly string[] {
  return context.workspaceState.get<readonly string[]>(MEMORY) ?? [];
}

export async function remember(context: vscode.ExtensionContext, folders: readonly string[]): Promise<void> {
  await context.workspaceState.update(MEMORY, folders.length > 0 ? folders : undefined);
}
