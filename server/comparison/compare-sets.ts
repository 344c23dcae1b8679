import type { MetricComparison, SliceRef } from '../../protocol/evaluation.ts';
import type { Interval, Measured } from '../../protocol/measured.ts';
import { type BootstrapEstimate, bootstrap, bootstrapPValue } from '../stats/bootstrap.ts';
import { deLong, deLongDifference } from '../stats/delong.ts';
import { mcNemar } from '../stats/mcnemar.ts';
import { definitionOf, findMetric } from '../stats/metric-registry.ts';
import { type PairedOutcomes, tangoInterval } from '../stats/tango-interval.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { weightedMean } from '../stats/sample-weights.ts';
import type { ComparedMetric, ComparedSet, PairedPlans } from './paired-plans.ts';

export interface ComparisonOptions {
  resamples: number;
  level: number;
  seed: number;
  tick?: (share: number) => void | Promise<void>;
}

/** A metric of both models on one set of rows. */
interface Pair {
  slice: SliceRef;
  candidate: ComparedMetric;
  champion: ComparedMetric;
  direction: MetricComparison['direction'];
}

/** Compares every metric that both models have, on every set of rows; see `compare`. */
export async function compareSets(pairs: PairedPlans, options: ComparisonOptions): Promise<MetricComparison[]> {
  const own = pairs.weights ?? new Float64Array(pairs.units).fill(1);
  const formulas = pairs.weights === undefined && pairs.clusters === undefined;
  pairs.weigh(own);
  const compared = pairs.sets.flatMap(pairsOf).map((pair) => ({ pair, comparison: comparePoint(pair, formulas ? options.level : null) }));
  await resample(pairs, compared, options);
  return compared.map(({ comparison }) => comparison);
}

function pairsOf({ slice, candidate, champion }: ComparedSet): Pair[] {
  return candidate.flatMap((ours): Pair[] => {
    const theirs = champion.find(({ name }) => name === ours.name);
    const direction = directionOf(ours.name);
    return theirs && direction ? [{ slice, candidate: ours, champion: theirs, direction }] : [];
  });
}

/** Of a metric best in the middle: null. Value of outcomes is no metric of the registry, and more of it is better. */
function directionOf(name: string): MetricComparison['direction'] | null {
  if (name === 'value_per_prediction') return 'higher';
  const named = findMetric(name);
  const better = named && definitionOf(named.name).better;
  return typeof better === 'string' ? better : null;
}

function comparePoint({ slice, candidate, champion, direction }: Pair, level: number | null): MetricComparison {
  const ours = measured(candidate, level);
  const theirs = measured(champion, level);
  const rows = Math.min(ours.rows, theirs.rows);
  const start = { metric: candidate.name, slice, champion: theirs, candidate: ours, direction };
  if (ours.value === null || theirs.value === null) {
    const reason = ours.value === null ? `candidate: ${ours.reason}` : `champion: ${theirs.reason}`;
    return { ...start, difference: { value: null, reason, rows }, pValue: null, test: null };
  }
  const test = level === null ? null : formulaTest(candidate, champion, level);
  return { ...start, difference: { value: ours.value - theirs.value, rows, ...(test?.interval && { interval: test.interval }) }, pValue: test?.pValue ?? null, test: test?.test ?? null };
}

function measured(metric: ComparedMetric, level: number | null): Measured {
  const { value, reason } = metric.measure();
  if (value === null) return { value, reason, rows: metric.rows };
  const interval = level === null ? null : formulaInterval(metric, value, level);
  return { value, rows: metric.rows, ...(interval && { interval }) };
}

function formulaInterval({ basis, rows }: ComparedMetric, value: number, level: number): Interval | null {
  switch (basis.kind) {
    case 'proportion':
    case 'share':
      return wilsonInterval(Math.round(value * rows), rows, level);
    case 'roc_auc':
      return deLong(basis.labels, basis.scores, level).interval;
    case 'mean':
    case 'resampled':
    case 'extreme':
      return null;
  }
}

interface PairedTest {
  test: MetricComparison['test'];
  pValue: number | null;
  interval: Interval | null;
}

function formulaTest(candidate: ComparedMetric, champion: ComparedMetric, level: number): PairedTest | null {
  const [ours, theirs] = [candidate.basis, champion.basis];
  if (ours.kind === 'proportion' && theirs.kind === 'proportion') {
    const outcomes = pairedOutcomes(ours.outcomes, theirs.outcomes);
    return outcomes && { test: 'mcnemar', pValue: mcNemar(outcomes.candidateOnly, outcomes.championOnly).pValue, interval: tangoInterval(outcomes, level) };
  }
  if (ours.kind === 'roc_auc' && theirs.kind === 'roc_auc') {
    const { interval, pValue } = deLongDifference(ours.labels, ours.scores, theirs.scores, level);
    return interval && { test: 'delong', pValue, interval };
  }
  return null;
}

/** Hits of only one of the two among the rows that both count; null when they do not count the same rows. */
function pairedOutcomes(candidate: Uint8Array, champion: Uint8Array): PairedOutcomes | null {
  const outcomes: PairedOutcomes = { candidateOnly: 0, championOnly: 0, rows: 0 };
  for (let row = 0; row < candidate.length; row++) {
    if ((candidate[row] === 2) !== (champion[row] === 2)) return null;
    if (candidate[row] === 2) continue;
    outcomes.rows++;
    if (candidate[row] > champion[row]) outcomes.candidateOnly++;
    if (candidate[row] < champion[row]) outcomes.championOnly++;
  }
  return outcomes;
}

/** Fills in, on shared resamples, the intervals of differences that no formula gave. */
async function resample(pairs: PairedPlans, compared: readonly { pair: Pair; comparison: MetricComparison }[], { resamples, level, seed, tick }: ComparisonOptions): Promise<void> {
  const wanted = compared.filter(({ pair, comparison }) => comparison.difference.value !== null && comparison.difference.interval === undefined && pair.candidate.basis.kind !== 'extreme');
  if (wanted.length === 0) return;
  const statistics = wanted.map(({ pair }) => pairedDifference(pair));
  const steps = bootstrap(statistics, { rows: pairs.units, replicates: resamples, seed, level, method: 'percentile', rowWeights: pairs.weights, clusters: pairs.clusters, prepare: pairs.weigh });
  const pause = Math.max(1, Math.ceil(5e5 / (pairs.units + 1e3 * pairs.sets.length)));
  for (let replicate = 1; ; replicate++) {
    const step = steps.next();
    if (step.done) {
      step.value.forEach((estimate, index) => addEstimate(wanted[index].comparison, estimate, level));
      return;
    }
    if (replicate % pause === 0) await tick?.(step.value);
  }
}

/** Candidate − champion under the weights of now. */
function pairedDifference({ candidate, champion }: Pair): () => number {
  const [ours, theirs] = [candidate.basis, champion.basis];
  if (ours.kind === 'mean' && theirs.kind === 'mean') {
    const terms = ours.terms.map((term, row) => term - theirs.terms[row]);
    return () => weightedMean(terms, ours.weights()).value ?? NaN;
  }
  return () => (candidate.measure().value ?? NaN) - (champion.measure().value ?? NaN);
}

function addEstimate(comparison: MetricComparison, { interval, resamples, replicates }: BootstrapEstimate, level: number): void {
  Object.assign(comparison.difference, { resamples });
  if (interval) {
    comparison.difference.interval = interval;
    Object.assign(comparison, { test: 'paired-bootstrap', pValue: bootstrapPValue(replicates) });
  } else if (replicates.length > 0 && replicates.length === resamples.drawn && replicates.every((difference) => difference === 0)) {
    Object.assign(comparison, noDifference(comparison, level));
  }
}

/**
 * Two models that no resample tells apart. For a metric on 0–1 the share of rows on which they differ after all is bounded
 * as for any share of which none was seen, by Tango's interval; elsewhere nothing bounds what such a row could do.
 */
function noDifference({ metric, difference }: MetricComparison, level: number): Partial<MetricComparison> {
  const named = findMetric(metric);
  const [low, high] = named ? definitionOf(named.name).range : [null, null];
  const interval = low === 0 && high === 1 ? tangoInterval({ candidateOnly: 0, championOnly: 0, rows: difference.rows }, level) : null;
  return interval ? { test: 'paired-bootstrap', pValue: 1, difference: { ...difference, interval } } : {};
}
