import * as vscode from 'vscode';
import { activeSession } from './active-session.ts';
import { currentWork } from './activity.ts';
import * as l10n from './l10n.ts';
import type { Session } from './session.ts';
import { lastRun, statusCommands, statusText } from './status-text.ts';
import type { Workbench } from './workbench.ts';

/** The one item in the status bar, about the folder of the active tab, else the first that Slipway is used in. */
export function registerStatus({ sessions, records, pages }: Workbench): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('slipway.status', vscode.StatusBarAlignment.Left, 40);
  item.name = l10n.t('Slipway');
  item.command = 'slipway.models.focus';

  function session(): Session | undefined {
    const current = activeSession({ sessions, pages });
    const used = sessions.all;
    return used.find((each) => each === current) ?? used.find((each) => each.snapshot?.active.length !== 0 && each.state.name === 'ready') ?? used[0];
  }

  function draw(): void {
    const shown = session();
    if (shown === undefined || !vscode.workspace.getConfiguration('slipway').get('statusBar.visible', true)) return item.hide();
    const { state, snapshot } = shown;
    const trusted = vscode.workspace.isTrusted;
    const run = lastRun(snapshot);
    const { text, tooltip, spoken, trouble } = statusText({ folder: shown.folder.uri.toString(), state, trusted, snapshot, activity: state.name === 'ready' ? currentWork(snapshot) : null, runtime: run === null ? null : (records.get(shown, run.id)?.runtime ?? null) });
    item.text = text;
    item.tooltip = new vscode.MarkdownString(tooltip);
    item.tooltip.isTrusted = { enabledCommands: statusCommands };
    item.accessibilityInformation = { label: spoken };
    item.backgroundColor = trouble ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    item.show();
  }

  draw();
  return vscode.Disposable.from(item, sessions.onDidChange(draw), records.onDidChange(draw), pages.onDidChangeActive(draw), vscode.window.onDidChangeActiveTextEditor(draw), vscode.window.onDidChangeActiveNotebookEditor(draw), vscode.workspace.onDidChangeConfiguration(draw));
}
