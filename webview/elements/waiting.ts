import { html, type TemplateResult } from 'lit';
import type { ConnectionState } from '../state.ts';

/** What is awaited, and from whom. Seen only when it takes longer than a blink (`.waiting` in view.css). */
export function waiting(what: string, connection: ConnectionState): TemplateResult {
  return html`<p class="waiting quiet" role="status">${what} ${connection === 'ready' ? '…' : connection === 'stopped' ? 'once Slipway runs again' : 'as soon as Slipway is there …'}</p>`;
}
