import * as vscode from 'vscode';
import type { RendererMessage } from '../../protocol/notebook.ts';
import * as l10n from '../l10n.ts';
import type { Workbench } from '../workbench.ts';
import { agoText } from './ago-text.ts';
import { exportedFiles } from './exported-files.ts';

const notebookType = 'jupyter-notebook';

/** What stands beside notebooks: a line below a cell that exports a model, and the button of a report in an output. */
export function registerNotebook({ sessions }: Workbench): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const models = vscode.workspace.createFileSystemWatcher('**/*.onnx');
  const provider: vscode.NotebookCellStatusBarItemProvider = {
    onDidChangeCellStatusBarItems: changed.event,
    async provideCellStatusBarItems(cell) {
      if (cell.kind !== vscode.NotebookCellKind.Code) return [];
      const files = await exportedFiles(cell);
      return files.map(({ file, name, writtenAt }) => {
        const item = new vscode.NotebookCellStatusBarItem(l10n.t('$(package) {0} written {1} · Check', name, agoText(Date.now() - writtenAt)), vscode.NotebookCellStatusBarAlignment.Left);
        item.command = { command: 'slipway.checkModel', title: l10n.t('Check Model'), arguments: [file] };
        item.tooltip = l10n.t('Judge this model against its champion');
        item.accessibilityInformation = { label: l10n.t('{0}, written {1}: check this model', name, agoText(Date.now() - writtenAt)), role: 'button' };
        return item;
      });
    },
  };

  // "3 s ago" must not be told for an hour; nothing is asked while no notebook is in sight.
  const clock = setInterval(() => {
    if (vscode.window.visibleNotebookEditors.length > 0) changed.fire();
  }, 30_000);

  const messaging = vscode.notebooks.createRendererMessaging('slipway.report');
  return vscode.Disposable.from(
    changed,
    models,
    models.onDidCreate(() => changed.fire()),
    models.onDidChange(() => changed.fire()),
    models.onDidDelete(() => changed.fire()),
    vscode.notebooks.registerNotebookCellStatusBarItemProvider(notebookType, provider),
    messaging.onDidReceiveMessage(async ({ editor, message }: { editor: vscode.NotebookEditor; message: unknown }) => {
      const session = sessions.of(editor.notebook.uri);
      if (session !== null && isRendererMessage(message)) await vscode.commands.executeCommand('slipway.openReport', { folder: session.folder.uri.toString(), run: message.run });
    }),
    { dispose: () => clearInterval(clock) },
  );
}

/** An output may come with the notebook of a stranger: it names a run in the form that runs have, or it is not heard. */
function isRendererMessage(message: unknown): message is RendererMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'open-report' && 'run' in message && typeof message.run === 'string' && /^r-\d{8}-\d{6}-[0-9a-f]{6}$/.test(message.run);
}
