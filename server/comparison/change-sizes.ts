import type { Measured } from '../../protocol/measured.ts';
import type { ChangeSizes } from '../../protocol/shadow.ts';
import { equalWidthEdges, sharesOf } from '../stats/histogram.ts';
import { jensenShannonDistance } from '../stats/jensen-shannon.ts';
import { mean, standardDeviation } from '../stats/moments.ts';
import { populationStabilityIndex } from '../stats/psi.ts';
import { type QuantileSketch, sketchCounts, sketchDistance, sketchQuantile } from '../stats/quantile-sketch.ts';
import { type AnswerShape, similarityNames } from './answers.ts';
import type { ShadowBounds } from './shadow-bounds.ts';
import type { ShadowEvidence } from './shadow-evidence.ts';

/** Bins of the histogram of differences: odd, so that one lies around 0 when differences are symmetric. */
const BINS = 41;

/** How large the differences between two models are, whether or not they count as disagreement. */
export function changeSizes(evidence: ShadowEvidence, bounds: ShadowBounds): ChangeSizes {
  const names = similarityNames(evidence.plan.shape.kind);
  return {
    difference: differenceOf(evidence, bounds),
    distribution: distributionOf(evidence),
    similarities: evidence.similarities.flatMap(({ sketch, moments }, index) => {
      const [p5, p50] = [0.05, 0.5].map((probability) => sketchQuantile(sketch, probability));
      return p5 === null || p50 === null ? [] : [{ name: names[index], pairs: sketch.count, mean: moments.mean, p5, p50, min: sketch.min }];
    }),
  };
}

function differenceOf({ numbers, absolute, plan }: ShadowEvidence, bounds: ShadowBounds): ChangeSizes['difference'] {
  const { difference, moments } = numbers;
  const quantile = (probability: number): number => sketchQuantile(difference, probability) ?? 0;
  if (difference.count === 0) return null;
  const size = (probability: number): number => sketchQuantile(absolute.sketch, probability) ?? 0;
  const deviation = standardDeviation(moments, 1).value;
  const bias = mean(moments);
  const interval = bounds.mean(moments);
  return {
    of: numberName(plan.shape.kind),
    pairs: difference.count,
    histogram: histogramOf(difference),
    quantiles: { p5: quantile(0.05), p50: quantile(0.5), p95: quantile(0.95) },
    bias: bias.value === null ? { ...bias, rows: moments.count } : { value: bias.value, rows: moments.count, ...(interval && { interval }) },
    limits: deviation === null ? null : { low: moments.mean - 1.96 * deviation, high: moments.mean + 1.96 * deviation },
    meanAbsolute: absolute.moments.mean,
    p95Absolute: size(0.95),
    p99Absolute: size(0.99),
    maxAbsolute: absolute.sketch.max,
  };
}

/** From the 0.5th to the 99.5th percentile; what lies beyond is in the end bins. */
function histogramOf(difference: QuantileSketch): { edges: number[]; counts: number[] } | null {
  const [low, high] = [0.005, 0.995].map((probability) => sketchQuantile(difference, probability));
  if (low === null || high === null) return null;
  const edges = [...equalWidthEdges(low, high, BINS)];
  return { edges, counts: [...sketchCounts(difference, edges.slice(1, -1))] };
}

function numberName(kind: AnswerShape['kind']): string {
  return kind === 'classifier' ? 'probability of production’s class' : kind === 'score' ? 'score' : 'value';
}

/** Tenths of production's numbers, fewer where many are equal. */
function distributionOf({ numbers: { production, candidate } }: ShadowEvidence): ChangeSizes['distribution'] {
  if (production.count === 0) return null;
  const tenths = Array.from({ length: 9 }, (_, index) => sketchQuantile(production, (index + 1) / 10) ?? 0);
  const cuts = tenths.filter((cut, index) => index === 0 || cut > tenths[index - 1]);
  const [before, after] = [production, candidate].map((side) => sharesOf(sketchCounts(side, cuts)));
  const measured = (value: number | null): Measured => (value === null ? { value, reason: 'a side has no numbers', rows: 0 } : { value, rows: production.count });
  return {
    psi: measured(before && after && populationStabilityIndex(before, after)),
    jensenShannonDistance: measured(before && after && jensenShannonDistance(before, after)),
    ks: measured(sketchDistance(production, candidate)),
  };
}
