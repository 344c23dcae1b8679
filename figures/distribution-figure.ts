import type { ColumnDrift, Distributions } from '../protocol/drift.ts';
import { countText, numberText, shareText } from '../protocol/number-text.ts';
import { cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, round, ticks } from './scale.ts';

const width = 320;
const height = 140;
const top = 16;
const bottom = height - 20;
const categoriesMax = 10;
const listedMax = 40;

/**
 * Reference (grey, filled) and current (accent, outlined) on the same bins, each as shares of its own rows. The shaded
 * band is where 95 % of the current bins would lie if only chance moved them: r ± 1.96 √(r (1 − r) (1/n + 1/m)). Missing
 * values stand apart on the left.
 */
export function distributionFigure(column: ColumnDrift): Markup | null {
  const { distributions } = column;
  if (distributions === null) return null;
  return distributions.kind === 'numeric' ? numeric(column, distributions) : categorical(column, distributions);
}

/** What the marks mean, once for a page of distributions. */
export function distributionLegend(): Markup {
  return markup`<p class="legend"><svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><path class="past-area" d="M1 13V5h24v8z"/><path class="past" d="M1 13V5h24v8"/></svg> reference <svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><path class="now" d="M1 13V4h24v9"/></svg> current <svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><rect class="band" x="1" y="3" width="24" height="9"/></svg> what chance alone can do <svg width="12" height="14" viewBox="0 0 12 14" aria-hidden="true"><line class="bound" x1="6" x2="6" y1="1" y2="13"/></svg> floor</p>`;
}

function numeric(column: ColumnDrift, { edges, reference, current, unit }: Extract<Distributions, { kind: 'numeric' }>): Markup | null {
  const [first, last] = [edges[0], edges[edges.length - 1]];
  if (reference.length === 0 || edges.length !== reference.length + 1) return null;
  const [before, after] = [shares(reference), shares(current)];
  const wide = edges.slice(1).map((edge, bin) => edge / 2 - edges[bin] / 2);
  const widest = Math.max(...wide);
  // Height is density, in shares of rows per widest bin: equal bins keep their shares, narrow ones are not flattened.
  const density = (values: number[]) => values.map((share, bin) => (wide[bin] > 0 ? Math.min(1e6, share / (wide[bin] / widest)) : share));
  const [past, now] = [density(before), density(after)];
  const missing = missingOf(column);
  const left = missing === null ? 4 : 58;
  const x = linearScale([first, last], [left, width - 4]);
  const sorted = [...past, ...now].sort((a, b) => b - a);
  // One spike must not flatten the rest: it is cut, and its size written on it.
  const rest = sorted.find((value) => value < sorted[0] / 4) ?? 0;
  const spike = rest > 0 && sorted.filter((value) => value > rest).length <= 2 && sorted[0] > 6 * rest;
  const y = linearScale([0, (spike ? rest * 1.5 : sorted[0]) || 1], [bottom, top]);
  const text = (value: number) => (unit === 'ms-since-1970' ? dateText(value) : numberText(value));
  const marks = unit === 'ms-since-1970' ? [first, last].map((value) => ({ value, text: dateText(value) })) : ticks([first, last], 4);
  const filled = reference.map((count, bin) => count > 0 || current[bin] > 0);
  const inner = filled.slice(filled.indexOf(true), filled.lastIndexOf(true) + 1);
  const discrete = inner.filter((each) => !each).length > inner.length / 4 || inner.length <= 2;
  const low = before.map((share) => chance(share, column.rows));
  const bars = discrete
    ? reference.map((_, bin) => {
        if (!filled[bin]) return null;
        const centre = (x(edges[bin]) + x(edges[bin + 1])) / 2;
        const half = Math.min(7, Math.max(1.2, (x(edges[bin + 1]) - x(edges[bin])) * 0.42));
        return markup`<rect class="past-area" x="${round(centre - half)}" y="${y(past[bin])}" width="${round(2 * half)}" height="${round(bottom - y(past[bin]))}"/>${bandAt(round(centre - half), round(2 * half), y(Math.max(0, past[bin] - scaleUp(low[bin], bin))), y(past[bin] + scaleUp(low[bin], bin)))}<path class="now" d="M${round(centre - half)} ${y(now[bin])}H${round(centre + half)}"/><line class="now thin" x1="${round(centre)}" x2="${round(centre)}" y1="${bottom}" y2="${y(now[bin])}"/>`;
      })
    : [
        markup`<path class="past-area" d="${steps(past, edges, x, y)}Z"/><path class="past" d="${steps(past, edges, x, y)}"/>`,
        reference.map((_, bin) => bandAt(x(edges[bin]), round(x(edges[bin + 1]) - x(edges[bin])), y(Math.max(0, past[bin] - scaleUp(low[bin], bin))), y(past[bin] + scaleUp(low[bin], bin)))),
        markup`<path class="now" d="${steps(now, edges, x, y)}"/>`,
      ];
  function scaleUp(share: number, bin: number): number {
    return wide[bin] > 0 ? Math.min(1e6, share / (wide[bin] / widest)) : share;
  }
  const cut = spike ? past.map((_, bin) => bin).filter((bin) => Math.max(past[bin], now[bin]) > rest * 1.5) : [];
  return figure(
    { width, height, finding: `${column.column}: ${column.message}`, table: dataTable(['from', 'to', 'reference', 'current'], reference.map((count, bin) => [text(edges[bin]), text(edges[bin + 1]), countText(count), countText(current[bin])])) },
    bars,
    cut.slice(0, 1).map((bin) => {
      const centre = (x(edges[bin]) + x(edges[bin + 1])) / 2;
      const side = centre > width / 2 ? 'end' : '';
      return markup`<text class="${side}" x="${round(centre + (side === 'end' ? -8 : 8))}" y="10">${shareText(before[bin])} → ${shareText(after[bin])}, cut</text>`;
    }),
    missing === null ? null : missingBars(missing),
    markup`<line class="axis" x1="${left}" x2="${width - 4}" y1="${bottom}" y2="${bottom}"/>`,
    marks.map(({ value, text: label }) => {
      const at = x(value);
      return markup`<text class="${at < left + 14 ? '' : at > width - 20 ? 'end' : 'middle'}" x="${at < left + 14 ? Math.max(left, at - 4) : at > width - 20 ? width - 2 : at}" y="${height - 6}">${label}</text>`;
    }),
  );
}

function steps(heights: number[], edges: number[], x: (value: number) => number, y: (value: number) => number): string {
  return `M${x(edges[0])} ${bottom}${heights.map((value, bin) => `V${y(value)}H${x(edges[bin + 1])}`).join('')}V${bottom}`;
}

function bandAt(x: number, wide: number, from: number, to: number): Markup | null {
  const tall = round(from - to);
  return tall < 1.5 || wide <= 0 ? null : markup`<rect class="band" x="${x}" y="${to}" width="${wide}" height="${tall}"/>`;
}

function chance(share: number, rows: ColumnDrift['rows']): number {
  return 1.96 * Math.sqrt(share * (1 - share) * (1 / Math.max(1, rows.reference) + 1 / Math.max(1, rows.current)));
}

function missingOf({ nulls }: ColumnDrift): { before: number; after: number } | null {
  const [before, after] = [nulls.reference.value ?? 0, nulls.current.value ?? 0];
  return before > 0 || after > 0 ? { before, after } : null;
}

/** Shares of all rows, on a scale of their own from 0 to 100 %. */
function missingBars({ before, after }: { before: number; after: number }): Markup {
  const y = linearScale([0, 1], [bottom, top]);
  return markup`<rect class="past-area" x="6" y="${y(before)}" width="14" height="${round(bottom - y(before))}"/><path class="past" d="M6 ${y(before)}h14"/><path class="now-area" d="M24 ${bottom}V${y(after)}h14V${bottom}z"/><path class="now" d="M24 ${y(after)}h14"/><line class="axis" x1="2" x2="42" y1="${bottom}" y2="${bottom}"/><text x="2" y="${height - 6}">missing</text>`;
}

function categorical(column: ColumnDrift, { categories, reference, current, other }: Extract<Distributions, { kind: 'categorical' }>): Markup | null {
  const missing = missingOf(column);
  const [ofReference, ofCurrent] = [shares([...reference, other.reference]), shares([...current, other.current])];
  const fresh = new Set(column.newCategories.map(({ value }) => value));
  const vanished = new Set(column.vanishedCategories);
  const rows = categories.map((name, index) => ({ name: name === '' ? '(empty)' : name, before: ofReference[index], after: ofCurrent[index], counts: [reference[index], current[index]], note: fresh.has(name) ? 'new' : vanished.has(name) ? 'gone' : '' }));
  const drawn = rows.length <= categoriesMax ? rows : [...rows].sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before)).slice(0, categoriesMax).sort((a, b) => b.before - a.before);
  const left = rows.length - drawn.length + other.distinct;
  const rest = left === 0 ? [] : [{ name: `${countText(left)} others`, before: 1 - sum(drawn.map(({ before }) => before)), after: 1 - sum(drawn.map(({ after }) => after)), note: '' }];
  const lines = [...drawn, ...rest.map((each) => ({ ...each, before: Math.max(0, each.before), after: Math.max(0, each.after) })), ...(missing === null ? [] : [{ name: 'missing', ...missing, note: '' }])];
  if (lines.length === 0) return null;
  const rowHeight = 20;
  const labelled = 92;
  // What is pooled may be many times the largest category: it is cut at the end of the axis.
  const x = linearScale([0, Math.max(...(drawn.length > 0 ? drawn : lines).flatMap(({ before, after }) => [before, after]), 1e-9)], [labelled, width - 104]);
  return figure(
    {
      width,
      height: lines.length * rowHeight + 4,
      finding: `${column.column}: ${column.message}`,
      table: dataTable(['category', 'reference', 'current'], rows.slice(0, listedMax).map(({ name, counts }) => [cutText(name, 40), countText(counts[0]), countText(counts[1])])),
    },
    lines.map(({ name, before, after, note }, row) => {
      const y = row * rowHeight + 3;
      const chanced = chance(before, column.rows);
      const bandFrom = x(Math.max(0, before - chanced));
      const bandTo = x(before + chanced);
      const apart = name === 'missing' || (row === drawn.length && rest.length > 0);
      return markup`${fittedLabel({ x: labelled - 6, y: y + 11, text: name, width: labelled - 8, className: apart ? 'end' : 'label end' })}<rect class="past-area" x="${labelled}" y="${y}" width="${round(Math.max(0.5, x(before) - labelled))}" height="14"/>${bandTo - bandFrom < 1.5 ? null : markup`<rect class="band" x="${bandFrom}" y="${y}" width="${round(bandTo - bandFrom)}" height="14"/>`}<line class="now" x1="${x(after)}" x2="${x(after)}" y1="${y - 1}" y2="${y + 15}"/><line class="now thin" x1="${labelled}" x2="${x(after)}" y1="${y + 7}" y2="${y + 7}"/>${Math.max(before, after) > x.domain[1] ? markup`<path class="beyond" d="M${width - 103} ${y + 3}l6 4l-6 4z"/>` : null}<text class="end" x="${width - 2}" y="${y + 11}">${note === '' ? `${briefShare(before)} → ${briefShare(after)} %` : `${note} ${briefShare(note === 'gone' ? before : after)} %`}</text>`;
    }),
  );
}

function briefShare(share: number): string {
  return shareText(share).replace(' %', '');
}

function shares(counts: number[]): number[] {
  const total = sum(counts) || 1;
  return counts.map((count) => count / total);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function dateText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? numberText(milliseconds) : date.toISOString().slice(0, 10);
}
