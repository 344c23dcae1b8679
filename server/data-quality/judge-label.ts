import type { Check } from '../../protocol/data-quality.ts';
import type { ColumnProfile } from '../../protocol/datasets.ts';
import { numberText, pText, shareText } from '../../protocol/number-text.ts';
import { chiSquareContingency } from '../stats/chi-square.ts';
import { kolmogorovSmirnov } from '../stats/kolmogorov-smirnov.ts';
import { sortValues } from '../stats/sort.ts';
import type { Table } from '../stats/vector.ts';
import type { CheckEvidence, Judgement } from './check-evidence.ts';
import { type LeakageMeasure, scoreLeakage } from './label-leakage.ts';

const leakageMaxScore = 0.95;
const labelMaxDistance = 0.1;
const alpha = 0.01;

const measureText = {
  gini: '2·AUC − 1',
  lambda: 'share of guessing errors avoided',
  r_squared: 'R²',
} as const satisfies Record<LeakageMeasure, string>;

/** Judges whether one column gives the label away, which no honest feature does; see `scoreLeakage`. Default limit 0.95. */
export function judgeLabelLeakage(check: Extract<Check, { kind: 'label_leakage' }>, { tables }: CheckEvidence): Judgement {
  const limit = check.maxScore ?? leakageMaxScore;
  const needed = `≤ ${numberText(limit)}`;
  if (!tables?.current) throw new Error('the rows of the batch were not read');
  const result = scoreLeakage(tables.current, check.target);
  if (result.measure === null) return { verdict: 'inconclusive', message: result.reason, measured: '', needed, failing: null };
  const leaks = result.scores.filter(({ score }) => score > limit);
  const [strongest] = result.scores;
  if (!strongest) return { verdict: 'inconclusive', message: `there is no column beside ${check.target}`, measured: '', needed, failing: null };
  const told = ({ column, score }: { column: string; score: number }): string => `${column} ${numberText(score)}`;
  return {
    verdict: leaks.length === 0 ? 'pass' : 'fail',
    message:
      leaks.length === 0
        ? `no column gives ${check.target} away; the strongest is ${told(strongest)} (${measureText[result.measure]})`
        : `${leaks.map(told).join(', ')} alone predict${leaks.length === 1 ? 's' : ''} ${check.target} (${measureText[result.measure]}), allowed ${numberText(limit)}`,
    measured: told(strongest),
    needed,
    failing: null,
    ...(leaks.length > 0 && { column: strongest.column, next: `Leave ${leaks.map(({ column }) => column).join(', ')} out of the features: known only when the label is` }),
  };
}

/**
 * Judges whether the label is distributed as in the reference.
 *
 * Distance: total variation (½ Σ |p − q|) between classes, K-S D between numbers. It fails when the distance is above
 * `maxDistance` (default 0.1) and chance does not explain it (χ² or K-S, p < 0.01).
 */
export function judgeLabelDistribution(check: Extract<Check, { kind: 'label_distribution' }>, { profile, reference, tables }: CheckEvidence): Judgement {
  const named = ({ name }: { name: string }): boolean => name === check.target;
  const limit = check.maxDistance ?? labelMaxDistance;
  const needed = `≤ ${numberText(limit)}`;
  const before = reference?.columns.find(named);
  const after = profile.columns.find(named)!;
  if (!before) return { verdict: 'inconclusive', message: `there is no reference with ${check.target} to compare with`, measured: '', needed, failing: null };
  const compared = compareClasses(before, after) ?? compareNumbers(check.target, tables?.reference, tables?.current);
  if (compared === null) return { verdict: 'inconclusive', message: `${check.target} has no values on one side`, measured: '', needed, failing: null };
  const passes = compared.distance <= limit + 1e-12 || compared.p >= alpha;
  const measured = `${compared.measure} ${numberText(compared.distance)}`;
  return {
    verdict: passes ? 'pass' : 'fail',
    message: passes && compared.distance > limit ? `${measured}, which chance explains at these sizes (${pText(compared.p)})` : `${compared.change}${measured}${passes ? '' : `, allowed ${numberText(limit)} (${pText(compared.p)})`}`,
    measured,
    needed,
    failing: null,
    ...(!passes && { next: `If the outcome itself has changed, train on newer labels; to accept it, write under checks: - {labelDistribution: ${JSON.stringify(check.target)}, maxDistance: ${(Math.ceil(compared.distance * 100) / 100).toFixed(2)}}` }),
  };
}

interface LabelComparison {
  measure: 'total variation' | 'K-S D';
  distance: number;
  p: number;
  change: string;
}

/** Null when the profile does not list every class on both sides. */
function compareClasses(before: ColumnProfile, after: ColumnProfile): LabelComparison | null {
  const p = classCounts(before);
  const q = classCounts(after);
  if (!p || !q) return null;
  const classes = [...new Set([...p.keys(), ...q.keys()])];
  const reference = Float64Array.from(classes, (name) => p.get(name) ?? 0);
  const current = Float64Array.from(classes, (name) => q.get(name) ?? 0);
  const n = reference.reduce((sum, count) => sum + count, 0);
  const m = current.reduce((sum, count) => sum + count, 0);
  if (n === 0 || m === 0) return null;
  const differences = classes.map((_, index) => current[index] / m - reference[index] / n);
  const most = differences.reduce((best, difference, index) => (Math.abs(difference) > Math.abs(differences[best]) ? index : best), 0);
  return {
    measure: 'total variation',
    distance: differences.reduce((sum, difference) => sum + Math.abs(difference), 0) / 2,
    p: chiSquareContingency([reference, current]).pValue ?? 1,
    change: `"${classes[most]}" ${shareText(reference[most] / n)} → ${shareText(current[most] / m)}, `,
  };
}

function classCounts({ topValues, rows, nulls, nans }: ColumnProfile): Map<string, number> | null {
  if (!topValues) return null;
  const counts = new Map(topValues.map(({ value, count }) => [value, count]));
  const listed = topValues.reduce((sum, { count }) => sum + count, 0);
  return listed >= rows - nulls - nans ? counts : null;
}

function compareNumbers(target: string, reference: Table | undefined, current: Table | undefined): LabelComparison | null {
  if (!reference || !current) throw new Error('the rows of the label were not read');
  const [before, after] = [reference, current].map((table) => {
    const column = table.columns.find(({ name }) => name === target);
    if (column?.vector.kind !== 'numeric') throw new Error(`${target} has too many classes to compare, and is no number`);
    return sortValues(column.vector.values, column.vector.nulls).sorted;
  });
  const { statistic, pValue } = kolmogorovSmirnov(before, after, before.length * after.length <= 1e6 ? 'exact' : 'asymptotic');
  if (statistic === null || pValue === null) return null;
  return { measure: 'K-S D', distance: statistic, p: pValue, change: '' };
}
