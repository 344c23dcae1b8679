/** Text that is already safe to put into HTML or SVG. Only the functions here make it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Markup | string | number | null | undefined | false | readonly Part[];

/** Template tag: what is interpolated is escaped, unless it is Markup. Works for HTML and for SVG. */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + (index === 0 ? '' : render(parts[index - 1])) + string, ''));
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part));
  return part.map(render).join('');
}

export function escapeText(text: string): string {
  return safeText(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'));
}

/** Text for a place that escapes by itself, such as an attribute set by a script. */
export function safeText(text: string): string {
  return text.replace(unsafe, '\ufffd');
}

/**
 * Control characters are not allowed in HTML or SVG. Direction overrides would let a name reorder the words around it,
 * so that a reader sees another verdict than the one that is written.
 */
const unsafe = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
