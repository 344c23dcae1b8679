import { describe, expect, test } from 'vitest';
import { type MetricName, definitionOf, findMetric, improvement, metricRegistry, relativeImprovement } from '../../server/stats/metric-registry.ts';

describe('metric registry', () => {
  test.each(Object.keys(metricRegistry) as MetricName[])('%s is fully described', (name) => {
    const definition = definitionOf(name);
    const [low, high] = definition.range;
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(definition.tasks.length).toBeGreaterThan(0);
    expect(low === null || high === null || low < high).toBe(true);
    for (const text of [definition.definition, definition.formula, definition.undefinedWhen, definition.agreesWith]) expect(text).toMatch(/\S/);
    expect(definition.definition).not.toMatch(/\.$/);
  });

  test.each([
    ['roc_auc', { name: 'roc_auc' }],
    ['ndcg_at_10', { name: 'ndcg_at', parameter: 10 }],
    ['precision_at_5', { name: 'precision_at', parameter: 5 }],
    ['precision_at_recall_0.9', { name: 'precision_at_recall', parameter: 0.9 }],
    ['fbeta_0.5', { name: 'fbeta', parameter: 0.5 }],
    ['roc_auc_ovr_macro', { name: 'roc_auc_ovr_macro' }],
  ])('%s is found with its parameter', (text, metric) => expect(findMetric(text)).toEqual(metric));

  test.each(['auc', '', '_', 'ndcg_at', 'ndcg_at_0', 'ndcg_at_1.5', 'ndcg_at_ten', 'roc_auc_5', 'lift_at_0', 'lift_at_1.5', 'fbeta_0', 'fbeta_-1', 'toString', 'constructor'])(
    '"%s" is no metric',
    (text) => expect(findMetric(text)).toBeNull(),
  );

  test('improvement is positive when the candidate is better, whatever the direction', () => {
    expect(improvement('accuracy', 0.9, 0.8)).toBeCloseTo(0.1, 15);
    expect(improvement('rmse', 3, 5)).toBe(2);
    expect(improvement('calibration_ratio', 0.9, 1.3)).toBeCloseTo(0.2, 15);
    expect(improvement('bias', -3, 1)).toBe(-2);
    expect(improvement('r2', -0.2, -0.5)).toBeCloseTo(0.3, 15);
  });

  test('a relative improvement is a share of the champion, and has no meaning at 0, below it or across it', () => {
    expect(relativeImprovement('rmse', 9, 10)).toEqual({ value: 0.1 });
    expect(relativeImprovement('accuracy', 0, 0.5)).toEqual({ value: -1 });
    expect(relativeImprovement('mae', 1, 0)).toEqual({ value: null, reason: 'the champion is at 0' });
    expect(relativeImprovement('r2', -1, -0.5)).toEqual({ value: null, reason: 'a value is below 0' });
    expect(relativeImprovement('r2', -0.1, 0.1)).toEqual({ value: null, reason: 'a value is below 0' });
  });
});
