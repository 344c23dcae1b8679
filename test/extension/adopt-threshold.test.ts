import { describe, expect, it } from 'vitest';
import { adoptThreshold } from '../../extension/slipway-yaml/adopt-threshold.ts';
import type { Gate, GateRule, GateResult } from '../../protocol/gates.ts';
import type { Measured, Verdict } from '../../protocol/measured.ts';

const measured = (value: number | null, low?: number, high?: number): Measured => ({ value, rows: 1000, ...(low === undefined || high === undefined ? {} : { interval: { low, high, level: 0.95, method: 'wilson' } }) });

function judged(rule: GateRule, { candidate = null, difference = null, bound = null, unit = 'share', verdict = 'fail', parts = [] }: Partial<GateResult> = {}): GateResult {
  const gate = { id: 'g', severity: 'block', ...rule } as Gate;
  return { gate, title: 'g', verdict, reason: '', champion: null, candidate, difference, needs: '', unit, bound, rows: 1000, parts };
}

const metric = (rule: { min?: number; max?: number }): GateRule => ({ kind: 'metric', metric: 'recall', on: 'holdout', decide: 'point', minRows: 100, ...rule });
const nonInferior: GateRule = { kind: 'non_inferior', metric: 'recall', on: 'holdout', margin: 0.03, alpha: 0.025, superior: false, minRows: 30 };

describe('a bound is moved to what was measured, with room for the sampling error', () => {
  it.each<[string, string, GateResult, string, string]>([
    ['to the low end for a smallest value', '{metric: recall, min: 0.7}', judged(metric({ min: 0.7 }), { candidate: measured(0.693, 0.68449, 0.701), bound: { on: 'candidate', min: 0.7 } }), '{metric: recall, min: 0.684}', 'Set min to 0.684: v3 measured 0.693, and its 95 % interval ends there'],
    ['to the high end for a largest value', '{metric: brier, max: 10%}', judged(metric({ max: 0.1 }), { candidate: measured(0.12, 0.11, 0.13201), bound: { on: 'candidate', max: 0.1 } }), '{metric: brier, max: 0.133}', 'Set max to 0.133: v3 measured 0.120, and its 95 % interval ends there'],
    ['as a margin', '{metric: recall, nonInferior: 3%}', judged(nonInferior, { difference: measured(-0.041, -0.0621, -0.02), bound: { on: 'difference', min: -0.03 } }), '{metric: recall, nonInferior: 0.063}', 'Set nonInferior to 0.063: v3 measured −4.1 pt, and its 95 % interval ends there'],
    ['as a margin of a metric that is better low', '{metric: rmse, nonInferior: 1}', judged({ ...nonInferior, metric: 'rmse' }, { difference: measured(2, 1.5, 2.5), bound: { on: 'difference', max: 1 }, unit: 'metric' }), '{metric: rmse, nonInferior: 2.5}', 'Set nonInferior to 2.5: v3 measured +2, and its 95 % interval ends there'],
    ['as a change', '{metric: recall, minChange: 0}', judged({ kind: 'change', metric: 'recall', on: 'holdout', min: 0, relative: false, minRows: 100 }, { difference: measured(-0.01, -0.02, 0.01), bound: { on: 'difference', min: 0 } }), '{metric: recall, minChange: -0.02}', 'Set minChange to -0.02: v3 measured −1.0 pt, and its 95 % interval ends there'],
    ['as a share of the cases, which has no error', '{cases: all}', judged({ kind: 'cases', minShare: 1 }, { candidate: measured(0.68, 0.48, 0.83), bound: { on: 'candidate', min: 1 } }), '{cases: 0.68}', 'Set cases to 0.68: what v3 measured'],
    ['by a tenth where there is no interval', '{size: 5MB}', judged({ kind: 'size', maxMb: 5 }, { candidate: measured(6), bound: { on: 'candidate', max: 5 }, unit: 'MB' }), '{size: 6.6MB}', 'Set size to 6.6MB: v3 measured 6 MB, with a tenth of it as room'],
    ['as milliseconds', '{latency: p99, maxMs: 20}', judged({ kind: 'latency', quantile: 'p99', maxMs: 20, batch: 1 }, { candidate: measured(0.12, 0.1, 0.1884), bound: { on: 'candidate', max: 20 }, unit: 'ms', verdict: 'pass' }), '{latency: p99, maxMs: 0.189}', 'Set maxMs to 0.189: v3 measured 0.12 ms, and its 95 % interval ends there'],
    ['as a number of checks', '{dataQuality: current}', judged({ kind: 'data_quality', on: 'current', maxFailing: 0, severities: ['block'] }, { candidate: measured(3), bound: { on: 'candidate', max: 0 }, unit: 'count' }), '{dataQuality: current, maxFailing: 3}', 'Set maxFailing to 3: what v3 measured'],
  ])('%s', (_, gate, result, expected, title) => {
    expect(adoptThreshold(`gates:\n  - ${gate}  # kept\n`, 2, result, 'v3')).toEqual({ title, text: `gates:\n  - ${expected}  # kept\n` });
  });

  it('of several slices the worst that has enough rows decides', () => {
    const part = (title: string, low: number, verdict: Verdict) => ({ title, verdict, reason: '', champion: null, candidate: null, difference: measured(low + 0.02, low, low + 0.04), rows: 100 });
    const result = judged({ ...nonInferior, by: 'carrier' }, { bound: { on: 'difference', min: -0.03 }, parts: [part('AA', -0.05, 'pass'), part('UA', -0.08, 'fail'), part('HA', -0.6, 'inconclusive')] });
    expect(adoptThreshold('gates:\n  - {metric: recall, nonInferior: 3%, by: carrier}\n', 2, result, 'v3')?.text).toContain('nonInferior: 0.08,');
  });
});

it.each<[string, GateResult]>([
  ['nothing was measured', judged(metric({ min: 0.7 }), { candidate: measured(null), bound: { on: 'candidate', min: 0.7 } })],
  ['it is an error', judged(metric({ min: 0.7 }), { candidate: measured(0.6), verdict: 'error', bound: { on: 'candidate', min: 0.7 } })],
  ['the gate has no number', judged({ kind: 'signature' })],
  ['two bounds could be meant', judged(metric({ min: 0.2, max: 0.7 }), { candidate: measured(0.9), bound: { on: 'candidate', min: 0.2, max: 0.7 } })],
  ['the bound is that one already', judged(metric({ min: 0.7 }), { candidate: measured(0.75, 0.7, 0.8), verdict: 'pass', bound: { on: 'candidate', min: 0.7 } })],
])('nothing is proposed when %s', (_, result) => {
  expect(adoptThreshold('gates:\n  - {metric: recall, min: 0.7}\n', 2, result, 'v3')).toBeNull();
});

it('a gate that is not on the line is not changed', () => {
  expect(adoptThreshold('checks:\n  - {column: a, min: 3}\n', 2, judged(metric({ min: 0.7 }), { candidate: measured(0.6), bound: { on: 'candidate', min: 0.7 } }), 'v3')).toBeNull();
});
