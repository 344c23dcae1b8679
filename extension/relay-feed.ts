import type { FeedMessage } from '../protocol/feed.ts';

const progressMs = 100;

/** Passes the feed on as it is, but of progress only the newest of each work and step, ten times in a second. */
export function relayFeed(send: (message: FeedMessage) => void, later: (act: () => void, ms: number) => () => void = afterwards): { hear(message: FeedMessage): void; stop(): void } {
  const waiting = new Map<string, FeedMessage>();
  let cancel: (() => void) | null = null;
  const flush = (): void => {
    cancel = null;
    for (const message of waiting.values()) send(message);
    waiting.clear();
  };
  return {
    hear(message) {
      if (message.kind === 'live') return send(message);
      if (message.kind !== 'progress') {
        // What was done before stays before: a step that ended makes no more progress.
        if (waiting.size > 0) {
          cancel?.();
          flush();
        }
        return send(message);
      }
      waiting.set(message.progress.work, message);
      cancel ??= later(flush, progressMs);
    },
    stop() {
      cancel?.();
      cancel = null;
      waiting.clear();
    },
  };
}

function afterwards(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
