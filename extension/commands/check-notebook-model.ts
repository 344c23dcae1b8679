import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { type ExportedFile, exportedFiles } from '../notebook/exported-files.ts';

/** Judges the model file that the active notebook wrote last; where it wrote none, offers the cell that does. */
export async function checkNotebookModel(): Promise<void> {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  if (notebook === undefined) return;
  const written = (await Promise.all(notebook.getCells().map(exportedFiles))).flat();
  const files = [...new Map(written.map((each): [string, ExportedFile] => [each.file.toString(), each])).values()].sort((a, b) => b.writtenAt - a.writtenAt);
  if (files.length === 0) {
    const add = l10n.t('Add Export Cell');
    const chosen = await vscode.window.showInformationMessage(l10n.t('No cell of this notebook has written an .onnx file into the workspace.'), add);
    if (chosen === add) await vscode.commands.executeCommand('slipway.addExportCell');
    return;
  }
  const picks = files.map(({ file, name }) => ({ label: name, description: vscode.workspace.asRelativePath(file), file }));
  const picked = picks.length === 1 ? picks[0] : await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Model file, newest first') });
  if (picked !== undefined) await vscode.commands.executeCommand('slipway.checkModel', picked.file);
}
