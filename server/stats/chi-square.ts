import type { Random } from './random.ts';
import { permutationP } from './permutation.ts';
import { chiSquareSf } from './special.ts';

export interface ContingencyTest {
  /** Null when fewer than two rows hold counts: there is nothing to compare. */
  statistic: number | null;
  /** Why there is no statistic. */
  reason?: string;
  /** P of a statistic at least as large when rows and columns are independent; 1 for a single category. */
  pValue: number | null;
  degreesOfFreedom: number;
  /** Sum of all cells. */
  total: number;
  /** Rows and columns without any count, left out of the test. */
  droppedRows: number;
  droppedColumns: number;
  /** Cells kept whose expected count is below 5: with more than a fifth of them the χ² law is a poor guide (Cochran 1954). */
  lowExpectedCells: number;
  lowExpectedShare: number;
}

/**
 * Pearson's χ² test of homogeneity on a table of counts, without Yates' correction.
 *
 * @param table one array of counts per sample, all of the same length, whole or fractional, ≥ 0
 * Σ (observed − expected)² / expected over the kept cells, with (r − 1)(c − 1) degrees of freedom. One category only: the
 * statistic is 0 and p is 1. Agrees with scipy `chi2_contingency(correction=False)`.
 */
export function chiSquareContingency(table: readonly Float64Array[]): ContingencyTest {
  return contingencyTest(table, chiSquareStatistic);
}

/** Likelihood-ratio G test, 2 Σ observed·ln(observed / expected), of the same hypothesis on the same law (scipy `lambda_='log-likelihood'`). */
export function gTest(table: readonly Float64Array[]): ContingencyTest {
  return contingencyTest(table, (kept) => sumOverCells(kept, (observed, expected) => (observed > 0 ? 2 * observed * Math.log(observed / expected) : 0)));
}

/** Σ (observed − expected)² / expected; cells of empty rows and columns count 0. */
export function chiSquareStatistic(table: readonly Float64Array[]): number {
  return sumOverCells(table, (observed, expected) => (expected > 0 ? (observed - expected) ** 2 / expected : 0));
}

/**
 * Cramér's V, √(χ² / (n·min(r − 1, c − 1))) over the kept rows and columns.
 *
 * @returns `plain` (scipy `contingency.association`) and `corrected` for bias (Bergsma 2013), both in [0, 1]; null when
 * fewer than two rows hold counts; 0 for a single category. `corrected` is null for n ≤ 1.
 */
export function cramersV(table: readonly Float64Array[]): { plain: number | null; corrected: number | null; reason?: string } {
  const test = chiSquareContingency(table);
  if (test.statistic === null) return { plain: null, corrected: null, reason: test.reason };
  const rows = table.length - test.droppedRows;
  const columns = table[0].length - test.droppedColumns;
  if (columns < 2) return { plain: 0, corrected: 0 };
  const phi2 = test.statistic / test.total;
  const plain = Math.min(1, Math.sqrt(phi2 / Math.min(rows - 1, columns - 1)));
  if (test.total <= 1) return { plain, corrected: null, reason: 'one row has no bias correction' };
  const phi2Corrected = Math.max(0, phi2 - ((rows - 1) * (columns - 1)) / (test.total - 1));
  const rowsCorrected = rows - (rows - 1) ** 2 / (test.total - 1);
  const columnsCorrected = columns - (columns - 1) ** 2 / (test.total - 1);
  const limit = Math.min(rowsCorrected, columnsCorrected) - 1;
  return { plain, corrected: limit > 0 ? Math.min(1, Math.sqrt(phi2Corrected / limit)) : 0 };
}

/**
 * χ² test of two samples by dealing their rows anew, for tables too thin for the χ² law.
 *
 * @param reference    whole counts per category
 * @param current      whole counts per category
 * @param permutations B ≥ 1
 * @returns p = (k + 1) / (B + 1), never 0; with `draws`, the statistic of every permutation in the order drawn, for a null
 * band. Null when a side has no rows.
 */
export function chiSquarePermutation(
  reference: Float64Array, current: Float64Array, permutations: number, random: Random,
): { statistic: number; pValue: number; draws: Float64Array } | null {
  const totals = reference.map((count, category) => count + current[category]);
  const referenceRows = total(reference);
  const rows = total(totals);
  if (referenceRows === 0 || referenceRows === rows) return null;
  const statistic = chiSquareStatistic([reference, current]);
  const categoryOfRow = new Int32Array(rows);
  for (let category = 0, row = 0; category < totals.length; row += totals[category++]) categoryOfRow.fill(category, row, row + totals[category]);
  const smaller = Math.min(referenceRows, rows - referenceRows);
  const draws = Float64Array.from({ length: permutations }, () => {
    const side = drawCounts(categoryOfRow, smaller, totals.length, random);
    return chiSquareStatistic([side, totals.map((count, category) => count - side[category])]);
  });
  return { statistic, pValue: permutationP(draws, statistic), draws };
}

function contingencyTest(table: readonly Float64Array[], statisticOf: (kept: Float64Array[]) => number): ContingencyTest {
  requireTable(table);
  const columnTotals = table[0].map((_, column) => table.reduce((sum, row) => sum + row[column], 0));
  const keptRows = table.filter((row) => total(row) > 0);
  const kept = keptRows.map((row) => row.filter((_, column) => columnTotals[column] > 0));
  const columns = columnTotals.filter((count) => count > 0).length;
  const common = { total: total(columnTotals), droppedRows: table.length - kept.length, droppedColumns: columnTotals.length - columns };
  if (kept.length < 2) {
    const reason = kept.length === 0 ? 'the table has no counts' : 'only one side has rows';
    return { ...common, statistic: null, reason, pValue: null, degreesOfFreedom: 0, lowExpectedCells: 0, lowExpectedShare: 0 };
  }
  const degreesOfFreedom = (kept.length - 1) * (columns - 1);
  const statistic = degreesOfFreedom === 0 ? 0 : Math.max(0, statisticOf(kept));
  const lowExpectedCells = sumOverCells(kept, (_, expected) => (expected < 5 ? 1 : 0));
  return {
    ...common,
    statistic,
    pValue: degreesOfFreedom === 0 ? 1 : chiSquareSf(statistic, degreesOfFreedom),
    degreesOfFreedom,
    lowExpectedCells,
    lowExpectedShare: lowExpectedCells / (kept.length * columns),
  };
}

function sumOverCells(table: readonly Float64Array[], term: (observed: number, expected: number) => number): number {
  const rowTotals = table.map(total);
  const all = rowTotals.reduce((sum, count) => sum + count, 0);
  let result = 0;
  for (let column = 0; column < table[0].length; column++) {
    let columnTotal = 0;
    for (const row of table) columnTotal += row[column];
    for (let row = 0; row < table.length; row++) result += term(table[row][column], (rowTotals[row] * columnTotal) / all);
  }
  return result;
}

function requireTable(table: readonly Float64Array[]): void {
  if (table.length < 2) throw new RangeError(`a contingency table needs at least 2 rows, got ${table.length}`);
  for (const row of table) {
    if (row.length !== table[0].length) throw new RangeError('rows of a contingency table have one length');
    for (const count of row) if (!(count >= 0 && count < Infinity)) throw new RangeError(`a count is finite and ≥ 0, got ${count}`);
  }
}

/** The first `size` rows of a partial Fisher–Yates shuffle, counted by category. */
function drawCounts(categoryOfRow: Int32Array, size: number, categories: number, random: Random): Float64Array {
  const counts = new Float64Array(categories);
  for (let draw = 0; draw < size; draw++) {
    const from = draw + random.below(categoryOfRow.length - draw);
    const category = categoryOfRow[from];
    categoryOfRow[from] = categoryOfRow[draw];
    categoryOfRow[draw] = category;
    counts[category]++;
  }
  return counts;
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
