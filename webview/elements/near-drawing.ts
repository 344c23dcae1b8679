import type { Markup } from '../../figures/markup.ts';

/** How far from the window a drawing is made, so that it is there when it is scrolled to. */
const margin = '600px';

const watched = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting && target instanceof NearDrawingElement) target.make();
}, { rootMargin: margin });

/** A drawing in a long list: made only when it comes near the window, and again when what it is made of is another. */
export class NearDrawingElement extends HTMLElement {
  #of: unknown = null;
  #draw: (() => Markup | null) | null = null;

  /** What is drawn, and how. */
  set drawing({ of, draw }: { of: unknown; draw: () => Markup | null }) {
    if (of === this.#of) return;
    this.#of = of;
    this.#draw = draw;
    if (this.isConnected) this.#watch();
  }

  connectedCallback(): void {
    if (this.#draw !== null) this.#watch();
  }

  disconnectedCallback(): void {
    watched.unobserve(this);
  }

  make(): void {
    watched.unobserve(this);
    if (this.#draw === null) return;
    this.innerHTML = this.#draw()?.text ?? '';
    this.#draw = null;
  }

  #watch(): void {
    // Watching anew tells at once where it is.
    watched.unobserve(this);
    watched.observe(this);
  }
}

customElements.define('slip-near-drawing', NearDrawingElement);
