import * as vscode from 'vscode';
import { activityText, currentWork } from '../activity.ts';
import * as l10n from '../l10n.ts';
import { problemIn } from '../problem-of.ts';
import { openReadinessReports } from '../readiness-reports.ts';
import type { Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { dataRows } from './data-rows.ts';
import { blockingCount, gateRows } from './gate-rows.ts';
import { modelRows } from './model-rows.ts';
import type { FolderState, Row } from './row.ts';
import { viewState } from './view-state.ts';

/** Models, Data, and Gates & Readiness. Whoever looks at one starts the server. */
export function registerViews(workbench: Workbench): vscode.Disposable {
  const { sessions, records, log } = workbench;
  const readiness = openReadinessReports(log);

  function stateOf(session: Session): FolderState | null {
    const { folder, snapshot, outline, state } = session;
    return snapshot === null ? null : { name: folder.name, uri: folder.uri.toString(), snapshot, outline, activity: state.name === 'ready' ? currentWork(snapshot) : null, nowMs: Date.now() };
  }

  const models = view('slipway.models', modelRows);
  const data = view('slipway.data', dataRows);
  const gates = view('slipway.gates', (folder, session) => gateRows(folder, { gates: (run) => records.get(session, run)?.gates ?? [], readiness: (model) => readiness.get(session, model) }));

  function view(id: string, rowsOf: (folder: FolderState, session: Session) => Row[]): { tree: vscode.TreeView<Row>; refresh(): void; dispose(): void } {
    const changed = new vscode.EventEmitter<void>();
    const tree = vscode.window.createTreeView<Row>(id, {
      showCollapseAll: true,
      treeDataProvider: {
        onDidChangeTreeData: changed.event,
        getTreeItem: treeItem,
        getChildren: (row) => row?.children ?? rootRows(rowsOf),
      },
    });
    const watching = tree.onDidChangeVisibility(({ visible }) => {
      if (visible) look();
    });
    return { tree, refresh: () => changed.fire(), dispose: () => vscode.Disposable.from(tree, changed, watching).dispose() };
  }

  function rootRows(rowsOf: (folder: FolderState, session: Session) => Row[]): Row[] {
    const folders = sessions.all.flatMap((session) => {
      const folder = stateOf(session);
      return folder === null ? [] : [{ folder, session }];
    });
    if (folders.length === 1) return rowsOf(folders[0].folder, folders[0].session);
    return folders.flatMap(({ folder, session }) => {
      const children = rowsOf(folder, session);
      return children.length === 0 ? [] : [{ id: folder.uri, label: folder.name, icon: { id: 'root-folder' }, kind: 'folder', spoken: l10n.t('Folder {0}', folder.name), open: true, children, subject: { folder: folder.uri } }];
    });
  }

  function look(): void {
    if (!vscode.workspace.isTrusted) return;
    sessions.known.then(() => {
      for (const session of sessions.all) if (sessions.hasConfig(session) && session.state.name === 'idle') session.start().catch((error: unknown) => log.warn(problemIn(error).detail));
    }, (error: unknown) => log.error(String(error)));
  }

  function draw(): void {
    const all = sessions.all;
    const folders = all.flatMap((session) => stateOf(session) ?? []);
    const state = viewState({
      folders: sessions.folders.length,
      trusted: vscode.workspace.isTrusted,
      hasServer: workbench.target !== 'universal',
      sessions: all.map((session) => ({ hasConfig: sessions.hasConfig(session), state: session.state, problem: session.snapshot?.problem ?? null, isRead: session.outline !== null })),
      hasRows: folders.some((folder) => modelRows(folder).length > 0 || folder.snapshot.batches.length > 0),
    });
    void vscode.commands.executeCommand('setContext', 'slipway.state', state);
    void vscode.commands.executeCommand('setContext', 'slipway.hasConfig', all.some((session) => sessions.hasConfig(session)));
    void vscode.commands.executeCommand('setContext', 'slipway.hasRuns', folders.some(({ snapshot }) => snapshot.runs.length > 0));
    void vscode.commands.executeCommand('setContext', 'slipway.working', folders.some(({ activity }) => activity !== null));
    // A message would stand in place of the welcome.
    models.tree.message = state === 'ready' ? messageOf(all, folders) : undefined;
    const blocking = blockingCount(folders);
    gates.tree.badge = blocking === 0 ? undefined : { value: blocking, tooltip: blocking === 1 ? l10n.t('1 gate blocks promotion') : l10n.t('{0} gates block promotion', blocking) };
    for (const { refresh } of [models, data, gates]) refresh();
    if (models.tree.visible || data.tree.visible || gates.tree.visible) look();
  }

  const subscriptions = [sessions.onDidChange(draw), records.onDidChange(() => gates.refresh()), readiness.onDidChange(() => gates.refresh())];
  draw();
  return vscode.Disposable.from(models, data, gates, readiness, ...subscriptions);
}

/** What goes on, or what is wrong, above rows that are there all the same. */
function messageOf(sessions: readonly Session[], folders: FolderState[]): string | undefined {
  for (const { state, folder, snapshot } of sessions) {
    const where = sessions.length > 1 ? `${folder.name}: ` : '';
    if (state.name === 'stopped') return where + l10n.t('Slipway has stopped: {0}', state.reason);
    if (state.name === 'lost') return where + l10n.t('Slipway is being started again: {0}', state.reason);
    if (snapshot?.problem != null && snapshot.problem.code !== 'config-missing') return where + snapshot.problem.detail;
  }
  const active = folders.find(({ activity }) => activity !== null)?.activity ?? null;
  return active === null ? undefined : activityText(active);
}

function treeItem(row: Row): vscode.TreeItem {
  const isLeaf = row.children === undefined || row.children.length === 0;
  const item = new vscode.TreeItem(row.label, isLeaf ? vscode.TreeItemCollapsibleState.None : row.open === true ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed);
  // The editor remembers of each id whether it is open: what had nothing to open has not been closed by anybody.
  item.id = isLeaf ? `${row.id} leaf` : row.id;
  item.description = row.description;
  item.tooltip = row.tooltip === undefined ? undefined : new vscode.MarkdownString(row.tooltip);
  item.iconPath = new vscode.ThemeIcon(row.icon.id, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
  item.contextValue = row.kind;
  item.accessibilityInformation = { label: row.spoken };
  if (row.command !== undefined) item.command = { command: row.command.id, title: row.command.title, arguments: [{ subject: row.subject }] };
  return item;
}
