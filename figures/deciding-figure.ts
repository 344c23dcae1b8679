import type { GatePart, GateResult } from '../protocol/gates.ts';
import { countText, differenceText, intervalText, measuredText, valueText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { cutAt, cutText } from './cut-text.ts';
import { figure } from './figure.ts';
import { decidedBy, gateAxis } from './gates-section.ts';
import { intervalMarks, zeroLine } from './interval-figure.ts';
import { markup, type Markup } from './markup.ts';
import { ticks } from './scale.ts';

const width = 560;

/**
 * The gate that carries the verdict, drawn large: what blocks, or for a pass what the candidate is better at. Null where
 * no gate was measured against a bound.
 */
export function decidingFigure({ gates, decision }: Pick<RunReport, 'gates' | 'decision'>): Markup | null {
  const result = decidingGate(gates, decision.blocking);
  if (result === null) return null;
  const part = worstPart(result);
  const measured = decidedBy(result, part);
  if (measured === null || measured.value === null || result.bound === null) return null;
  const { unit, bound, needs } = result;
  const ofDifference = bound.on === 'difference';
  const x = gateAxis(result, width);
  const per = unit === 'share' && ofDifference ? 0.01 : 1;
  const limit = bound.min ?? bound.max ?? 0;
  const said = ofDifference ? differenceText(measured.value, unit) : `${valueText(measured.value, unit)}${result.gate.kind === 'outputs' && result.rows !== null ? ` of ${countText(result.rows)} rows` : ''}`;
  const at = x(measured.value);
  const room = bound.min === undefined ? x(limit) - x.range[0] : x.range[1] - x(limit);
  return markup`<div class="deciding"><h2>${cutText(result.title, 90)} <span class="quiet">needs: ${needs}${result.rows === null ? null : ` · ${countText(result.rows)} rows`}</span></h2>${figure(
    { width, height: 92, finding: `${cutAt(result.title, 90)}: ${cutAt(part.reason, 320)}` },
    zeroLine(x, 24, 70),
    intervalMarks({ measured, bound, verdict: part.verdict }, x, 28, 66),
    markup`<text class="large ${side(at, 160)}" x="${at}" y="18">${said} ${intervalText(measured, unit, ofDifference ? 'difference' : 'value')}</text>`,
    (bound.min !== undefined && bound.max !== undefined) || room < 56 ? null : markup`<text class="label ${bound.min === undefined ? 'end' : ''}" x="${x(limit) + (bound.min === undefined ? -6 : 6)}" y="62">allowed</text>`,
    ticks([x.domain[0] / per, x.domain[1] / per], 6).map(({ value, text }) => markup`<line class="axis" x1="${x(value * per)}" x2="${x(value * per)}" y1="70" y2="74"/><text class="${side(x(value * per), 90)}" x="${x(value * per)}" y="87">${text}${unitText(value, text, per, unit)}</text>`),
  )}${ofDifference && part.champion !== null && part.candidate !== null ? markup`<p class="quiet">champion <span class="digits">${measuredText(part.champion, unit)}</span> → candidate <span class="digits">${measuredText(part.candidate, unit)}</span></p>` : null}</div>`;
}

function unitText(value: number, text: string, per: number, unit: GateResult['unit']): string {
  return value === 0 && text === '0' ? (per === 0.01 ? ' pt' : unit === 'ms' || unit === 'MB' ? ` ${unit}` : '') : '';
}

/** Which end of a text stands at `x`, so that none of it, `half` wide on either side, leaves the drawing. */
function side(x: number, half: number): string {
  return x < half ? '' : x > width - half ? 'end' : 'middle';
}

function decidingGate(gates: GateResult[], blocking: string[]): GateResult | null {
  const drawable = gates.filter((gate) => typeof decidedBy(gate, worstPart(gate))?.value === 'number');
  const stopped = drawable.filter(({ gate, verdict }) => verdict !== 'pass' && blocking.includes(gate.id));
  const better = drawable.filter(({ gate, verdict }) => verdict === 'pass' && (gate.kind === 'non_inferior' || gate.kind === 'change' || gate.kind === 'value'));
  const candidates = blocking.length > 0 ? [...stopped.filter(({ bound }) => bound?.on === 'difference'), ...stopped] : [...better, ...drawable.filter(({ gate, verdict }) => verdict === 'pass' && gate.kind === 'metric')];
  return candidates[0] ?? null;
}

function worstPart(result: GateResult): Pick<GatePart, 'champion' | 'candidate' | 'difference' | 'verdict' | 'reason'> {
  return result.parts.find(({ verdict }) => verdict === result.verdict && result.verdict !== 'pass') ?? result;
}
