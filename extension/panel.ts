import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Action, HostMessage, Question, ViewTarget } from '../protocol/view.ts';
import { Emitter } from './emitter.ts';
import * as l10n from './l10n.ts';
import { pageHtml } from './page-html.ts';
import { parseTarget, parseViewMessage } from './parse-view-message.ts';
import { perform } from './perform-action.ts';
import { problemIn } from './problem-of.ts';
import { relayFeed } from './relay-feed.ts';
import type { Session, SessionState } from './session.ts';
import { showProblem } from './show-problem.ts';
import type { Pages, Workbench } from './workbench.ts';

export const panelType = 'slipway.view';

/** Questions of one page that may be open at a time; a page asks a handful. */
const asksMax = 64;

interface Panel {
  session: Session;
  target: ViewTarget;
  view: vscode.WebviewPanel;
  tell(): void;
}

/** One tab for each kind of page and folder; what is in it is drawn by the page itself, from what it asks for. */
export function openPages(workbench: Omit<Workbench, 'pages'>): Pages & vscode.Disposable {
  const { context, sessions, log } = workbench;
  const panels = new Map<string, Panel>();
  const inhabited = new Set<Panel>();
  const activeChanged = new Emitter<void>();
  const pages: Pages = {
    show,
    inhabit,
    get active() {
      return [...inhabited].find(({ view }) => view.active)?.session ?? null;
    },
    onDidChangeActive: activeChanged.event,
  };
  const media = (name: string): vscode.Uri => vscode.Uri.joinPath(context.extensionUri, 'media', name);

  function show(session: Session, target: ViewTarget): void {
    const open = panels.get(keyOf(session, target));
    if (open !== undefined) {
      open.target = target;
      open.view.title = titleOf(session, target);
      open.tell();
      open.view.reveal();
      return;
    }
    adopt(vscode.window.createWebviewPanel(panelType, titleOf(session, target), vscode.ViewColumn.Active), session, target);
  }

  /** A tab of our own: there is one for each kind of page, and it comes back after a reload. */
  function adopt(view: vscode.WebviewPanel, session: Session, target: ViewTarget): void {
    const key = keyOf(session, target);
    view.iconPath = { light: media('slipway-light.svg'), dark: media('slipway-dark.svg') };
    panels.set(key, inhabit(view, session, target));
    view.onDidDispose(() => panels.delete(key));
  }

  function inhabit(view: vscode.WebviewPanel, session: Session, target: ViewTarget): Panel {
    const assets = vscode.Uri.joinPath(context.extensionUri, 'dist');
    view.webview.options = { enableScripts: true, localResourceRoots: [assets] };
    const panel: Panel = { session, target, view, tell };
    /** Messages to a page that has not loaded, or is hidden, would be lost: it is told everything when it says that it is there. */
    let listens = false;
    let asks = 0;
    const post = (message: HostMessage): void => {
      if (listens) void view.webview.postMessage(message);
    };
    const relay = relayFeed((message) => post({ kind: 'feed', message }));
    const canAct = (): boolean => vscode.workspace.isTrusted;

    function tell(): void {
      post({ kind: 'show', target: panel.target, can: { work: canAct(), editor: true }, folder: session.folder.uri.toString() });
      post({ kind: 'connection', ...connectionOf(session.state, canAct()) });
      if (session.snapshot !== null) post({ kind: 'feed', message: { kind: 'snapshot', sequence: 0, snapshot: session.snapshot } });
    }

    async function answer(id: number, question: Question): Promise<void> {
      if (asks >= asksMax) return;
      asks++;
      try {
        post({ kind: 'answer', id, answer: await session.ask(question) });
      } catch (error) {
        post({ kind: 'refused', id, problem: problemIn(error) });
      } finally {
        asks--;
      }
    }

    function act(action: Action): void {
      // Two files side by side are shown where one of them is open.
      if (action.do === 'show' && action.target.view === 'model-file' && panel.target.view === 'model-file') {
        panel.target = action.target;
        return tell();
      }
      perform({ ...workbench, pages }, session, action).catch((error: unknown) => showProblem(problemIn(error), session, log));
    }

    let shown: SessionState['name'] = session.state.name;
    const subscriptions = [
      view.webview.onDidReceiveMessage((value: unknown) => {
        const message = parseViewMessage(value);
        if (message === null) return log.warn('A page sent a message that is not one of a page; it was ignored');
        if (message.kind === 'ready') {
          listens = true;
          tell();
          if (canAct()) session.start().catch((error: unknown) => log.warn(problemIn(error).detail));
        } else if (message.kind === 'ask') void answer(message.id, message.question);
        else act(message.action);
      }),
      view.onDidChangeViewState(() => {
        // A hidden page is taken down; it comes back with 'ready'.
        if (!view.visible) listens = false;
        activeChanged.fire();
      }),
      session.onMessage((message) => relay.hear(message)),
      session.onDidChange(() => {
        if (session.state.name === shown) return;
        shown = session.state.name;
        post({ kind: 'connection', ...connectionOf(session.state, canAct()) });
        view.title = titleOf(session, panel.target);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(tell),
      { dispose: () => relay.stop() },
    ];
    view.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
      inhabited.delete(panel);
      activeChanged.fire();
    });
    view.webview.html = htmlOf(view.webview, assets, titleOf(session, target));
    inhabited.add(panel);
    activeChanged.fire();
    return panel;
  }

  const serializer = vscode.window.registerWebviewPanelSerializer(panelType, {
    async deserializeWebviewPanel(view, state: unknown) {
      const { target: saved, folder } = (state ?? {}) as { target?: unknown; folder?: unknown };
      const target = parseTarget(saved);
      const session = sessions.folders.find(({ folder: { uri } }) => uri.toString() === folder);
      // A page whose folder is no longer open would show another one's.
      if (target === null || session === undefined || panels.has(keyOf(session, target))) return view.dispose();
      adopt(view, session, target);
    },
  });

  return Object.assign(pages, {
    dispose() {
      serializer.dispose();
      for (const { view } of [...panels.values()]) view.dispose();
      activeChanged.dispose();
    },
  });
}


const keyOf = ({ folder }: Session, { view }: ViewTarget): string => `${view} ${folder.uri.toString()}`;

function connectionOf(state: SessionState, trusted: boolean): Omit<Extract<HostMessage, { kind: 'connection' }>, 'kind'> {
  // Saved reports are all there is in a folder that is not trusted, and they are there.
  if (!trusted) return { state: 'ready', reason: null };
  switch (state.name) {
    case 'idle':
    case 'starting':
      return { state: 'starting', reason: null };
    case 'ready':
      return { state: 'ready', reason: null };
    case 'lost':
    case 'stopped':
      return { state: state.name, reason: state.reason };
  }
}

function titleOf({ snapshot, folder }: Session, target: ViewTarget): string {
  const run = (id: string) => snapshot?.runs.find((summary) => summary.id === id);
  switch (target.view) {
    case 'gates': {
      const summary = run(target.run);
      return summary === undefined ? l10n.t('Gates') : l10n.t('{0} {1}', summary.model, summary.version);
    }
    case 'data': {
      const batch = snapshot?.batches.find(({ id }) => id === target.batch);
      return batch === undefined ? l10n.t('Data') : l10n.t('Data: {0}', batch.name);
    }
    case 'compare':
      return l10n.t('Compare {0}', target.model);
    case 'readiness':
      return l10n.t('Readiness of {0}', target.model);
    case 'runs':
      return target.model === null ? l10n.t('Runs in {0}', folder.name) : l10n.t('Runs of {0}', target.model);
    case 'shadow':
      return l10n.t('Shadow of {0}', target.model);
    case 'live':
      return l10n.t('Live: {0}', folder.name);
    case 'model-file':
      return target.path.split('/').at(-1) ?? target.path;
  }
}

function htmlOf(webview: vscode.Webview, assets: vscode.Uri, title: string): string {
  const asset = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(assets, name)).toString();
  return pageHtml({ source: webview.cspSource, script: asset('view.js'), style: asset('view.css'), nonce: randomBytes(16).toString('base64'), title, language: vscode.env.language });
}

