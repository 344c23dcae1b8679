import * as vscode from 'vscode';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import { configOf } from '../sessions.ts';
import { editBetween } from '../slipway-yaml/edit-yaml.ts';

/** Changes slipway.yaml in the editor, shows what changed, and leaves saving to the user. Null: it cannot be changed as it is written. */
export async function changeConfig(session: Session, change: (text: string) => string | null, impossible: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(configOf(session));
  const before = document.getText();
  const after = change(before);
  if (after === null) throw new ProblemError(problemOf('config-invalid', impossible, { path: 'slipway.yaml' }));
  const { start, end, text } = editBetween(before, after);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), text);
  await vscode.workspace.applyEdit(edit);
  const shown = new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
  await vscode.window.showTextDocument(document, { preview: false, selection: shown });
}
