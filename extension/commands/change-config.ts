import * as vscode from 'vscode';
import type { TextChange } from '../edit-config.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import { configOf } from '../sessions.ts';

/** Makes one change to slipway.yaml in the editor, shows it, and leaves saving to the user. */
export async function changeConfig(session: Session, change: (text: string) => TextChange | null, impossible: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(configOf(session));
  const made = change(document.getText());
  if (made === null) throw new ProblemError(problemOf('config-invalid', impossible, { path: 'slipway.yaml' }));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(made.start), document.positionAt(made.end)), made.text);
  await vscode.workspace.applyEdit(edit);
  const start = document.positionAt(made.start);
  const end = document.positionAt(made.start + made.text.length);
  await vscode.window.showTextDocument(document, { preview: false, selection: new vscode.Range(start, end) });
}
