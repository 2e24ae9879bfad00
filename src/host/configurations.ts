/** Launch configurations and tasks of type `heatline`: VS Code fills in their variables, and we start what they say. */

import * as vscode from 'vscode';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import { newRecordingId } from './recordings.js';

/** Makes F5 and tasks.json know our type. Cheap: nothing is read before one of them is started. */
export function registerConfigurations(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider('heatline', {
      resolveDebugConfiguration,
      resolveDebugConfigurationWithSubstitutedVariables,
    }),
    vscode.tasks.registerTaskProvider('heatline', { provideTasks, resolveTask }),
  );
}

/** F5 without a configuration: the file in front. */
function resolveDebugConfiguration(_: vscode.WorkspaceFolder | undefined, config: vscode.DebugConfiguration): vscode.DebugConfiguration {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's own variable
  return config.type ? config : { name: t('Profile the file'), type: 'heatline', request: 'launch', program: '${file}' };
}

/** There is nothing to debug: the program is recorded, and VS Code is told that all is done. */
function resolveDebugConfigurationWithSubstitutedVariables(
  folder: vscode.WorkspaceFolder | undefined,
  config: vscode.DebugConfiguration,
): undefined {
  const { type: _, request, ...rest } = config;
  if (request === 'attach') {
    const { processId, ...options } = rest;
    void vscode.commands.executeCommand('heatline.attach', { ...options, ...(processId ? { pid: Number(processId) } : {}) });
  } else void vscode.commands.executeCommand('heatline.profileLaunchConfig', rest, folder?.uri);
  return undefined;
}

/** The file in front, as a task that one need not write down. */
function provideTasks(): vscode.Task[] {
  const file = vscode.window.activeTextEditor?.document;
  const folder = file && vscode.workspace.getWorkspaceFolder(file.uri);
  if (file?.languageId !== 'python' || !folder) return [];
  return [taskFor({ type: 'heatline', program: vscode.workspace.asRelativePath(file.uri, false) }, folder, undefined)];
}

function resolveTask(task: vscode.Task): vscode.Task {
  return taskFor(task.definition, task.scope, task.name);
}

function taskFor(definition: vscode.TaskDefinition, scope: vscode.Task['scope'], name: string | undefined): vscode.Task {
  const what = String(
    definition.program ?? definition.module ?? (Array.isArray(definition.command) ? definition.command.join(' ') : definition.command),
  );
  const folder = typeof scope === 'object' ? scope.uri : undefined;
  const execution = new vscode.CustomExecution(async (resolved) => new RecordingTerminal({ ...resolved }, what, folder));
  return new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, name ?? `profile ${what}`, 'heatline', execution, []);
}

/** Says what a task records, in whose own terminal the program runs; ends as the program ends. */
class RecordingTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<number>();
  private readonly id = newRecordingId();
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.closed.event;

  constructor(
    private readonly definition: vscode.TaskDefinition,
    private readonly what: string,
    private readonly folder: vscode.Uri | undefined,
  ) {}

  open(): void {
    void this.run();
  }

  /** Ctrl-C here stops what the other terminal shows. */
  handleInput(data: string): void {
    if (data === '\u0003') this.close();
  }

  close(): void {
    void vscode.commands.executeCommand('heatline.stop', this.id);
  }

  private async run(): Promise<void> {
    const { type: _, ...spec } = this.definition;
    this.written.fire(t('Heatline records {0}; the program has a terminal of its own. Ctrl-C stops it.\r\n', this.what));
    const info = await vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.profileLaunchConfig', spec, this.folder, this.id);
    const status = info?.recording?.exitStatus;
    this.written.fire(info ? `${info.summary}\r\n` : t('Nothing was recorded.\r\n'));
    this.closed.fire(info ? Math.abs(status ?? 0) : 1);
  }
}
