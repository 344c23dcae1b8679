import type { ColumnDrift, Distributions } from '../protocol/drift.ts';
import { countText, numberText, shareText } from '../protocol/number-text.ts';
import { cutAt, cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure, svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, round, ticks, type Scale } from './scale.ts';

const listedMax = 40;

/** Where a drawing lies in its frame. */
interface Frame {
  width: number;
  height: number;
  top: number;
  bottom: number;
}

function frameOf({ width, height }: { width: number; height: number }): Frame {
  return { width, height, top: 16, bottom: height - 20 };
}

/**
 * Reference (grey, filled) and current (accent, outlined) on the same bins, each as shares of its own rows. The shaded
 * band is where 95 % of the current bins would lie if only chance moved them: r ± 1.96 √(r (1 − r) (1/n + 1/m)). Missing
 * values stand apart on the left.
 */
export function distributionFigure(column: ColumnDrift, size = { width: 320, height: 140 }): Markup | null {
  const { distributions } = column;
  if (distributions === null) return null;
  return distributions.kind === 'numeric' ? numeric(column, distributions, frameOf(size)) : categorical(column, distributions, size);
}

/** The two shapes alone, small enough for a row of a table. */
export function distributionThumbnail(column: ColumnDrift): Markup | null {
  const { distributions } = column;
  if (distributions === null) return null;
  const frame = { width: 144, height: 36, top: 3, bottom: 33 };
  const missing = missingOf(column);
  const left = missing === null ? 2 : 26;
  const bins = distributions.kind === 'numeric' ? numericBins(distributions, column.rows, [left, frame.width - 2]) : categoryBins(distributions, column.rows, [left, frame.width - 2]);
  if (bins.length === 0) return null;
  const y = linearScale([0, spikeOf(bins)?.limit ?? (Math.max(...bins.map(highest)) || 1)], [frame.bottom, frame.top]);
  return svg(
    { width: frame.width, height: frame.height, finding: `${cutAt(column.column, 60)}: shapes of reference and current` },
    distributions.kind === 'categorical' || isDiscrete(bins) ? bins.filter((bin) => highest(bin) > 0).map((bin) => bar(bin, y, frame)) : outlines(bins, y, frame),
    missing === null ? null : missingBars(missing, { ...frame, wide: 6, gap: 2 }),
    markup`<line class="axis" x1="${left}" x2="${frame.width - 2}" y1="${frame.bottom}" y2="${frame.bottom}"/>`,
  );
}

/** What the marks mean, once for a page of distributions. */
export function distributionLegend(): Markup {
  return markup`<p class="legend"><svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><path class="past-area" d="M1 13V5h24v8z"/><path class="past" d="M1 13V5h24v8"/></svg> reference <svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><path class="now" d="M1 13V4h24v9"/></svg> current <svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><rect class="band" x="1" y="3" width="24" height="9"/></svg> what chance alone can do <svg width="12" height="14" viewBox="0 0 12 14" aria-hidden="true"><line class="bound" x1="6" x2="6" y1="1" y2="13"/></svg> floor</p>`;
}

/** A bin as it is drawn: positions from left to right, shares of rows, and heights. */
interface Bin {
  left: number;
  right: number;
  before: number;
  after: number;
  past: number;
  now: number;
  /** Where 95 % of current heights would lie if only chance moved them. */
  chance: [number, number];
}

function numeric(column: ColumnDrift, distributions: Extract<Distributions, { kind: 'numeric' }>, frame: Frame): Markup | null {
  const { width, height, top, bottom } = frame;
  const { edges, reference, current, unit } = distributions;
  const missing = missingOf(column);
  const left = missing === null ? 4 : 58;
  const bins = numericBins(distributions, column.rows, [left, width - 4]);
  if (bins.length === 0) return null;
  const domain: [number, number] = [edges[0], edges[edges.length - 1]];
  const x = linearScale(domain, [left, width - 4]);
  const spike = spikeOf(bins);
  const y = linearScale([0, spike === null ? Math.max(...bins.map(highest)) || 1 : spike.limit], [bottom, top]);
  const text = (value: number) => (unit === 'ms-since-1970' ? dateText(value) : numberText(value));
  const marks = unit === 'ms-since-1970' ? domain.map((value) => ({ value, text: dateText(value) })) : ticks(domain, Math.max(2, Math.round(width / 80)));
  return figure(
    { width, height, finding: `${column.column}: ${column.message}`, table: dataTable(['from', 'to', 'reference', 'current'], reference.map((count, bin) => [text(edges[bin]), text(edges[bin + 1]), countText(count), countText(current[bin])])) },
    isDiscrete(bins) ? bins.filter((bin) => highest(bin) > 0).map((bin) => bar(bin, y, frame)) : outlines(bins, y, frame),
    spike === null ? null : spikeLabel(spike.bin, width),
    missing === null ? null : markup`${missingBars(missing, { ...frame, wide: 14, gap: 4 })}<text x="2" y="${height - 6}">missing</text>`,
    markup`<line class="axis" x1="${left}" x2="${width - 4}" y1="${bottom}" y2="${bottom}"/>`,
    marks.map(({ value, text: label }) => axisLabel(label, x(value), left, frame)),
  );
}

/** Height is density, in shares of rows per widest bin: equal bins keep their shares, narrow ones are not flattened. */
function numericBins({ edges, reference, current }: Extract<Distributions, { kind: 'numeric' }>, rows: ColumnDrift['rows'], range: [number, number]): Bin[] {
  if (reference.length === 0 || edges.length !== reference.length + 1) return [];
  const x = linearScale([edges[0], edges[edges.length - 1]], range);
  const [before, after] = [shares(reference), shares(current)];
  const widths = reference.map((_, bin) => edges[bin + 1] / 2 - edges[bin] / 2);
  const widest = Math.max(...widths);
  return widths.map((wide, bin) => {
    const factor = wide > 0 ? Math.min(1e6, widest / wide) : 1;
    const reach = chance(before[bin], rows);
    return { left: x(edges[bin]), right: x(edges[bin + 1]), before: before[bin], after: after[bin], past: before[bin] * factor, now: after[bin] * factor, chance: [Math.max(0, before[bin] - reach) * factor, (before[bin] + reach) * factor] };
  });
}

/** A bin for each category, and one for all that are not listed. */
function categoryBins({ categories, reference, current, other }: Extract<Distributions, { kind: 'categorical' }>, rows: ColumnDrift['rows'], [from, to]: [number, number]): Bin[] {
  const pooled = other.distinct > 0;
  const [before, after] = [shares([...reference, other.reference]), shares([...current, other.current])];
  const count = categories.length + (pooled ? 1 : 0);
  return before.slice(0, count).map((past, bin) => {
    const reach = chance(past, rows);
    return { left: from + ((to - from) * bin) / count, right: from + ((to - from) * (bin + 1)) / count, before: past, after: after[bin], past, now: after[bin], chance: [Math.max(0, past - reach), past + reach] };
  });
}

const highest = ({ past, now }: Bin): number => Math.max(past, now);

/** One bin that would flatten the rest is cut, and its size written on it. */
function spikeOf(bins: Bin[]): { bin: Bin; limit: number } | null {
  const [first, second] = [...bins].sort((a, b) => highest(b) - highest(a));
  return second !== undefined && highest(second) > 0 && highest(first) > 6 * highest(second) ? { bin: first, limit: highest(second) * 1.5 } : null;
}

/** Few different values leave bins empty between them; outlines would fall to zero there, as if rows were missing. */
function isDiscrete(bins: Bin[]): boolean {
  const filled = bins.map((bin) => highest(bin) > 0);
  const inner = filled.slice(filled.indexOf(true), filled.lastIndexOf(true) + 1);
  return inner.length <= 2 || inner.filter((each) => !each).length > inner.length / 4;
}

function bar({ left, right, past, now, chance: [least, most] }: Bin, y: Scale, { width, bottom }: Frame): Markup {
  const centre = round((left + right) / 2);
  const half = Math.min((7 / 320) * width, Math.max(1.2, (right - left) * 0.42));
  const [from, wide] = [round(centre - half), round(2 * half)];
  return markup`<rect class="past-area" x="${from}" y="${y(past)}" width="${wide}" height="${round(bottom - y(past))}"/>${band(from, wide, y(least), y(most))}<path class="now" d="M${from} ${y(now)}h${wide}"/><line class="now thin" x1="${centre}" x2="${centre}" y1="${bottom}" y2="${y(now)}"/>`;
}

function outlines(bins: Bin[], y: Scale, { bottom }: Frame): Markup {
  const outline = (heightOf: (bin: Bin) => number) => `M${bins[0].left} ${bottom}${bins.map((bin) => `V${y(heightOf(bin))}H${bin.right}`).join('')}V${bottom}`;
  const past = outline((bin) => bin.past);
  return markup`<path class="past-area" d="${past}Z"/><path class="past" d="${past}"/>${bins.map(({ left, right, chance: [least, most] }) => band(left, round(right - left), y(least), y(most)))}<path class="now" d="${outline((bin) => bin.now)}"/>`;
}

/** Thinner than a line can show, the band is left out. */
function band(x: number, wide: number, from: number, to: number): Markup | null {
  return from - to < 1.5 || wide <= 0 ? null : markup`<rect class="band" x="${x}" y="${to}" width="${wide}" height="${round(from - to)}"/>`;
}

function spikeLabel({ left, right, before, after }: Bin, width: number): Markup {
  const x = (left + right) / 2;
  return markup`<text class="${x > width / 2 ? 'end' : ''}" x="${round(x > width / 2 ? x - 8 : x + 8)}" y="10">${shareText(before)} → ${shareText(after)}, cut</text>`;
}

/** In the middle below its place, but inside the frame. */
function axisLabel(label: string, at: number, left: number, { width, height }: Frame): Markup {
  const [anchor, x] = at < left + 14 ? ['', Math.max(left, at - 4)] : at > width - 20 ? ['end', width - 2] : ['middle', at];
  return markup`<text class="${anchor}" x="${x}" y="${height - 6}">${label}</text>`;
}

/** Half of the interval in which a share of `rows.current` lies 95 times of 100 when nothing but chance moves it. */
function chance(share: number, rows: ColumnDrift['rows']): number {
  return 1.96 * Math.sqrt(share * (1 - share) * (1 / Math.max(1, rows.reference) + 1 / Math.max(1, rows.current)));
}

function missingOf({ nulls }: ColumnDrift): { before: number; after: number } | null {
  const [before, after] = [nulls.reference.value ?? 0, nulls.current.value ?? 0];
  return before > 0 || after > 0 ? { before, after } : null;
}

/** Shares of all rows, on a scale of their own from 0 to 100 %. */
function missingBars({ before, after }: { before: number; after: number }, { top, bottom, wide, gap }: Pick<Frame, 'top' | 'bottom'> & { wide: number; gap: number }): Markup {
  const y = linearScale([0, 1], [bottom, top]);
  const first = gap + 2;
  const second = first + wide + gap;
  return markup`<rect class="past-area" x="${first}" y="${y(before)}" width="${wide}" height="${round(bottom - y(before))}"/><path class="past" d="M${first} ${y(before)}h${wide}"/><path class="now-area" d="M${second} ${bottom}V${y(after)}h${wide}V${bottom}z"/><path class="now" d="M${second} ${y(after)}h${wide}"/><line class="axis" x1="2" x2="${second + wide + gap}" y1="${bottom}" y2="${bottom}"/>`;
}

function categorical(column: ColumnDrift, { categories, reference, current, other }: Extract<Distributions, { kind: 'categorical' }>, { width, height }: { width: number; height: number }): Markup | null {
  const categoriesMax = Math.round(height / 14);
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
  const labelled = Math.floor(width * 0.29);
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
