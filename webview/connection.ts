import { protocolVersion, type FeedMessage, type Request } from '../protocol/feed.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import { addressOf, routeOf, targetAt, type Action, type Answer, type Answers, type HostMessage, type Question, type SavedView, type ViewMessage } from '../protocol/view.ts';
import { Refusal, unreachable } from './refusal.ts';
import type { Told } from './state.ts';

/** The one way from a page to everything else. */
export interface Connection {
  /** @throws Refusal */
  ask<Q extends Question>(question: Q): Promise<Answer<Q>>;
  act(action: Action): void;
  /** Called once; from then on the host tells. */
  open(listener: (told: Told) => void): void;
  /** What was saved when the page was last here. */
  saved(): SavedView | null;
  save(view: SavedView): void;
}

/** What the editor gives to a page. */
export interface EditorHost {
  postMessage(message: ViewMessage): void;
  getState(): unknown;
  setState(state: SavedView): void;
}

/** In a webview: messages to the extension host, which talks to the server. */
export function editorConnection(host: EditorHost, inbox: Pick<Window, 'addEventListener'>): Connection {
  const waiting = new Map<number, { resolve: (answer: Answers[keyof Answers]) => void; reject: (refusal: Refusal) => void }>();
  let asked = 0;
  let folder: string | null = null;

  return {
    ask<Q extends Question>(question: Q) {
      const id = ++asked;
      return new Promise<Answer<Q>>((resolve, reject) => {
        waiting.set(id, { resolve: (answer) => resolve(answer as Answer<Q>), reject });
        host.postMessage({ kind: 'ask', id, question });
      });
    },
    act(action) {
      host.postMessage({ kind: 'act', action });
    },
    open(listener) {
      inbox.addEventListener('message', ({ data }: MessageEvent<HostMessage>) => {
        switch (data?.kind) {
          case 'answer':
            waiting.get(data.id)?.resolve(data.answer);
            waiting.delete(data.id);
            return;
          case 'refused':
            waiting.get(data.id)?.reject(new Refusal(data.problem));
            waiting.delete(data.id);
            return;
          case 'show':
            folder = data.folder;
            listener(data);
            return;
          case 'feed':
          case 'connection':
            listener(data);
            return;
        }
      });
      host.postMessage({ kind: 'ready' });
    },
    saved() {
      const saved = host.getState() as SavedView | undefined;
      return saved?.target === undefined ? null : saved;
    },
    save(view) {
      host.setState({ ...view, folder });
    },
  };
}

const retryMs = [250, 500, 1_000, 2_000, 4_000];

/**
 * In a browser: HTTP and a WebSocket to the server that served the page, relative to it, because a proxy may stand
 * between. Runs are started and cancelled there; what takes an editor cannot be done.
 */
export function browserConnection(browser: Window & typeof globalThis): Connection {
  const { document, location, history } = browser;
  /** Work that this page has asked for: what goes wrong with it is told here, as nobody else tells it. */
  const own = new Set<string>();
  let tell: (told: Told) => void = () => undefined;

  function request(method: 'POST' | 'DELETE', path: string, body?: object): void {
    const sent = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    browser.fetch(new URL(path, document.baseURI), { method, ...sent }).then(
      async (response) => {
        if (response.ok) return;
        const problem: unknown = await response.json().catch(() => null);
        tell({ kind: 'failed', problem: isProblem(problem) ? problem : unreachable(`It answered with ${response.status}`).problem });
      },
      (cause: Error) => tell({ kind: 'failed', problem: unreachable(cause.message).problem }),
    );
  }

  return {
    async ask<Q extends Question>(question: Q) {
      const response = await browser.fetch(new URL(`.${routeOf(question)}`, document.baseURI), { headers: { accept: 'application/json' } }).catch((cause: Error) => {
        throw unreachable(cause.message);
      });
      const body: unknown = await response.json().catch(() => null);
      if (!response.ok) throw isProblem(body) ? new Refusal(body) : unreachable(`It answered with ${response.status}`);
      return body as Answer<Q>;
    },
    act(action) {
      switch (action.do) {
        case 'show':
          location.hash = addressOf(action.target);
          return;
        case 'run': {
          const work = newWork(browser.crypto);
          own.add(work);
          tell({ kind: 'failed', problem: null });
          return request('POST', './v1/work', { work, command: action.command } satisfies Request);
        }
        case 'cancel':
          return request('DELETE', `./v1/work/${encodeURIComponent(action.work)}`);
        default:
          // The button of it is not there.
          return;
      }
    },
    open(listener) {
      tell = listener;
      const show = () => {
        const target = targetAt(location.hash) ?? { view: 'runs' as const, model: null };
        listener({ kind: 'show', target, can: { work: true, editor: false }, folder: null });
      };
      browser.addEventListener('hashchange', show);
      show();
      followFeed(browser, (told) => {
        listener(told);
        if (told.kind === 'feed' && told.message.kind === 'problem' && own.has(told.message.work)) listener({ kind: 'failed', problem: told.message.problem });
      });
    },
    saved() {
      const saved = history.state as SavedView | null;
      return saved?.target === undefined ? null : saved;
    },
    save(view) {
      history.replaceState(view, '');
    },
  };
}

/** 32 hexadecimal digits. Other than a UUID they can also be had behind a proxy without TLS. */
function newWork(crypto: Crypto): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Comes back by itself, sooner at first; a gap in the order is closed by coming back too, since that brings a new snapshot. */
function followFeed(browser: Window & typeof globalThis, listener: (told: Told) => void): void {
  let failures = 0;
  connect();

  function connect(): void {
    const address = new URL('./v1/feed', browser.document.baseURI);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new browser.WebSocket(address);
    let sequence: number | null = null;
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as FeedMessage;
      if (message.kind === 'hello') {
        if (message.protocol !== protocolVersion) {
          listener({ kind: 'connection', state: 'stopped', reason: `Slipway ${message.slipway} speaks another protocol than this page; load it again` });
          failures = Infinity;
          return socket.close();
        }
        failures = 0;
        listener({ kind: 'connection', state: 'ready', reason: null });
      }
      if (message.kind !== 'progress' && message.kind !== 'live' && message.kind !== 'hello') {
        if (sequence !== null && message.kind !== 'snapshot' && message.sequence > sequence + 1) return socket.close();
        sequence = message.sequence;
      }
      listener({ kind: 'feed', message });
    });
    socket.addEventListener('close', () => {
      if (failures === Infinity) return;
      if (failures > 0) listener({ kind: 'connection', state: 'lost', reason: 'Slipway does not answer' });
      browser.setTimeout(connect, retryMs[Math.min(failures, retryMs.length - 1)]);
      failures++;
    });
  }
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'hint' in body;
}
