import { addressOf, type SavedView, type ViewTarget } from '../protocol/view.ts';
import type { Connection } from './connection.ts';

const viewsMax = 20;
/** Scrolling and typing save often; the editor writes each to disk. */
const restMs = 150;

/** What the user did to each view, kept by the editor or the browser across hiding, moving and reload. */
export interface KeptViews {
  of(target: ViewTarget): Record<string, unknown>;
  change(target: ViewTarget, change: object): void;
  /** Saves now what is still waiting, as the page goes. */
  flush(): void;
}

export function keepViews(connection: Pick<Connection, 'saved' | 'save'>): KeptViews {
  let pages: Record<string, object> = connection.saved()?.pages ?? {};
  let waiting: { timer: ReturnType<typeof setTimeout>; view: SavedView } | null = null;

  function flush(): void {
    if (waiting === null) return;
    clearTimeout(waiting.timer);
    connection.save(waiting.view);
    waiting = null;
  }

  return {
    of(target) {
      return { ...pages[addressOf(target)] };
    },
    change(target, change) {
      const address = addressOf(target);
      const { [address]: before, ...others } = pages;
      pages = Object.fromEntries([...Object.entries(others), [address, { ...before, ...change }] as const].slice(-viewsMax));
      if (waiting !== null) clearTimeout(waiting.timer);
      waiting = { view: { target, pages }, timer: setTimeout(flush, restMs) };
    },
    flush,
  };
}
