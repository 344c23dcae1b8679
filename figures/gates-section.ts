import type { GatePart, GateResult } from '../protocol/gates.ts';
import type { Measured } from '../protocol/measured.ts';
import { countText, differenceText, intervalText, measuredText, type Unit } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { cutAt, cutText } from './cut-text.ts';
import { intervalAxis, intervalFigure, rulerFigure, type IntervalRow } from './interval-figure.ts';
import { markup, type Markup } from './markup.ts';
import type { Scale } from './scale.ts';
import { verdictMark, verdictRank } from './verdict-mark.ts';

const partsMax = 40;
const gatesMax = 300;
const reasonMax = 320;

type Judged = Pick<GatePart, 'champion' | 'candidate' | 'difference' | 'verdict' | 'reason' | 'title'>;

export interface GatesOptions {
  /** Whether the line of a gate in slipway.yaml is a button (`data-line`), for a page that can open it. */
  linked: boolean;
}

/** What did not pass on top, one row for many gates that fail for one reason, what passes folded with its count. */
export function gatesSection({ gates, decision }: Pick<RunReport, 'gates' | 'decision'>, options: GatesOptions = { linked: false }): Markup {
  const severity = { block: 0, warn: 1, info: 2 };
  const sorted = [...gates].sort((a, b) => severity[a.gate.severity] - severity[b.gate.severity] || verdictRank[a.verdict] - verdictRank[b.verdict]);
  const { alone, together } = sameReason(sorted.filter(({ verdict }) => verdict !== 'pass'));
  const passed = sorted.filter(({ verdict }) => verdict === 'pass');
  return markup`<section id="gates"><h2>Gates</h2>
${alone.length > 0 ? gateTable(alone, options) : null}
${together.map(({ verdict, reason, titles }) => markup`<p class="together">${verdictMark(verdict)} <strong>${countText(titles.length)} gates</strong> ${verdict === 'error' ? 'could not be judged' : ''}: ${cutText(reason, reasonMax)} <span class="quiet">${cutText(titles.map((title) => cutAt(title, 60)).join(' · '), 600)}</span></p>`)}
${passed.length === 0 ? null : markup`<details${alone.length + together.length === 0 ? openAttribute : null}><summary>${countText(passed.length)} ${passed.length === 1 ? 'gate passes' : 'gates pass'}</summary>${gateTable(passed, options)}</details>`}
${decision.notApplicable.length > 0 ? markup`<p class="quiet">Not applied to the champion itself: ${cutText(decision.notApplicable.join(', '), 400)}</p>` : null}</section>`;
}

const openAttribute = markup` open`;

/** The quantity of a gate that its bound is on. */
export function decidedBy({ bound }: Pick<GateResult, 'bound'>, { candidate, difference }: Pick<Judged, 'candidate' | 'difference'>): Measured | null {
  return bound === null ? null : bound.on === 'difference' ? difference : candidate;
}

/** Its own axis for a gate in its own unit. Shares run from 0 to 1, differences hold zero. */
export function gateAxis(result: GateResult, width?: number): Scale {
  const rows = [result, ...result.parts].map((part) => rowOf(part, result));
  if (result.unit === 'share' && result.bound?.on === 'candidate') rows.push({ measured: null, bound: { max: 1 } });
  if (result.gate.kind === 'outputs' && result.rows !== null) rows.push({ measured: null, bound: { max: result.rows } });
  return intervalAxis(rows, width);
}

function rowOf(part: Pick<Judged, 'candidate' | 'difference'>, result: GateResult): IntervalRow {
  return { measured: decidedBy(result, part), bound: result.bound };
}

function gateTable(gates: GateResult[], options: GatesOptions): Markup {
  const shown = gates.slice(0, gatesMax);
  const inPoints = shown.filter(({ unit, bound }) => unit === 'share' && bound?.on === 'difference');
  // Differences in points can be compared, so they share one axis; every other unit has its own.
  const points = intervalAxis(inPoints.flatMap((gate) => [gate, ...openParts(gate)].map((part) => rowOf(part, gate))));
  // A column that no gate of this table uses takes no room.
  const compared = shown.some(({ champion, difference }) => champion !== null || difference !== null);
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">verdict</th><th scope="col">gate</th>${compared ? markup`<th scope="col" class="number">champion</th>` : null}<th scope="col" class="number">candidate</th>${compared ? markup`<th scope="col" class="number">difference</th>` : null}<th scope="col" class="number">needs</th><th scope="col">${inPoints.length === 0 ? 'against the bound' : markup`<span class="quiet">difference in points</span> ${rulerOf(inPoints[0], points)}`}</th><th scope="col" class="number">rows</th></tr></thead><tbody>${shown.map((gate) => gateRows(gate, inPoints.includes(gate) ? { scale: points, shared: true, compared, ...options } : { scale: gateAxis(gate), shared: false, compared, ...options }))}</tbody></table></div>${
    gates.length > shown.length ? markup`<p class="quiet">${countText(gates.length - shown.length)} more gates are in the record</p>` : null
  }`;
}

interface RowLayout extends GatesOptions {
  scale: Scale;
  /** The axis is told in the head of the table; else each row tells its own. */
  shared: boolean;
  /** The table has columns for the champion and the difference. */
  compared: boolean;
}

function gateRows(result: GateResult, layout: RowLayout): Markup {
  const { gate, rows, needs, parts } = result;
  const open = openParts(result);
  const folded = parts.length > 1 ? parts.filter((part) => !open.includes(part)).sort((a, b) => verdictRank[a.verdict] - verdictRank[b.verdict]).slice(0, partsMax) : [];
  const left = parts.length > 1 ? parts.length - open.length - folded.length : 0;
  const foldedLayout = { ...layout, scale: gateAxis({ ...result, parts: folded }), shared: true };
  // The parts that follow say the rest.
  const reason = open.length > 0 ? result.reason.split(';')[0] : result.reason;
  return markup`<tr>${cells({ ...result, reason }, result, layout, markup`${cutText(result.title)}${gate.severity === 'block' ? null : markup` <span class="tag">${gate.severity}</span>`}${lineOf(gate, layout)}`, needs, rows)}</tr>${open.map((part) => partRow(part, result, layout))}${
    folded.length === 0 ? null : markup`<tr class="part"><td></td><td colspan="${layout.compared ? 7 : 5}"><details><summary>${countText(folded.length)} ${open.length > 0 ? 'more ' : ''}${folded.length === 1 ? 'part' : 'parts'}</summary><table class="cards"><thead><tr><td colspan="${layout.compared ? 6 : 4}"></td><th>${rulerOf(result, foldedLayout.scale)}</th><td></td></tr></thead><tbody>${folded.map((part) => partRow(part, result, foldedLayout))}</tbody></table></details></td></tr>`
  }${left > 0 ? markup`<tr class="part"><td></td><td colspan="${layout.compared ? 7 : 5}" class="quiet">${countText(left)} more parts are in the record</td></tr>` : null}`;
}

function lineOf({ line }: GateResult['gate'], { linked }: GatesOptions): Markup | null {
  return line === undefined || !linked ? null : markup` <button class="link line" data-line="${line}" title="Open slipway.yaml at line ${line}">slipway.yaml:${line}</button>`;
}

/** The parts that a gate fails by; a gate with one part is that part. */
function openParts({ parts, verdict }: GateResult): GatePart[] {
  return verdict === 'pass' || parts.length < 2 ? [] : parts.filter((part) => part.verdict !== 'pass').sort((a, b) => verdictRank[a.verdict] - verdictRank[b.verdict]).slice(0, partsMax);
}

function partRow(part: GatePart, result: GateResult, layout: RowLayout): Markup {
  return markup`<tr class="part">${cells(part, result, layout, cutText(part.title), '', part.rows)}</tr>`;
}

function cells(part: Judged, result: GateResult, layout: RowLayout, title: Markup, needs: string, rows: number | null): Markup {
  const { unit } = result;
  const measured = decidedBy(result, part);
  const drawn = measured === null ? null : intervalFigure({ measured, bound: result.bound, verdict: part.verdict, finding: `${cutAt(part.title, 80)}: ${cutAt(part.reason, reasonMax)}` }, layout.scale);
  return markup`<td>${verdictMark(part.verdict)}</td><th scope="row">${title}${part.verdict === 'pass' ? null : markup`<div class="why">${cutText(part.reason, reasonMax)}</div>`}</th>${layout.compared ? markup`<td class="number" data-label="champion">${value(part.champion, unit)}</td>` : null}<td class="number" data-label="candidate">${value(part.candidate, unit)}${part.difference === null ? interval(part.candidate, unit, 'value') : null}</td>${
    layout.compared ? markup`<td class="number" data-label="difference">${part.difference === null ? null : markup`${part.difference.value === null ? 'not defined' : differenceText(part.difference.value, unit)}${interval(part.difference, unit, 'difference')}`}</td>` : null
  }<td class="number needs" data-label="needs">${cutText(needs, 80)}</td><td class="drawing">${drawn === null || layout.shared ? null : rulerOf(result, layout.scale)}${drawn}</td><td class="number" data-label="rows">${rows === null ? null : countText(rows)}</td>`;
}

function rulerOf({ unit, bound }: GateResult, scale: Scale): Markup {
  const inPoints = unit === 'share' && bound?.on === 'difference';
  return rulerFigure(scale, { per: inPoints ? 0.01 : 1, finding: inPoints ? 'Axis of differences in percentage points' : `Axis in ${unit}` });
}

function value(measured: Measured | null, unit: Unit): Markup | null {
  if (measured === null) return null;
  return measured.reason === undefined ? markup`${measuredText(measured, unit)}` : markup`<span title="${cutAt(measured.reason, reasonMax)}">${measuredText(measured, unit)}</span>`;
}

function interval(measured: Measured | null, unit: Unit, of: 'value' | 'difference'): Markup | null {
  return measured?.interval === undefined ? null : markup`<div class="quiet">${intervalText(measured, unit, of)}</div>`;
}

/** Missing evidence stops many gates for one reason, which is worth saying once. */
function sameReason(gates: GateResult[]): { alone: GateResult[]; together: { verdict: GateResult['verdict']; reason: string; titles: string[] }[] } {
  const groups = new Map<string, GateResult[]>();
  for (const gate of gates) {
    // Which dataset it was, and how many rows, does not make it another reason.
    const key = `${gate.verdict} ${gate.reason.replace(/^(holdout|current|cases) was not (compared|evaluated): (the candidate: )?/, '').replace(/\d[\d,]*/g, '#')}`;
    groups.set(key, [...(groups.get(key) ?? []), gate]);
  }
  const large = [...groups.values()].filter((group) => group.length > 2 && group[0].verdict === 'error');
  return { alone: gates.filter((gate) => !large.some((group) => group.includes(gate))), together: large.map((group) => ({ verdict: group[0].verdict, reason: group[0].reason, titles: group.map(({ title }) => title) })) };
}
