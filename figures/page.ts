import { Markup, markup } from './markup.ts';
import { theme } from './theme.ts';

/** A page that needs nothing but itself: no script, no network, and a policy that forbids both. */
export function page(title: string, body: Markup): string {
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"><meta name="referrer" content="no-referrer"><title>${title}</title><style>${new Markup(theme)}</style></head><body><main>
${body}
</main></body></html>
`.text;
}

/** Links to the sections that are there. */
export function contents(sections: { id: string; title: string; content: Markup | null }[]): Markup {
  const present = sections.filter(({ content }) => content !== null);
  return markup`<nav aria-label="Sections">${present.map(({ id, title }) => markup`<a href="#${id}">${title}</a>`)}</nav>`;
}
