import { markup, type Markup } from './markup.ts';

/** A drawing under its title, one of several side by side; nothing where there is no drawing. */
export function tile(title: string, content: Markup | null): Markup | null {
  return content === null ? null : markup`<div class="tile"><h3>${title}</h3>${content}</div>`;
}
