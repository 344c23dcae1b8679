import type { FeedMessage } from '../protocol/feed.ts';
import type { Action, Answer, Powers, Question, ViewTarget } from '../protocol/view.ts';
import type { ConnectionState, Work } from './state.ts';

/**
 * What a page is given to work with. A page is a custom element with the properties `context` and `target`; it draws one
 * kind of `ViewTarget` and asks for everything else. Pages never touch the network or the editor themselves.
 */
export interface PageContext {
  /** @throws Refusal what the server answered; a page shows it with its hint and a way to try again */
  ask<Q extends Question>(question: Q): Promise<Answer<Q>>;
  act(action: Action): void;
  readonly can: Powers;
  /** The feed, in order, from now on. Returns what ends it. */
  follow(listener: (message: FeedMessage) => void): () => void;
  readonly connection: ConnectionState;
  /** What is waiting or under way, with the steps and the progress told so far. */
  readonly works: readonly Work[];
  /** What the user did to this page (tab, sort, filter, opened rows); survives hiding, moving and reload. JSON, small. Scroll is kept by the shell. */
  state<T extends object>(initial: T): PageState<T>;
}

export interface PageState<T extends object> {
  readonly value: T;
  set(change: Partial<T>): void;
}

/** The element that draws a view, by the view's name: `<slip-gates-page>` and so on, in `webview/<view>-page.ts`. */
export type PageTag = `slip-${ViewTarget['view']}-page`;
