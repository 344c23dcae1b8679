import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { exportCell, fittedVariable, frameworksIn, frameworkTitles } from '../notebook/export-cell.ts';
import { insertCell } from '../notebook/insert-cell.ts';

/** Puts in a cell that exports the model fitted last, with the answers it gives here. The user runs it. */
export async function addExportCell(): Promise<void> {
  const editor = vscode.window.activeNotebookEditor;
  if (editor === undefined) return;
  const sources = editor.notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code).map(({ document }) => document.getText());
  const imported = frameworksIn(sources);
  const picks = frameworkTitles
    .map(([framework, title]) => ({ label: title, description: imported.includes(framework) ? l10n.t('imported by this notebook') : '', framework }))
    .sort((a, b) => rank(imported.indexOf(a.framework)) - rank(imported.indexOf(b.framework)));
  const picked = imported.length === 1 ? picks[0] : await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Framework of the model') });
  if (picked === undefined) return;
  const name = editor.notebook.uri.path.split('/').pop()?.replace(/\.ipynb$/, '').replace(/[^\w-]+/g, '-') || 'model';
  await insertCell(editor, exportCell(picked.framework, { path: `models/${name}/v1/model.onnx`, variable: fittedVariable(sources) }));
}

const rank = (place: number): number => (place === -1 ? Infinity : place);
