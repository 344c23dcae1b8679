import * as vscode from 'vscode';
import { problemIn } from '../problem-of.ts';
import { showProblem } from '../show-problem.ts';
import type { Workbench } from '../workbench.ts';
import { addExportCell } from './add-export-cell.ts';
import { addReportCell } from './add-report-cell.ts';
import { checkNotebookModel } from './check-notebook-model.ts';
import { restartServer } from './restart-server.ts';
import { runGates } from './run-gates.ts';
import { setUpWorkspace } from './set-up-workspace.ts';
import { showLog } from './show-log.ts';
import { subjectOf } from './subject.ts';

/** Everything the manifest declares and this room does. What fails is told to the user, never thrown at the caller. */
export const commands = {
  'slipway.setUpWorkspace': setUpWorkspace,
  'slipway.runGates': runGates,
  'slipway.checkNotebookModel': checkNotebookModel,
  'slipway.addExportCell': addExportCell,
  'slipway.addReportCell': addReportCell,
  'slipway.restartServer': restartServer,
  'slipway.showLog': showLog,
} satisfies Record<string, (workbench: Workbench, argument: unknown) => unknown>;

export function registerCommands(workbench: Workbench): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries<(workbench: Workbench, argument: unknown) => unknown>(commands).map(([id, handler]) =>
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          return await handler(workbench, argument);
        } catch (error) {
          await showProblem(problemIn(error), subjectOf(workbench, argument).session, workbench.log);
          return undefined;
        }
      }),
    ),
  );
}
