import { html, nothing, type TemplateResult } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { cutAt } from '../../figures/cut-text.ts';
import { safeText, type Markup } from '../../figures/markup.ts';

const titleMax = 200;

/** Text that came with data or a model: cut, and unable to reorder the words around it. What was cut can be read by pointing at it. */
export function foreignText(text: string, max = 80): TemplateResult {
  const cut = cutAt(text, max);
  return cut === text ? html`<bdi>${safeText(text)}</bdi>` : html`<bdi title=${safeText(cutAt(text, titleMax))}>${safeText(cut)}</bdi>`;
}

/** Markup of figures/ where it is small and drawn once. */
export function placed(markup: Markup | null): unknown {
  return markup === null ? nothing : unsafeHTML(markup.text);
}
