import type { ColumnDrift, Distributions } from '../../protocol/drift.ts';
import { numberText } from '../../protocol/number-text.ts';
import { divergences } from '../stats/divergence.ts';
import { countBetweenCuts, countBetweenEdges, equalWidthEdges, quantileCuts } from '../stats/histogram.ts';
import { kolmogorovSmirnov } from '../stats/kolmogorov-smirnov.ts';
import { mean, moments } from '../stats/moments.ts';
import { ksNullBand } from '../stats/null-band.ts';
import { PSI_FLOOR } from '../stats/psi.ts';
import { quantileSorted } from '../stats/quantile.ts';
import { wasserstein } from '../stats/wasserstein.ts';
import type { NumericValues } from './column-values.ts';
import { type Comparison, statistic } from './comparison.ts';

const quantileBins = 10;
const drawnBins = 40;
const probabilities = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];
/** Largest product of the sizes for which every lattice path is counted; above it the law's error is far below what matters. */
const exactCellsMax = 1e6;

const binsText = `${quantileBins} reference quantile bins (a frequent value has its own, values outside go to the end bins, ±∞ have theirs)`;
const definitions = {
  ks: 'Two-sample Kolmogorov–Smirnov D = max |F − G|, two-sided, ties evaluated after all equal values; agrees with scipy ks_2samp',
  wasserstein: 'Wasserstein-1 = ∫ |F − G| dx over finite values, in the unit of the column; agrees with scipy wasserstein_distance',
  wassersteinNormed: 'Wasserstein-1 over finite values ÷ population standard deviation of the reference',
  psi: `Σ (c − r)·ln(c / r) over ${binsText}, shares floored at ${PSI_FLOOR}`,
  js: `Jensen–Shannon distance (square root), base 2, 0–1, over ${binsText}; agrees with scipy jensenshannon(base=2)`,
} as const;

/**
 * Compares a numeric column: K-S decides, everything else is read off the same two sorted arrays.
 *
 * @param reference ≥ 1 value
 * @param current   ≥ 1 value
 * ±∞ take part in K-S as the end values they are, have bins of their own in PSI and JS, and are left out of
 * Wasserstein and the quantiles, where they would make every number infinite.
 */
export function compareNumeric(reference: NumericValues, current: NumericValues): Comparison {
  const n = reference.sorted.length;
  const m = current.sorted.length;
  const ks = kolmogorovSmirnov(reference.sorted, current.sorted, n * m <= exactCellsMax ? 'exact' : 'asymptotic');
  const distance = wasserstein(reference.finite, current.finite);
  const cuts = binCuts(reference, current);
  const { psi, flooredBins, jensenShannonDistance } = divergences(countBetweenCuts(reference.sorted, cuts), countBetweenCuts(current.sorted, cuts));
  const floored = flooredBins > 0 ? `; ${flooredBins} of ${cuts.length + 1} bins floored` : '';
  return {
    effect: { name: 'ks', value: ks.statistic, reason: ks.reason, definition: definitions.ks, band: ksNullBand(n, m), bandMethod: '95 % point of the Kolmogorov law at these sizes' },
    still: 0,
    bandAt: (rows) => ksNullBand(n, rows),
    test: { name: 'ks', value: ks.statistic, pValue: ks.pValue, definition: `${definitions.ks}; ${ks.method} p` },
    others: [
      statistic('wasserstein', distance.raw, definitions.wasserstein),
      statistic('wasserstein_normed', distance.byReferenceDeviation, definitions.wassersteinNormed),
      statistic('psi', psi, definitions.psi + floored),
      statistic('js_distance', jensenShannonDistance, definitions.js),
    ],
    change: describeChange(reference.finite, current.finite),
    newCategories: [],
    newCategoriesTotal: { categories: 0, rows: 0 },
    vanishedCategories: [],
    quantiles: numericQuantiles(reference.finite, current.finite),
    distributions: numericDistributions(reference.finite, current.finite),
  };
}

/** Quantile cuts of the finite reference, and where either side has infinities the cuts that set them apart. */
function binCuts(reference: NumericValues, current: NumericValues): Float64Array {
  const cuts = reference.finite.length === 0 ? Float64Array.of() : quantileCuts(reference.finite, quantileBins);
  const infinite = reference.finite.length < reference.sorted.length || current.finite.length < current.sorted.length;
  return infinite ? Float64Array.of(-Number.MAX_VALUE, ...cuts.filter((cut) => cut > -Number.MAX_VALUE), Infinity) : cuts;
}

function describeChange(reference: Float64Array, current: Float64Array): string {
  if (reference.length === 0 || current.length === 0) return 'one side holds only infinities';
  const [before, after] = [reference, current].map((side) => [0.05, 0.5, 0.95].map((probability) => quantileSorted(side, probability)));
  const spread = before[2] - before[0];
  const noticed = (index: number): boolean => Math.abs(after[index] - before[index]) > 0.05 * spread;
  if (noticed(1)) return `median ${numberText(before[1])} → ${numberText(after[1])}`;
  if (noticed(0) || noticed(2)) return `median ${numberText(after[1])} as before, middle 90 % ${rangeText(before)} → ${rangeText(after)}`;
  const [meanBefore, meanAfter] = [reference, current].map((side) => mean(moments(side)).value);
  if (meanBefore === null || meanAfter === null || meanBefore === meanAfter) return `median ${numberText(after[1])} as before`;
  return `mean ${numberText(meanBefore)} → ${numberText(meanAfter)}`;
}

function rangeText([low, , high]: number[]): string {
  return `${numberText(low)} … ${numberText(high)}`;
}

function numericQuantiles(reference: Float64Array, current: Float64Array): ColumnDrift['quantiles'] {
  if (reference.length === 0 || current.length === 0) return undefined;
  return {
    probabilities,
    reference: probabilities.map((probability) => quantileSorted(reference, probability)),
    current: probabilities.map((probability) => quantileSorted(current, probability)),
  };
}

/**
 * Rows by equal-width bin, over the range that holds the middle 99 % of either side. What lies outside is counted in the
 * end bins, so that one outlier does not squeeze the picture into a single bar.
 */
function numericDistributions(reference: Float64Array, current: Float64Array): Distributions | null {
  const sides = [reference, current].filter((side) => side.length > 0);
  if (sides.length === 0) return null;
  const low = Math.min(...sides.map((side) => quantileSorted(side, 0.005)));
  const high = Math.max(...sides.map((side) => quantileSorted(side, 0.995)));
  const edges = equalWidthEdges(low, high, drawnBins);
  return { kind: 'numeric', edges: Array.from(edges), reference: Array.from(countBetweenEdges(reference, edges)), current: Array.from(countBetweenEdges(current, edges)) };
}
