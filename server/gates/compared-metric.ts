import type { MetricComparison } from '../../protocol/evaluation.ts';
import type { GateRule } from '../../protocol/gates.ts';
import type { Measured } from '../../protocol/measured.ts';
import type { Evidence } from './evidence.ts';
import { findComparison } from './find-report.ts';
import { type Judgement, error } from './judgement.ts';
import { metricText } from './measure-text.ts';
import { type MetricFacts, metricFacts } from './metric-facts.ts';
import { type Reading, read } from './reading.ts';
import { slicesBy } from './slices-by.ts';

/** A candidate's metric beside the champion's, turned so that an improvement is positive. */
export interface ComparedMetric {
  facts: MetricFacts;
  champion: Reading;
  candidate: Reading;
  improvement: Reading;
  /** Two-sided, of no difference, corrected over the slices; null for the whole dataset, or where no test exists. */
  adjustedP: number | null;
  measured: { champion: Measured; candidate: Measured; difference: Measured };
}

export type ComparedPart = { title: string } & ({ compared: ComparedMetric; without?: undefined } | { compared?: undefined; without: Judgement });

/**
 * What a change or non-inferiority gate is about: one comparison, or one per slice when it is `by` a column.
 *
 * @returns the parts, or the verdict when there are none to judge
 */
export function comparedMetrics(rule: Extract<GateRule, { kind: 'change' | 'non_inferior' }>, evidence: Evidence): { parts: ComparedPart[]; without?: undefined } | { parts?: undefined; without: Judgement } {
  const facts = metricFacts(rule.metric);
  if (!facts) return { without: error(`${rule.metric} is not a metric Slipway knows`) };
  if (facts.direction === null) return { without: error(`${metricText(rule.metric)} is best in the middle, so neither model's is simply better: give it a bound instead`) };
  if (rule.slice !== undefined && rule.by !== undefined) return { without: error('a gate is either on one slice or by a column, not both') };
  const found = findComparison(evidence, rule.on);
  if (found.without) return { without: found.without };
  const { metrics, slices } = found.report;
  const ofMetric = (comparison: MetricComparison): boolean => comparison.metric === rule.metric;
  if (rule.by !== undefined) {
    const comparisons = slicesBy(slices, rule.by).filter(ofMetric);
    if (comparisons.length === 0) return { without: error(`${metricText(rule.metric)} was not compared by ${rule.by}`) };
    return { parts: comparisons.map((comparison) => readComparison(comparison, facts)) };
  }
  const comparison = rule.slice === undefined ? metrics.find(ofMetric) : slices.filter(ofMetric).find(({ slice }) => slice.name === rule.slice);
  if (!comparison) return { without: error(`${metricText(rule.metric)} was not compared${rule.slice === undefined ? '' : ` on slice ${rule.slice}`}`) };
  return { parts: [readComparison(comparison, facts)] };
}

function readComparison(comparison: MetricComparison, facts: MetricFacts): ComparedPart {
  const title = comparison.slice.name;
  const name = metricText(comparison.metric);
  const { champion, candidate, difference, adjustedP = null } = comparison;
  const measured = { champion, candidate, difference };
  const width = facts.range[1] - facts.range[0];
  const ours = read(candidate, `the candidate's ${name}`, facts.range);
  if (ours.without) return { title, without: { ...ours.without, ...measured } };
  const theirs = read(champion, `the champion's ${name}`, facts.range);
  if (theirs.without) return { title, without: { ...theirs.without, ...measured } };
  const between = read(difference, `the difference in ${name}`, [-width, width]);
  if (between.without) return { title, without: { ...between.without, ...measured } };
  const expected = ours.reading.value - theirs.reading.value;
  if (Math.abs(between.reading.value - expected) > 1e-9 * Math.max(1, Math.abs(expected))) {
    return { title, without: { ...error(`the difference in ${name} is ${between.reading.value}, its two sides say ${expected}`), ...measured } };
  }
  const improvement = facts.direction === 'higher' ? between.reading : turned(between.reading);
  return { title, compared: { facts, champion: theirs.reading, candidate: ours.reading, improvement, adjustedP, measured } };
}

function turned({ value, interval, ...rest }: Reading): Reading {
  return { ...rest, value: -value, ...(interval && { interval: { ...interval, low: -interval.high, high: -interval.low } }) };
}
