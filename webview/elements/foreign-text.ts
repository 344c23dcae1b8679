import { html, nothing, type TemplateResult } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { cutText } from '../../figures/cut-text.ts';
import type { Markup } from '../../figures/markup.ts';

/** Text that came with data or a model: cut, and unable to reorder the words around it. */
export function foreignText(text: string, max = 80): TemplateResult {
  return html`<bdi>${unsafeHTML(cutText(text, max).text)}</bdi>`;
}

/** Markup of figures/ where it is small and drawn once. */
export function placed(markup: Markup | null): unknown {
  return markup === null ? nothing : unsafeHTML(markup.text);
}
