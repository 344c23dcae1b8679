import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { addressOf, type Answer, type Question, type ViewTarget } from '../protocol/view.ts';
import type { FeedMessage } from '../protocol/feed.ts';
import type { Connection } from './connection.ts';
import type { KeptViews } from './kept-views.ts';
import type { PageElement } from './page-element.ts';
import type { PageContext, PageTag } from './page.ts';
import { firstState, reduce, type Told, type ViewState } from './state.ts';
import './elements/problem-panel.ts';
import './work-strip.ts';

/** The shell of every page: what is under way above it, whether the server is there, and the page of the target. */
@customElement('slip-app')
export class AppElement extends LitElement {
  connection!: Connection;
  kept!: KeptViews;

  #state: ViewState = firstState;
  #page: { address: string; element: PageElement<ViewTarget> } | null = null;
  #listeners = new Set<(message: FeedMessage) => void>();
  #frame: number | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const saved = this.connection.saved();
    // Before the host has said anything, the view as it was left is drawn.
    if (saved !== null) this.#show(saved.target);
    this.connection.open((told) => this.#hear(told));
    window.addEventListener('scroll', () => this.#keepScroll(), { passive: true });
    window.addEventListener('pagehide', () => this.kept.flush());
    document.addEventListener('visibilitychange', () => this.kept.flush());
  }

  #hear(told: Told): void {
    const before = this.#state;
    this.#state = reduce(before, told, performance.now());
    if (told.kind === 'feed') for (const listener of this.#listeners) listener(told.message);
    if (told.kind === 'show') {
      this.#show(told.target);
      if (before.can.work !== told.can.work || before.can.editor !== told.can.editor) this.#page?.element.requestUpdate();
    }
    if (told.kind === 'connection') this.#page?.element.redraw();
    if (this.#state !== before) this.#redraw();
  }

  /** At most once a frame, however fast the feed is. */
  #redraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.requestUpdate();
    });
  }

  #show(target: ViewTarget): void {
    const address = addressOf(target);
    if (this.#page?.address === address) return;
    const tag: PageTag = `slip-${target.view}-page`;
    const element = document.createElement(tag) as PageElement<ViewTarget>;
    element.context = this.#contextOf(target, () => element.requestUpdate());
    element.target = target;
    this.#page = { address, element };
    this.kept.change(target, {});
    this.requestUpdate();
    restoreScroll(element, Number(this.kept.of(target).scroll ?? 0));
  }

  #contextOf(target: ViewTarget, changed: () => void): PageContext {
    const current = () => this.#state;
    const { kept, connection } = this;
    const listeners = this.#listeners;
    return {
      ask<Q extends Question>(question: Q): Promise<Answer<Q>> {
        return connection.ask(question);
      },
      act: (action) => connection.act(action),
      get can() {
        return current().can;
      },
      get connection() {
        return current().connection.state;
      },
      get works() {
        return current().works;
      },
      follow(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      state<T extends object>(initial: T) {
        let value: T = { ...initial, ...kept.of(target) };
        return {
          get value() {
            return value;
          },
          set(change: Partial<T>) {
            value = { ...value, ...change };
            kept.change(target, change);
            changed();
          },
        };
      },
    };
  }

  #keepScroll(): void {
    if (this.#state.target !== null) this.kept.change(this.#state.target, { scroll: Math.round(window.scrollY - topOf(this)) });
  }

  protected override render(): TemplateResult {
    const { connection, works, can, target, failed } = this.#state;
    // A run that the page itself shows is not told twice.
    const elsewhere = target?.view === 'gates' ? works.filter(({ run }) => run?.id !== target.run) : works;
    return html`${connectionLine(connection)}
      <slip-work-strip .works=${elsewhere} .canCancel=${can.work} @slip-cancel=${({ detail }: CustomEvent<string>) => this.connection.act({ do: 'cancel', work: detail })}></slip-work-strip>
      <main>${failed === null ? nothing : html`<slip-problem press="Dismiss" .problem=${failed} @slip-again=${() => this.#hear({ kind: 'failed', problem: null })}></slip-problem>`}${this.#page?.element ?? html`<p class="quiet">Opening…</p>`}</main>`;
  }
}

const words: Record<ViewState['connection']['state'], string | null> = {
  ready: null,
  starting: 'Starting Slipway…',
  lost: 'Slipway has gone and is being started again; what stands here may be old.',
  stopped: 'Slipway has stopped; what stands here may be old.',
};

function connectionLine({ state, reason }: ViewState['connection']): TemplateResult {
  const text = words[state];
  return html`<div class="connection ${state}" role="status">${text === null ? nothing : html`<p>${text}${reason === null ? nothing : html` <span class="quiet">${reason}</span>`}</p>`}</div>`;
}

const restoreMs = 3_000;

/** Where the page begins: what is under way above it comes and goes. */
function topOf(app: ParentNode): number {
  return app.querySelector('main')?.offsetTop ?? 0;
}

/** The page grows as its answers come; it is scrolled once it is long enough, unless the reader has scrolled first. */
function restoreScroll(page: HTMLElement, top: number): void {
  if (top <= 0) return window.scrollTo(0, 0);
  const grown = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - window.innerHeight < top) return;
    window.scrollTo(0, top + topOf(document));
    stop();
  });
  const stop = () => {
    grown.disconnect();
    for (const by of ['wheel', 'keydown', 'pointerdown']) window.removeEventListener(by, stop);
    clearTimeout(patience);
  };
  const patience = setTimeout(stop, restoreMs);
  for (const by of ['wheel', 'keydown', 'pointerdown']) window.addEventListener(by, stop, { passive: true });
  grown.observe(page);
}
