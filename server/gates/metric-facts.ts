import { type MetricName, definitionOf, findMetric } from '../stats/metric-registry.ts';

/** What a gate needs to know of a metric; all of it from the registry, none from the user. */
export interface MetricFacts {
  /** Without its parameter. */
  name: MetricName;
  /** Null for a metric that is best at a target in the middle, such as bias. */
  direction: 'higher' | 'lower' | null;
  range: readonly [number, number];
  unit: 'share' | 'metric';
}

/** Looks a metric up by the name users write, or null when there is none such. */
export function metricFacts(metric: string): MetricFacts | null {
  const named = findMetric(metric);
  if (!named) return null;
  const { better, range, unit } = definitionOf(named.name);
  return {
    name: named.name,
    direction: typeof better === 'string' ? better : null,
    range: [range[0] ?? -Infinity, range[1] ?? Infinity],
    unit: unit === 'share' ? 'share' : 'metric',
  };
}
