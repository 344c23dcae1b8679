import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { protocolVersion, type FeedMessage, type Progress, type Snapshot } from '../protocol/feed.ts';
import type { LiveSample } from '../protocol/serving.ts';

/** A message before it has its place in the order. */
export type Told = Unnumbered<FeedMessage>;
type Unnumbered<T> = T extends { sequence: number } ? Omit<T, 'sequence'> : never;

export interface Feed {
  /** Call after saving, never before. */
  tell(message: Told): void;
  progress(progress: Progress): void;
  live(sample: LiveSample): void;
  /** In-process listener, as the command line uses when it runs without a server. */
  subscribe(listener: (message: FeedMessage) => void): () => void;
  attach(server: Server, admit: (request: IncomingMessage) => { status: number; detail: string } | null): void;
  /** Drops every client, before the work it follows is cut short: none of them may take that for an outcome. */
  detach(): void;
  close(): void;
}

const clientsMax = 32;
const messageBytesMax = 1 << 20;
/** Past this a slow client gets no more of what passes; past the second it is dropped and told to come back. */
const bufferedBytesSoft = 8 << 20;
const bufferedBytesHard = 16 << 20;

export function openFeed({ slipway, workspace, snapshot }: { slipway: string; workspace: string; snapshot: () => Promise<Snapshot> }): Feed {
  let sequence = 0;
  const listeners = new Set<(message: FeedMessage) => void>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false });

  function send(socket: WebSocket, message: FeedMessage, text = JSON.stringify(message)): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > bufferedBytesHard) return socket.close(1013, 'too slow: reconnect for a snapshot');
    if ((message.kind === 'progress' || message.kind === 'live') && socket.bufferedAmount > bufferedBytesSoft) return;
    socket.send(text);
  }

  function publish(message: FeedMessage): void {
    for (const listener of listeners) listener(message);
    if (sockets.clients.size === 0) return;
    // Written out once, however many listen.
    const text = JSON.stringify(message);
    for (const socket of sockets.clients) send(socket, message, text);
  }

  async function welcome(socket: WebSocket): Promise<void> {
    // Messages told while the snapshot is read are already in it or come after it with a higher number.
    send(socket, { kind: 'hello', protocol: protocolVersion, slipway, workspace, sequence });
    const at = sequence;
    send(socket, { kind: 'snapshot', sequence: at, snapshot: await snapshot() });
  }

  return {
    tell(message) {
      sequence++;
      publish({ ...message, sequence } as FeedMessage);
    },
    progress(progress) {
      publish({ kind: 'progress', progress });
    },
    live(sample) {
      publish({ kind: 'live', sample });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    attach(server, admit) {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const refusal = new URL(request.url ?? '/', 'http://localhost').pathname !== '/v1/feed'
          ? { status: 404, detail: 'Not Found' }
          : sockets.clients.size >= clientsMax
            ? { status: 503, detail: 'Too many clients' }
            : admit(request);
        if (refusal !== null) {
          socket.end(`HTTP/1.1 ${refusal.status} ${refusal.detail}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
          return;
        }
        sockets.handleUpgrade(request, socket, head, (accepted) => {
          // The socket tells; what a client says here is not part of the protocol.
          accepted.on('message', () => accepted.close(1003, 'ask over HTTP'));
          accepted.on('error', () => accepted.terminate());
          welcome(accepted).catch(() => accepted.close(1011, 'no snapshot'));
        });
      });
    },
    detach() {
      for (const socket of sockets.clients) socket.terminate();
    },
    close() {
      listeners.clear();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
