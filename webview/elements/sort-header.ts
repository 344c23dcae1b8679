import { html, nothing, type TemplateResult } from 'lit';

export interface Sort<Column extends string> {
  by: Column;
  down: boolean;
}

/** The head of a column that sorts its table: a button, and the order said in `aria-sort`. */
export function sortHeader<Column extends string>({ column, title, sort, number = false, firstDown = false, change }: { column: Column; title: string; sort: Sort<Column>; number?: boolean; /** Whether the first press puts the largest on top. */ firstDown?: boolean; change: (sort: Sort<Column>) => void }): TemplateResult {
  const on = sort.by === column;
  return html`<th scope="col" class=${number ? 'number' : ''} aria-sort=${on ? (sort.down ? 'descending' : 'ascending') : nothing}>
    <button class="sort" @click=${() => change({ by: column, down: on ? !sort.down : firstDown })}>${title}<span aria-hidden="true">${on ? (sort.down ? ' ↓' : ' ↑') : ''}</span></button>
  </th>`;
}

/** Numbers and texts in their order; what is not there comes last, whichever the order. */
export function sorted<T>(rows: readonly T[], key: (row: T) => number | string | null, down: boolean): T[] {
  const sign = down ? -1 : 1;
  return rows
    .map((row, index) => ({ row, key: key(row), index }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return a.key === b.key ? a.index - b.index : a.key === null ? 1 : -1;
      const order = typeof a.key === 'number' && typeof b.key === 'number' ? a.key - b.key : String(a.key).localeCompare(String(b.key), 'en', { numeric: true });
      return order === 0 ? a.index - b.index : sign * order;
    })
    .map(({ row }) => row);
}
