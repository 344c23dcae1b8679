import type { ViewTarget } from '../protocol/view.ts';
import { PageElement } from './page-element.ts';

const [least, most, step] = [240, 560, 40];

/** A page whose drawings are as wide as there is room for, in steps, so that their texts keep their size. */
export abstract class ResizedPage<Target extends ViewTarget> extends PageElement<Target> {
  /** Of a drawing, in pixels: half of the page where two fit side by side. */
  protected width: number = least;

  #resized = new ResizeObserver(() => {
    const width = drawingWidth(this.clientWidth);
    if (width === this.width) return;
    this.width = width;
    this.requestUpdate();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }
}

export function drawingWidth(room: number): number {
  const own = room >= 900 ? room / 2 - 48 : room - 24;
  return Math.max(least, Math.min(most, Math.floor(own / step) * step));
}
