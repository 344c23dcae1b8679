import type { Gate, GateResult } from '../../protocol/gates.ts';
import { countText, differenceText, valueText } from '../../protocol/number-text.ts';
import { boundText } from './bound.ts';
import { exportTolerance } from './built-in-gates.ts';
import { leastText, metricText } from './measure-text.ts';
import { metricFacts } from './metric-facts.ts';

export type GateDescription = Pick<GateResult, 'title' | 'needs' | 'unit' | 'bound'>;

/** What a gate is called and asks for, before anything is measured: title, bound in words, unit, bound as numbers. */
export function describeGate(gate: Gate): GateDescription {
  switch (gate.kind) {
    case 'metric': {
      const unit = metricFacts(gate.metric)?.unit ?? 'metric';
      return { title: metricTitle(gate), needs: boundText(gate, (value) => valueText(value, unit)), unit, bound: { on: 'candidate', ...ends(gate) } };
    }
    case 'change': {
      const { unit = 'metric', direction = null } = metricFacts(gate.metric) ?? {};
      const title = metricTitle(gate);
      if (gate.relative) return { title, needs: `≥ ${differenceText(gate.min * 100, 'metric')} %`, unit, bound: null };
      return { title, needs: leastText(gate.min, unit), unit, bound: onDifference(gate.min, direction) };
    }
    case 'non_inferior': {
      const { unit = 'metric', direction = null } = metricFacts(gate.metric) ?? {};
      const least = gate.superior || gate.margin === 0 ? 0 : -gate.margin;
      return { title: metricTitle(gate), needs: gate.superior ? 'better' : leastText(least, unit), unit, bound: onDifference(least, direction) };
    }
    case 'fairness':
      return { title: `${metricText(gate.measure)} by ${gate.by.join(' × ')}${where(gate.on)}`, needs: boundText(gate, (value) => valueText(value, 'share')), unit: 'share', bound: { on: 'candidate', ...ends(gate) } };
    case 'cases':
      return { title: 'curated cases', needs: gate.minShare === 1 ? 'all' : `≥ ${valueText(gate.minShare, 'share')}`, unit: 'share', bound: { on: 'candidate', min: gate.minShare } };
    case 'flips':
      return { title: `harmful flips${where(gate.on)}`, needs: `≤ ${valueText(gate.maxHarmfulShare, 'share')}`, unit: 'share', bound: { on: 'candidate', max: gate.maxHarmfulShare } };
    case 'drift':
      return { title: driftTitle(gate), needs: driftNeeds(gate), unit: 'count', bound: gate.maxColumns === undefined ? null : { on: 'candidate', max: gate.maxColumns } };
    case 'data_quality':
      return { title: `data quality of ${gate.on}`, needs: gate.maxFailing === 0 ? 'no failing check' : `≤ ${gate.maxFailing} failing checks`, unit: 'count', bound: { on: 'candidate', max: gate.maxFailing } };
    case 'latency':
      return { title: `latency ${gate.quantile}, batch ${gate.batch}`, needs: `≤ ${valueText(gate.maxMs, 'ms')}`, unit: 'ms', bound: { on: 'candidate', max: gate.maxMs } };
    case 'throughput':
      return { title: `throughput, batch ${gate.batch}`, needs: `≥ ${valueText(gate.minRowsPerSecond, 'rows/s')}`, unit: 'rows/s', bound: { on: 'candidate', min: gate.minRowsPerSecond } };
    case 'size':
      return { title: 'model size', needs: `≤ ${valueText(gate.maxMb, 'MB')}`, unit: 'MB', bound: { on: 'candidate', max: gate.maxMb } };
    case 'parity':
      return {
        title: gate.sibling === undefined ? `parity of ${gate.providers === 'available' ? 'providers' : gate.providers.join(', ')}` : `parity with ${gate.sibling}`,
        needs: `within ${gate.relative} relative, ${gate.absolute} absolute; ≤ ${gate.maxDecisionsChanged} decisions changed`,
        unit: 'count',
        bound: null,
      };
    case 'shadow':
      return { title: `${gate.source === 'any' ? '' : `${gate.source} `}shadow comparison`, needs: shadowNeeds(gate), unit: 'share', bound: gate.maxDisagreement === undefined ? null : { on: 'candidate', max: gate.maxDisagreement } };
    case 'value':
      return { title: `value against the ${gate.against}${where(gate.on)}`, needs: leastText(gate.min, 'money'), unit: 'money', bound: { on: 'difference', min: gate.min } };
    case 'outputs':
      return { title: 'every prediction is sound', needs: 'no faults', unit: 'count', bound: { on: 'candidate', max: 0 } };
    case 'signature':
      return { title: 'signature', needs: "the champion's", unit: 'count', bound: null };
    case 'export':
      return { title: 'answers as recorded at export', needs: `within ${exportTolerance.relative} relative, ${exportTolerance.absolute} absolute`, unit: 'count', bound: null };
  }
}

type MetricGate = Extract<Gate, { kind: 'metric' | 'change' | 'non_inferior' }>;

function metricTitle({ metric, slice, by, on }: MetricGate): string {
  return `${metricText(metric)}${slice === undefined ? '' : `, ${slice}`}${by === undefined ? '' : ` by ${by}`}${where(on)}`;
}

/** The holdout is where models are judged, so only the other dataset is named. */
function where(on: 'holdout' | 'current'): string {
  return on === 'current' ? ' (current)' : '';
}

const shadowWords = { better: 'better', equivalent: 'equivalent or better', nonInferior: 'not worse than allowed' } as const;

function shadowNeeds({ needs, maxDisagreement, minPairs, maxAgeDays }: Extract<Gate, { kind: 'shadow' }>): string {
  return [
    shadowWords[needs],
    ...(maxDisagreement === undefined ? [] : [`≤ ${valueText(maxDisagreement, 'share')} disagree`]),
    ...(minPairs === undefined ? [] : [`≥ ${countText(minPairs)} pairs`]),
    ...(maxAgeDays === undefined ? [] : [`≤ ${countText(maxAgeDays)} days old`]),
  ].join(', ');
}

function ends({ min, max }: { min?: number; max?: number }): { min?: number; max?: number } {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

/** A smallest improvement as a bound on candidate − champion. */
function onDifference(least: number, direction: 'higher' | 'lower' | null): GateResult['bound'] {
  return direction !== 'lower' ? { on: 'difference', min: least } : { on: 'difference', max: -least };
}

const driftTitles = { features: 'feature drift', predictions: 'prediction drift', label: 'label drift', multivariate: 'drift of all columns together', concept: 'concept drift' } as const;

function driftTitle({ of, columns }: Extract<Gate, { kind: 'drift' }>): string {
  return `${driftTitles[of]}${columns ? ` of ${columns.join(', ')}` : ''}`;
}

function driftNeeds({ maxColumns, maxShare }: Extract<Gate, { kind: 'drift' }>): string {
  const budgets = [maxColumns === undefined ? '' : `≤ ${maxColumns} columns moved`, maxShare === undefined ? '' : `≤ ${valueText(maxShare, 'share')} of columns moved`].filter((text) => text !== '');
  return budgets.length === 0 ? 'nothing moved' : budgets.join(', ');
}
