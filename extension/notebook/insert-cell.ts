import * as vscode from 'vscode';

/** A code cell below the selected one, selected and in sight. Nothing is run. */
export async function insertCell(editor: vscode.NotebookEditor, source: string): Promise<void> {
  const { notebook } = editor;
  const at = Math.min(editor.selection.end, notebook.cellCount);
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(at, [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, source, 'python')])]);
  await vscode.workspace.applyEdit(edit);
  editor.selection = new vscode.NotebookRange(at, at + 1);
  editor.revealRange(editor.selection, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
}
