import { html, type TemplateResult } from 'lit';
import type { PageContext } from '../page.ts';

/** A line of slipway.yaml: pressed it opens there, where there is an editor to open it. */
export function configLine(line: number, context: Pick<PageContext, 'act' | 'can'>): TemplateResult {
  return context.can.editor ? html`<button class="link digits" @click=${() => context.act({ do: 'open-file', path: 'slipway.yaml', line })}>slipway.yaml:${line}</button>` : html`<span class="digits">slipway.yaml:${line}</span>`;
}
