import * as vscode from 'vscode';
import * as l10n from './l10n.ts';
import { type SlipwayTask, taskArguments } from './task-arguments.ts';
import type { Workbench } from './workbench.ts';

const taskType = 'slipway';

/** `slipway` tasks: the bundled command line in a terminal, on the editor's own Node, its findings in Problems. */
export function registerTasks({ context, sessions }: Pick<Workbench, 'context' | 'sessions'>): vscode.Disposable {
  const cli = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;

  function taskOf(definition: SlipwayTask, folder: vscode.WorkspaceFolder, args: string[]): vscode.Task {
    const name = [definition.command, definition.model, definition.file, definition.watch === true ? l10n.t('(watching)') : undefined].filter((part) => part !== undefined).join(' ');
    const task = new vscode.Task(definition, folder, name, 'slipway', executionOf(args, folder), '$slipway');
    task.group = definition.command === 'run' ? vscode.TaskGroup.Test : undefined;
    task.isBackground = definition.watch === true;
    task.presentationOptions = { clear: true, showReuseMessage: false };
    return task;
  }

  function executionOf(args: string[], { uri }: vscode.WorkspaceFolder): vscode.ProcessExecution {
    // The editor's own executable is Node where this says so; a debugger's options are not for this process.
    return new vscode.ProcessExecution(process.execPath, [cli, ...args], { cwd: uri.fsPath, env: { ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' } });
  }

  return vscode.tasks.registerTaskProvider(taskType, {
    provideTasks() {
      if (!vscode.workspace.isTrusted) return [];
      return sessions.folders.filter((session) => sessions.hasConfig(session)).flatMap(({ folder }) => {
        const offered: SlipwayTask[] = [{ type: taskType, command: 'run' }, { type: taskType, command: 'run', watch: true }, { type: taskType, command: 'status' }, { type: taskType, command: 'readiness' }, { type: taskType, command: 'doctor' }];
        return offered.flatMap((definition) => {
          const given = taskArguments({ ...definition });
          return 'reason' in given ? [] : [taskOf(definition, folder, given.arguments)];
        });
      });
    },
    resolveTask(task) {
      const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
      const given = taskArguments(task.definition);
      if (folder === undefined) return undefined;
      // A resolved task keeps the definition it was asked by, or the editor takes it for another one.
      if ('reason' in given) throw new Error(given.reason);
      return taskOf(task.definition as SlipwayTask, folder, given.arguments);
    },
  });
}
