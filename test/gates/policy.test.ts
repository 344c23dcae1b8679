import { describe, expect, it } from 'vitest';
import type { Task } from '../../protocol/evaluation.ts';
import { completePolicy } from '../../server/gates/built-in-gates.ts';
import { canonicalise } from '../../server/gates/canonicalise.ts';
import { defaultPolicy } from '../../server/gates/default-policy.ts';
import { describeGate } from '../../server/gates/describe-gate.ts';
import { metricFacts } from '../../server/gates/metric-facts.ts';
import { passing, passingPolicy } from './evidence.ts';

const tasks: Task[] = ['binary', 'multiclass', 'regression', 'ranking', 'generation'];

describe('default policy', () => {
  it.each(tasks)('of a %s model compares it with its champion and checks its data', (task) => {
    const policy = defaultPolicy({ task, slices: ['carrier'], groups: [], cases: true, current: true, value: false });
    const blocking = policy.filter(({ severity }) => severity === 'block').map(({ kind }) => kind);
    expect(blocking).toEqual(['non_inferior', 'non_inferior', 'cases', 'data_quality', 'data_quality']);
    expect(policy.filter(({ kind, severity }) => (kind === 'drift' || kind === 'latency') && severity === 'block')).toEqual([]);
  });

  it.each(tasks)('of a %s model names only metrics that exist, each gate once', (task) => {
    const policy = completePolicy(defaultPolicy({ task, slices: ['carrier', 'origin'], groups: [['sex'], ['sex', 'race']], cases: true, current: true, value: true }));
    expect(new Set(policy.map(({ id }) => id)).size).toBe(policy.length);
    for (const gate of policy) if ('metric' in gate) expect([gate.metric, metricFacts(gate.metric)]).not.toContain(null);
  });

  it('asks for no evidence that the workspace cannot give', () => {
    const kinds = defaultPolicy({ task: 'regression', slices: [], groups: [], cases: false, current: false, value: false }).map(({ kind }) => kind);
    expect(kinds).toEqual(['non_inferior', 'data_quality', 'latency']);
  });
});

describe('canonical text of a policy', () => {
  it('is the same whatever order keys were written in, and differs when a bound does', () => {
    const gate = passing('metric');
    const turned = Object.fromEntries(Object.entries(gate).reverse());
    expect(canonicalise(turned)).toBe(canonicalise(gate));
    expect(canonicalise({ ...gate, min: 0.71 })).not.toBe(canonicalise(gate));
  });

  it.each([
    [{ b: [1, null, true], a: 'x"y', c: undefined }, '{"a":"x\\"y","b":[1,null,true]}'],
    [{ '€': 1, '1': 2, z: { é: 0.1, a: 1e21 } }, '{"1":2,"z":{"a":1e+21,"é":0.1},"€":1}'],
    [[], '[]'],
  ])('%o', (value, text) => {
    expect(canonicalise(value)).toBe(text);
  });

  it('refuses what JSON cannot hold', () => {
    expect(() => canonicalise({ min: NaN })).toThrow(RangeError);
    expect(() => canonicalise({ min: 1n })).toThrow(TypeError);
  });
});

describe('gates in words', () => {
  it.each([
    ['metric', 'AUC', '≥ 0.700', 'share'],
    ['metric.by', 'recall by carrier', '≥ 0.600', 'share'],
    ['change', 'AUC', '≥ −1.0 pt', 'share'],
    ['change.relative', 'log loss', '≥ −2 %', 'metric'],
    ['non_inferior', 'AUC', '≥ −1.0 pt', 'share'],
    ['fairness', 'demographic parity difference by origin', '≤ 0.200', 'share'],
    ['cases', 'curated cases', 'all', 'share'],
    ['flips', 'harmful flips', '≤ 0.050', 'share'],
    ['drift', 'feature drift', '≤ 1 columns moved', 'count'],
    ['drift.predictions', 'prediction drift', 'nothing moved', 'count'],
    ['data_quality', 'data quality of holdout', 'no failing check', 'count'],
    ['latency', 'latency p99, batch 1', '≤ 5 ms', 'ms'],
    ['throughput', 'throughput, batch 1', '≥ 100/s', 'rows/s'],
    ['size', 'model size', '≤ 2 MB', 'MB'],
    ['shadow', 'shadow comparison', 'equivalent or better, ≤ 0.050 disagree, ≥ 1,000 pairs, ≤ 7 days old', 'share'],
    ['value', 'value against the baseline', '≥ 0', 'money'],
  ])('%s: %s needs %s', (id, title, needs, unit) => {
    expect(describeGate(passing(id))).toMatchObject({ title, needs, unit });
  });

  it('an allowed loss of a lower-is-better metric is an upper bound on its difference', () => {
    expect(describeGate({ ...passing('change'), metric: 'log_loss', min: -0.02 } as never).bound).toEqual({ on: 'difference', max: 0.02 });
    expect(describeGate(passing('non_inferior')).bound).toEqual({ on: 'difference', min: -0.01 });
  });

  it('every kind has words', () => {
    for (const gate of completePolicy(passingPolicy)) expect(describeGate(gate).title).not.toBe('');
  });
});
