import { LitElement, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import type { Markup } from '../figures/markup.ts';
import type { FeedMessage } from '../protocol/feed.ts';
import type { ViewTarget } from '../protocol/view.ts';
import type { PageContext } from './page.ts';

/**
 * What all pages have in common. A page draws into the document itself, not into a shadow of its own, so that the
 * figures find their stylesheet.
 */
export abstract class PageElement<Target extends ViewTarget> extends LitElement {
  @property({ attribute: false }) context!: PageContext;
  @property({ attribute: false }) target!: Target;

  #frame: number | null = null;
  #ending: (() => void)[] = [];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** The context and the target are there: follow, ask, take up the state. Once for each target. */
  protected abstract begin(): void;

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('target') && !changed.has('context')) return;
    this.#end();
    this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  /** Until the target changes or the page goes. */
  protected follow(listener: (message: FeedMessage) => void): void {
    this.#ending.push(this.context.follow(listener));
  }

  /** At most once a frame, however fast the feed is. */
  redraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.requestUpdate();
    });
  }

  #end(): void {
    for (const end of this.#ending.splice(0)) end();
  }
}

/** A drawing of figures/, drawn again only when one of `of` is another one. */
export function drawn(of: unknown[], draw: () => Markup | null): unknown {
  return guard(of, () => unsafeHTML(draw()?.text ?? ''));
}

export type Drawn = TemplateResult | typeof import('lit').nothing;
