import { markup, type Markup } from './markup.ts';

const titleMax = 200;

/** Text for HTML, cut to a number of characters; what was cut can be read by pointing at it. */
export function cutText(text: string, max = 80): Markup {
  const cut = cutAt(text, max);
  return cut === text ? markup`${text}` : markup`<span title="${cutAt(text, titleMax)}">${cut}</span>`;
}

/** The first characters of a text, with … in place of the rest. */
export function cutAt(text: string, max: number): string {
  if (text.length <= max) return text;
  const characters = Array.from(text.slice(0, 2 * max + 2));
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

/** Text for a label of a drawing, `width` wide at 11 px: cut where it would be too long, then with its whole text as title. */
export function fittedLabel({ x, y, text, width, className = 'label' }: { x: number; y: number; text: string; width: number; className?: string }): Markup {
  let used = 0;
  let cut: string | null = null;
  const characters = Array.from(text.slice(0, 400));
  for (const [index, character] of characters.entries()) {
    used += widthOf(character);
    if (used > width - 8 && cut === null) cut = `${characters.slice(0, index).join('')}…`;
    if (used > width) break;
  }
  if (used <= width) cut = null;
  return markup`<text class="${className}" x="${x}" y="${y}">${cut ?? text}${cut === null ? null : markup`<title>${cutAt(text, titleMax)}</title>`}</text>`;
}

/** The width of a character at 11 px, estimated on the wide side: no text can be measured where there is no screen. */
function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x1100) return 11.5;
  return /[WMmw@%]/.test(character) ? 10 : /[A-Z]/.test(character) ? 7.8 : /[.,:;'|!ijl()[\] ]/.test(character) ? 4.5 : 6.7;
}
