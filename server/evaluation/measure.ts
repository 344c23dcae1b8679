import type { Interval, Measured } from '../../protocol/measured.ts';
import { bootstrap } from '../stats/bootstrap.ts';
import { deLong } from '../stats/delong.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import type { MetricPlan, PlannedMetric } from './metric-plan.ts';

export interface MeasureOptions {
  /** Units that resamples are drawn from: rows, or queries. */
  units: number;
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
 * Measures plans with intervals: Wilson for shares of rows, DeLong for the area under the ROC curve, else the
 * percentile bootstrap, on the same resamples for all plans. With weights or clusters everything is bootstrapped.
 *
 * @returns for each plan its metrics by name. A metric without interval says by `resamples` that one was sought.
 */
export async function measure(plans: readonly MetricPlan[], options: MeasureOptions): Promise<Record<string, Measured>[]> {
  const { units, weights, clusters, resamples, level, seed } = options;
  const own = weights ?? new Float64Array(units).fill(1);
  const simple = weights === undefined && clusters === undefined;
  const measured = plans.map((plan) => {
    plan.weigh(own);
    return plan.metrics.map((metric) => measurePoint(metric, simple ? analyticInterval(metric, level) : null));
  });
  const wanted = plans.flatMap((plan, index) => {
    const metrics = plan.metrics.map((metric, place) => ({ metric, measured: measured[index][place] }));
    const open = metrics.filter(({ metric, measured }) => measured.value !== null && measured.interval === undefined && metric.basis.kind !== 'extreme');
    // The bootstrap calls the statistics in order, so the first of a plan weighs for all of it.
    return open.map(({ metric, measured }, place) => ({
      measured,
      statistic: (drawn: Float64Array): number => {
        if (place === 0) plan.weigh(drawn);
        return metric.measure().value ?? NaN;
      },
    }));
  });
  if (wanted.length > 0) {
    const steps = bootstrap(wanted.map(({ statistic }) => statistic), { rows: units, replicates: resamples, seed, level, method: 'percentile', rowWeights: weights, clusters });
    const pause = Math.max(1, Math.ceil(3e5 / (units * (1 + plans.length))));
    for (let replicate = 1; ; replicate++) {
      const step = steps.next();
      if (step.done) {
        step.value.forEach(({ interval, resamples }, index) => Object.assign(wanted[index].measured, interval && { interval }, { resamples }));
        break;
      }
      if (replicate % pause === 0) await options.tick?.(step.value);
    }
  }
  plans.forEach((plan) => plan.weigh(own));
  return plans.map((plan, index) => Object.fromEntries(plan.metrics.map(({ name }, place) => [name, measured[index][place]])));
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
    case 'resampled':
    case 'extreme':
      return null;
  }
}
