import { setImmediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import { Emitter } from './emitter.ts';
import type { Log } from './log.ts';
import { openSession } from './open-session.ts';
import { problemIn } from './problem-of.ts';
import type { Session } from './session.ts';

/** The sessions of this window, one for each folder. */
export interface Sessions extends vscode.Disposable {
  /** Of the folders that hold a slipway.yaml, or in which something was asked for, in the window's order. */
  readonly all: readonly Session[];
  /** Whether the folder holds a slipway.yaml. */
  hasConfig(session: Session): boolean;
  /** Of the folder that holds the file, whether or not Slipway has anything in it yet. */
  of(uri: vscode.Uri): Session | null;
  /** Of every folder. */
  readonly folders: readonly Session[];
  /** Visits every session there is and every one that comes; what a visit gives is disposed with its session, and with the visits. */
  each(visit: (session: Session) => vscode.Disposable): vscode.Disposable;
  /** One has news, came or went. */
  readonly onDidChange: vscode.Event<void>;
  /** Whether each folder has a slipway.yaml is known. */
  readonly known: Promise<void>;
}

interface Entry {
  session: Session;
  hasConfig: boolean;
  subscriptions: vscode.Disposable[];
  visited: Map<object, vscode.Disposable>;
}

export function openSessions({ module, log }: { module: string | null; log: Log }): Sessions {
  const entries = new Map<string, Entry>();
  const visits = new Set<(session: Session) => vscode.Disposable>();
  const changed = new Emitter<void>();

  async function look(entry: Entry): Promise<void> {
    const had = entry.hasConfig;
    entry.hasConfig = await vscode.workspace.fs.stat(configOf(entry.session)).then(() => true, () => false);
    if (entry.hasConfig !== had) changed.fire();
    const start = vscode.workspace.getConfiguration('slipway', entry.session.folder).get<'whenNeeded' | 'whenOpened'>('server.start', 'whenNeeded');
    if (start === 'whenOpened' && entry.hasConfig && vscode.workspace.isTrusted && entry.session.state.name === 'idle') entry.session.start().catch((error: unknown) => log.warn(problemIn(error).detail));
  }

  function open(folder: vscode.WorkspaceFolder): Entry {
    const session = openSession({ folder, module, isTrusted: () => vscode.workspace.isTrusted, log });
    const entry: Entry = { session, hasConfig: false, subscriptions: [session, session.onDidChange(() => changed.fire())], visited: new Map() };
    entries.set(folder.uri.toString(), entry);
    for (const visit of visits) entry.visited.set(visit, visit(session));
    return entry;
  }

  /** In a turn of its own: the editor works for milliseconds on its first watcher, and activation is paid by all. */
  async function watch(entry: Entry): Promise<void> {
    await setImmediate();
    const { session } = entry;
    if (entries.get(session.folder.uri.toString()) !== entry) return;
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(session.folder, 'slipway.yaml'));
    const configChanged = (): void => {
      look(entry).then(() => session.refresh()).catch((error: unknown) => log.error(`${session.folder.name}: ${String(error)}`));
    };
    entry.subscriptions.push(watcher, watcher.onDidCreate(configChanged), watcher.onDidChange(configChanged), watcher.onDidDelete(configChanged));
    await look(entry);
  }

  function close(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    for (const disposable of [...entry.visited.values(), ...entry.subscriptions]) disposable.dispose();
  }

  const isLocal = ({ uri }: vscode.WorkspaceFolder): boolean => uri.scheme === 'file';
  const known = Promise.all((vscode.workspace.workspaceFolders ?? []).filter(isLocal).map((folder) => watch(open(folder)))).then(() => changed.fire());
  const folders = vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
    for (const { uri } of removed) close(uri.toString());
    for (const folder of added.filter(isLocal)) void watch(open(folder));
    changed.fire();
  });
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire());
  const inOrder = (): Entry[] => (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) => entries.get(uri.toString()) ?? []);

  return {
    get all() {
      return inOrder().filter(({ hasConfig, session }) => hasConfig || session.state.name !== 'idle' || session.snapshot?.runs.length).map(({ session }) => session);
    },
    get folders() {
      return inOrder().map(({ session }) => session);
    },
    hasConfig: (session) => entries.get(session.folder.uri.toString())?.hasConfig === true,
    of(uri) {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      return folder === undefined ? null : (entries.get(folder.uri.toString())?.session ?? null);
    },
    each(visit) {
      visits.add(visit);
      for (const entry of entries.values()) entry.visited.set(visit, visit(entry.session));
      return {
        dispose() {
          visits.delete(visit);
          for (const entry of entries.values()) {
            entry.visited.get(visit)?.dispose();
            entry.visited.delete(visit);
          }
        },
      };
    },
    onDidChange: changed.event,
    known,
    dispose() {
      folders.dispose();
      trust.dispose();
      for (const key of [...entries.keys()]) close(key);
      changed.dispose();
    },
  };
}

export function configOf(session: Session): vscode.Uri {
  return vscode.Uri.joinPath(session.folder.uri, 'slipway.yaml');
}
