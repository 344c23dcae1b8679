import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError } from '../session.ts';
import type { Workbench } from '../workbench.ts';

const sample = 'flight-delay';

/** Copies the sample that comes with the extension to a folder the user picks, and opens it. */
export async function openSample({ context }: Workbench): Promise<void> {
  const parent = (await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, openLabel: l10n.t('Copy Sample Here'), title: l10n.t('Folder for the Sample') }))?.[0];
  if (parent === undefined) return;
  const folder = await freeName(parent);
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(context.extensionUri, 'samples', sample), folder);
  await vscode.commands.executeCommand('vscode.openFolder', folder, { forceReuseWindow: (vscode.workspace.workspaceFolders ?? []).length === 0 });
}

/** Nothing that is there is written over. */
async function freeName(parent: vscode.Uri): Promise<vscode.Uri> {
  for (let count = 1; count < 100; count++) {
    const folder = vscode.Uri.joinPath(parent, count === 1 ? sample : `${sample}-${count}`);
    const taken = await vscode.workspace.fs.stat(folder).then(() => true, () => false);
    if (!taken) return folder;
  }
  throw new ProblemError(problemOf('file-unwritable', l10n.t('{0} holds a hundred samples already', parent.fsPath)));
}
