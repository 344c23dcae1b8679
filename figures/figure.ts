import { cutAt } from './cut-text.ts';
import { markup, type Markup, type Part } from './markup.ts';

const findingMax = 400;

export interface Drawing {
  width: number;
  height: number;
  /** What the drawing shows, in words, for who cannot see it. */
  finding: string;
}

/**
 * A drawing with its finding in words and its numbers as a table. Colours come from classes (figures/theme.ts), so the
 * same markup is drawn in a report, in an editor theme and in forced colours; nothing is told by colour alone.
 */
export function figure({ table, ...drawing }: Drawing & { table?: Markup }, ...content: Part[]): Markup {
  return markup`<figure>${svg(drawing, ...content)}${table === undefined ? null : markup`<details class="data"><summary>Show as table</summary><div class="scroll">${table}</div></details>`}</figure>`;
}

/** A drawing beside whose numbers it stands, as in a row of a table. */
export function svg({ width, height, finding }: Drawing, ...content: Part[]): Markup {
  return markup`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${cutAt(finding, findingMax)}">${content}</svg>`;
}

export function dataTable(head: string[], rows: (string | number | Markup)[][]): Markup {
  return markup`<table class="data"><thead><tr>${head.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell, index) => (index === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td>${cell}</td>`))}</tr>`,
  )}</tbody></table>`;
}
