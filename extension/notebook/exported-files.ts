import * as vscode from 'vscode';
import { exportsIn } from './find-exports.ts';

/** A model file that a cell exports and that is there. */
export interface ExportedFile {
  file: vscode.Uri;
  name: string;
  /** Milliseconds since 1970. */
  writtenAt: number;
}

/** The files of the workspace that a cell's code writes, newest first. Paths are those of the kernel: relative to the notebook, else to its folder. */
export async function exportedFiles(cell: vscode.NotebookCell): Promise<ExportedFile[]> {
  const folder = vscode.workspace.getWorkspaceFolder(cell.notebook.uri)?.uri;
  const homes = [vscode.Uri.joinPath(cell.notebook.uri, '..'), ...(folder === undefined ? [] : [folder])];
  const found = await Promise.all(exportsIn(cell.document.getText()).map(({ path }) => firstThere(path, homes)));
  return found.filter((each) => each !== null).sort((a, b) => b.writtenAt - a.writtenAt);
}

async function firstThere(path: string, homes: vscode.Uri[]): Promise<ExportedFile | null> {
  const places = /^(\/|[a-zA-Z]:[\\/])/.test(path) ? [vscode.Uri.file(path)] : homes.map((home) => vscode.Uri.joinPath(home, path.replaceAll('\\', '/')));
  for (const file of places) {
    // What lies outside the workspace is not Slipway's to judge.
    if (vscode.workspace.getWorkspaceFolder(file) === undefined) continue;
    const stat = await vscode.workspace.fs.stat(file).then((found) => found, () => null);
    if (stat?.type === vscode.FileType.File) return { file, name: path.split(/[\\/]/).pop() ?? path, writtenAt: stat.mtime };
  }
  return null;
}
