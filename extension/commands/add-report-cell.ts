import { dirname, posix, relative, sep } from 'node:path';
import * as vscode from 'vscode';
import { reportCell } from '../notebook/export-cell.ts';
import { insertCell } from '../notebook/insert-cell.ts';
import type { Workbench } from '../workbench.ts';

/** Puts in a cell that shows the newest verdict, and the Python file it reads it with beside the saved runs. */
export async function addReportCell({ context, sessions }: Workbench): Promise<void> {
  const editor = vscode.window.activeNotebookEditor;
  const session = editor === undefined ? null : sessions.of(editor.notebook.uri);
  if (editor === undefined || session === null) return;
  const folder = vscode.Uri.joinPath(session.folder.uri, '.slipway', 'python');
  await vscode.workspace.fs.createDirectory(folder);
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(context.extensionUri, 'dist', 'slipway.py'), vscode.Uri.joinPath(folder, 'slipway.py'), { overwrite: true });
  const models = session.outline?.models.map(({ name }) => name) ?? [];
  const from = relative(dirname(editor.notebook.uri.fsPath), folder.fsPath).split(sep).join(posix.sep);
  await insertCell(editor, reportCell({ folder: from, model: models.length === 1 ? models[0] : null }));
}
