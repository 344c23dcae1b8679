import type { ColumnProfile } from '../protocol/datasets.ts';
import type { ColumnDrift, Statistic } from '../protocol/drift.ts';
import { columnText, countText, noNumber, numberText, pText, shareText } from '../protocol/number-text.ts';
import { cutText } from './cut-text.ts';
import { statisticNames } from './drift-words.ts';
import { markup, type Markup } from './markup.ts';

type Cell = Markup | string | null;

/** Where the values of a column lie, before and now. */
export function quantileTable({ quantiles, distributions, kind }: ColumnDrift): Markup | null {
  if (quantiles === undefined) return null;
  const times = kind === 'datetime' || (distributions?.kind === 'numeric' && distributions.unit === 'ms-since-1970');
  const text = (value: number) => (times ? new Date(value).toISOString().slice(0, 16).replace('T', ' ') : numberText(value, 4));
  const rows = quantiles.probabilities.map((probability, index): [string, Cell[]] => {
    const [before, after] = [quantiles.reference[index], quantiles.current[index]];
    const difference = before === after ? '=' : `${after > before ? '+' : ''}${numberText(after - before)}`;
    return [quantileName(probability), [text(before), text(after), ...(times ? [] : [difference])]];
  });
  return sidesTable(['reference', 'current', ...(times ? [] : ['difference'])], rows);
}

function quantileName(probability: number): string {
  if (probability === 0) return 'smallest';
  if (probability === 1) return 'largest';
  return probability === 0.5 ? 'median' : `${numberText(probability * 100)} %`;
}

/** What the profile says of a column on both sides; lines that say nothing on either are left out. */
export function profileTable(reference: ColumnProfile | null, current: ColumnProfile | null): Markup {
  const sides = reference === null ? [current] : [reference, current];
  const lines: [string, (profile: ColumnProfile) => Cell][] = [
    ['type', ({ type, kind }) => markup`${cutText(type, 40)} <span class="quiet">${kind}</span>`],
    ['rows', ({ rows }) => countText(rows)],
    ['missing', ({ nulls, rows }) => shared(nulls, rows)],
    ['not a number', ({ nans, rows }) => shared(nans, rows)],
    ['infinite', ({ infinities, rows }) => shared(infinities.positive + infinities.negative, rows)],
    ['empty text', ({ emptyStrings, rows }) => shared(emptyStrings, rows)],
    ['different values', ({ distinct }) => (distinct === null ? null : `${distinct.exact ? '' : '≈ '}${countText(distinct.value)}`)],
    ['smallest', ({ minimum }) => endText(minimum)],
    ['mean', ({ mean, kind }) => (mean === null || kind === 'datetime' ? null : numberText(mean, 4))],
    ['standard deviation', ({ standardDeviation, kind }) => (standardDeviation === null || kind === 'datetime' ? null : numberText(standardDeviation, 4))],
    ['largest', ({ maximum }) => endText(maximum)],
    ['length', ({ length }) => (length === null ? null : `${countText(length.minimum)} … ${countText(length.maximum)}`)],
  ];
  const told = lines.map(([name, of]): [string, Cell[]] => [name, sides.map((side) => (side === null ? noNumber : of(side)))]).filter(([, cells]) => cells.some((cell) => cell !== null && cell !== noNumber));
  return sidesTable(reference === null ? ['current'] : ['reference', 'current'], told);
}

function shared(count: number, rows: number): string | null {
  return count === 0 ? null : `${countText(count)} (${shareText(rows === 0 ? 0 : count / rows)})`;
}

function endText(value: number | string | null): Cell {
  return value === null ? null : typeof value === 'number' ? numberText(value, 4) : cutText(value, 30);
}

/** Everything that was computed about how far a column moved, each with its definition. */
export function statisticTable({ effect, test, others }: Pick<ColumnDrift, 'effect' | 'test' | 'others'>): Markup {
  const told = [...(effect.name === test.name ? [] : [effect]), test, ...others];
  return markup`<div class="scroll"><table class="statistics"><thead><tr><th scope="col">statistic</th><th scope="col" class="number">value</th><th scope="col">definition</th></tr></thead><tbody>${told.map((statistic) => statisticRow(statistic))}</tbody></table></div>`;
}

function statisticRow({ name, value, reason, pValue, definition }: Statistic): Markup {
  const p = pValue === undefined || pValue === null ? null : markup`<div class="quiet">${pText(pValue)}</div>`;
  return markup`<tr><th scope="row">${statisticNames[name]}</th><td class="number">${value === null ? markup`<span class="quiet">${cutText(reason ?? 'not defined', 60)}</span>` : columnText(value)}${p}</td><td>${cutText(definition, 400)}</td></tr>`;
}

/** New and vanished values, which no distance tells apart from a shift among the old ones. */
export function categoriesTable({ newCategories, newCategoriesTotal, vanishedCategories, rows }: ColumnDrift): Markup | null {
  const fresh = newCategories.slice(0, listedMax);
  const gone = vanishedCategories.slice(0, listedMax);
  if (fresh.length === 0 && gone.length === 0) return null;
  const more = newCategoriesTotal.categories - fresh.length;
  return markup`${
    fresh.length === 0
      ? null
      : markup`<p>${countText(newCategoriesTotal.categories)} new ${newCategoriesTotal.categories === 1 ? 'value' : 'values'} in ${countText(newCategoriesTotal.rows)} ${newCategoriesTotal.rows === 1 ? 'row' : 'rows'} (${shareText(rows.current === 0 ? 0 : newCategoriesTotal.rows / rows.current)})</p><table class="narrow"><thead><tr><th scope="col">new value</th><th scope="col" class="number">rows</th></tr></thead><tbody>${fresh.map(({ value, count }) => markup`<tr><th scope="row"><code>${value === '' ? '(empty)' : cutText(value, 60)}</code></th><td class="number">${countText(count)}</td></tr>`)}</tbody></table>${more > 0 ? markup`<p class="quiet">and ${countText(more)} more</p>` : null}`
  }${gone.length === 0 ? null : markup`<p>Gone: ${gone.map((value, index) => markup`${index === 0 ? '' : ', '}<code>${value === '' ? '(empty)' : cutText(value, 60)}</code>`)}${vanishedCategories.length > gone.length ? ` and ${countText(vanishedCategories.length - gone.length)} more` : ''}</p>`}`;
}

const listedMax = 10;

function sidesTable(head: string[], rows: [string, Cell[]][]): Markup {
  return markup`<div class="scroll"><table class="narrow sides"><thead><tr><td></td>${head.map((side) => markup`<th scope="col" class="number">${side}</th>`)}</tr></thead><tbody>${rows.map(([name, cells]) => markup`<tr><th scope="row">${name}</th>${cells.map((cell) => markup`<td class="number">${cell ?? markup`<span class="quiet">${noNumber}</span>`}</td>`)}</tr>`)}</tbody></table></div>`;
}
