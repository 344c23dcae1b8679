import type { ComparisonReport, Flip, FlipConcentration } from '../../protocol/evaluation.ts';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.ts';
import { mcNemar } from '../stats/mcnemar.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { binomialSf } from '../stats/special.ts';
import type { ComparedSet, DecidedRows, PairedDecisions, PairedPlans } from './paired-plans.ts';

/** Rows the ledger shows of each kind; the counts are of all. */
export const FLIPS_SHOWN = 100;

type Flips = NonNullable<ComparisonReport['flips']>;

/**
 * The rows on which the two models part: right→wrong is harmful, wrong→right helpful.
 *
 * @param keys name of each row of the data
 * @returns counts over all judged rows; as examples the harmful flips the candidate was surest of, then the helpful ones
 *   the champion was surest of; and the declared slices that hold more harmful flips than their size explains
 */
export function findFlips(decisions: PairedDecisions, { rows, sets }: Pick<PairedPlans, 'rows' | 'sets'>, level: number, keys?: readonly (string | null)[]): Flips {
  const { actual, candidate, champion } = decisions;
  const kinds = Int8Array.from(actual, (label, row) => Number(candidate.decided[row] === label) - Number(champion.decided[row] === label));
  const harmful = positions(kinds, -1);
  const helpful = positions(kinds, 1);
  const share = harmful.length / kinds.length;
  const interval = wilsonInterval(harmful.length, kinds.length, level);
  const { statistic, pValue, method } = mcNemar(helpful.length, harmful.length);
  const shown = [...surest(harmful, candidate), ...surest(helpful, champion)];
  return {
    harmful: harmful.length,
    helpful: helpful.length,
    harmfulRate: { value: share, rows: kinds.length, ...(interval && { interval }) },
    mcnemar: { statistic, pValue, method },
    examples: shown.map((row) => flipAt(row, decisions, rows, keys)),
    concentrations: concentrate(kinds, harmful.length, sets),
  };
}

function positions(kinds: Int8Array, kind: number): Uint32Array {
  return Uint32Array.from(kinds.keys()).filter((row) => kinds[row] === kind);
}

/** Rows in descending order of the model's confidence, in file order where it has none. */
function surest(rows: Uint32Array, { confidence }: DecidedRows): Uint32Array {
  const ordered = confidence ? rows.slice().sort((a, b) => confidence[b] - confidence[a] || a - b) : rows;
  return ordered.slice(0, FLIPS_SHOWN);
}

function flipAt(row: number, { classes, actual, candidate, champion }: PairedDecisions, rows: Uint32Array, keys?: readonly (string | null)[]): Flip {
  const key = keys?.[rows[row]];
  return {
    row: rows[row],
    ...(key !== undefined && key !== null && { key }),
    label: classes[actual[row]],
    champion: classes[champion.decided[row]],
    candidate: classes[candidate.decided[row]],
    championScore: champion.scores?.[row] ?? null,
    candidateScore: candidate.scores?.[row] ?? null,
  };
}

/**
 * Slices with more harmful flips than expected if they were spread evenly over the rows.
 *
 * One-sided binomial test of the slice's flips among all harmful ones, at the slice's share of rows; Benjamini–Hochberg
 * over the slices.
 */
function concentrate(kinds: Int8Array, total: number, sets: readonly ComparedSet[]): FlipConcentration[] {
  if (total === 0) return [];
  const slices = sets.filter(({ slice, rows }) => slice.source !== 'all' && rows.length > 0);
  const counted = slices.map(({ slice, rows }) => {
    const harmful = rows.filter((row) => kinds[row] === -1).length;
    const helpful = rows.filter((row) => kinds[row] === 1).length;
    const share = rows.length / kinds.length;
    return { slice, rows: rows.length, harmful, helpful, lift: harmful / (total * share), pValue: harmful === 0 ? 1 : binomialSf(harmful - 1, total, share) };
  });
  const adjusted = benjaminiHochberg(counted.map(({ pValue }) => pValue));
  return counted
    .map(({ slice, rows, harmful, helpful, lift }, index) => ({ slice, rows, harmful, helpful, lift, adjustedP: adjusted[index] }))
    .filter(({ lift }) => lift > 1)
    .sort((a, b) => (a.adjustedP ?? 1) - (b.adjustedP ?? 1) || b.lift - a.lift);
}
