import { Markup, markup } from './markup.ts';

/**
 * A drawing with its finding in words. Colours come from classes (figures/theme.ts), so the same markup is drawn in a
 * report, in an editor theme and in forced colours; nothing is told by colour alone.
 */
export function figure({ width, height, finding, table }: { width: number; height: number; finding: string; table?: Markup }, ...content: Markup[]): Markup {
  return markup`<figure class="figure"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${finding}">${content}</svg>${
    table === undefined ? null : markup`<details class="data"><summary>Show as table</summary>${table}</details>`
  }</figure>`;
}

export function dataTable(head: string[], rows: (string | number)[][]): Markup {
  return markup`<table class="data"><thead><tr>${head.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell, index) => (index === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td>${cell}</td>`))}</tr>`,
  )}</tbody></table>`;
}
