import type { Interval, Measured } from '../../protocol/measured.ts';
import { bootstrap } from '../stats/bootstrap.ts';
import { deLong } from '../stats/delong.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import type { PlannedMetric } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';

export interface MeasureOptions {
  /** Units that resamples are drawn from: rows, or queries. */
  units: number;
  /** What the metrics are planned on; has the data's own weights in the end. */
  unitWeights: UnitWeights;
  /** Weight of each unit in the data. */
  weights?: Float64Array;
  /** Cluster of each unit; then whole clusters are drawn, and no interval is made by a formula for single rows. */
  clusters?: Int32Array;
  /** Resamples, at least 2,000 where a gate decides. */
  resamples: number;
  level: number;
  seed: number;
  /** Awaited between pieces of some tens of milliseconds; may throw to stop. */
  tick?: (share: number) => void | Promise<void>;
}

/**
 * Measures metrics, set by set, with intervals: Wilson for shares of rows, DeLong for the area under the ROC curve, else the
 * percentile bootstrap, on the same resamples for all sets. With weights or clusters everything is bootstrapped.
 *
 * @returns for each set its metrics by name. A metric without interval says by `resamples` that one was sought.
 */
export async function measure(sets: readonly (readonly PlannedMetric[])[], options: MeasureOptions): Promise<Record<string, Measured>[]> {
  const { units, unitWeights, weights, clusters, resamples, level, seed } = options;
  const own = weights ?? new Float64Array(units).fill(1);
  const simple = weights === undefined && clusters === undefined;
  unitWeights.weigh(own);
  const measured = sets.map((metrics) => metrics.map((metric) => ({ metric, result: measurePoint(metric, simple ? analyticInterval(metric, level) : null) })));
  const open = measured.flat().filter(({ metric, result }) => result.value !== null && result.interval === undefined && metric.basis.kind !== 'extreme');
  if (open.length > 0) {
    const statistics = open.map(({ metric }) => () => metric.measure().value ?? NaN);
    const steps = bootstrap(statistics, { rows: units, replicates: resamples, seed, level, method: 'percentile', rowWeights: weights, clusters, prepare: unitWeights.weigh });
    const pause = Math.max(1, Math.ceil(5e5 / (units + 1e3 * sets.length)));
    for (let replicate = 1; ; replicate++) {
      const step = steps.next();
      if (step.done) {
        step.value.forEach(({ interval, resamples }, index) => Object.assign(open[index].result, interval && { interval }, { resamples }));
        break;
      }
      if (replicate % pause === 0) await options.tick?.(step.value);
    }
    unitWeights.weigh(own);
  }
  return measured.map((metrics) => Object.fromEntries(metrics.map(({ metric, result }) => [metric.name, result])));
}

function measurePoint(metric: PlannedMetric, interval: Interval | null): Measured {
  const { value, reason } = metric.measure();
  if (value === null) return { value, reason, rows: metric.rows };
  return { value, rows: metric.rows, ...(interval && { interval }) };
}

function analyticInterval({ basis, measure }: PlannedMetric, level: number): Interval | null {
  if (measure().value === null) return null;
  switch (basis.kind) {
    case 'proportion': {
      let hits = 0;
      let trials = 0;
      for (const outcome of basis.outcomes) {
        if (outcome === 1) hits++;
        if (outcome !== 2) trials++;
      }
      return wilsonInterval(hits, trials, level);
    }
    case 'share':
      return wilsonInterval(basis.successes, basis.trials, level);
    case 'roc_auc':
      return deLong(basis.labels, basis.scores, level).interval;
    case 'mean':
    case 'resampled':
    case 'extreme':
      return null;
  }
}
