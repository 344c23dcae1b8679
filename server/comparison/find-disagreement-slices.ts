import type { DisagreementSlice, DisagreementSlices } from '../../protocol/shadow.ts';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.ts';
import { type Condition, describeConditions, partition } from '../stats/partition.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { binomialSf } from '../stats/special.ts';
import type { Table } from '../stats/vector.ts';

export interface DisagreementSliceOptions {
  /** Rows a slice needs to be tested. */
  minRows: number;
  /** False discovery rate over everything that was tested. */
  alpha: number;
  /** Least share in the slice ÷ share in all rows that is worth a line. */
  minLift: number;
  max: number;
}

export const disagreementSliceDefaults: DisagreementSliceOptions = { minRows: 100, alpha: 0.05, minLift: 1.5, max: 10 };

/** Columns with more parts than this are too fine to search. */
const PARTS_MAX = 50;

/**
 * Values and ranges of a column in which the models disagree more often than elsewhere.
 *
 * @param table   inputs of the pairs, one row each
 * @param differs 1 where the pair of the row disagrees
 * @param of      pairs that the rows are a sample of
 * @returns the surest first. One-sided binomial test of the slice's disagreements among all of them, at the slice's share of
 *   rows; Benjamini–Hochberg over all slices of enough rows. A slice found by search overstates its true share, which the
 *   adjusted p-value accounts for and the interval (Wilson's, 95 %) does not.
 */
export function findDisagreementSlices(table: Table, differs: Uint8Array, of: number, options: DisagreementSliceOptions = disagreementSliceDefaults): DisagreementSlices {
  if (differs.length !== table.rows) throw new RangeError(`${differs.length} pairs for ${table.rows} rows`);
  const { minRows, alpha, minLift, max } = options;
  const total = differs.reduce((sum, differ) => sum + differ, 0);
  const report: DisagreementSlices = { found: [], rows: table.rows, of, tested: 0, tooSmall: 0, minRows };
  if (table.rows < minRows) return { ...report, reason: `${table.rows} rows are not enough data, ${minRows} are` };
  if (total === 0) return { ...report, reason: 'no pair disagrees' };
  const cells = table.columns
    .filter(({ kind }) => kind !== 'identifier' && kind !== 'text' && kind !== 'nested')
    .flatMap((column) => {
      const { conditions, partOf } = partition(column, table.rows);
      return conditions.length <= PARTS_MAX ? count(conditions, partOf, differs) : [];
    });
  const tested = cells.filter(({ rows }) => rows >= minRows && rows < table.rows);
  const adjusted = benjaminiHochberg(tested.map(({ rows, differ }) => (differ === 0 ? 1 : binomialSf(differ - 1, total, rows / table.rows))));
  const found = tested
    .map((cell, index): DisagreementSlice => sliceOf(cell, total, table.rows, adjusted[index] ?? 1))
    .filter(({ adjustedP, rows, differ }) => adjustedP <= alpha && differ / rows >= (minLift * total) / table.rows)
    .sort((a, b) => a.adjustedP - b.adjustedP || (b.share.value ?? 0) - (a.share.value ?? 0));
  return { ...report, found: found.slice(0, max), tested: tested.length, tooSmall: cells.filter(({ rows }) => rows < minRows).length };
}

interface Cell {
  condition: Condition;
  rows: number;
  differ: number;
}

function count(conditions: readonly Condition[], partOf: Int32Array, differs: Uint8Array): Cell[] {
  const cells = conditions.map((condition): Cell => ({ condition, rows: 0, differ: 0 }));
  for (let row = 0; row < partOf.length; row++) {
    cells[partOf[row]].rows++;
    cells[partOf[row]].differ += differs[row];
  }
  return cells.filter(({ rows }) => rows > 0);
}

function sliceOf({ condition, rows, differ }: Cell, total: number, all: number, adjustedP: number): DisagreementSlice {
  const interval = wilsonInterval(differ, rows, 0.95);
  const rest = (total - differ) / (all - rows);
  return {
    slice: { name: describeConditions([condition]), where: [condition], source: 'found' },
    rows,
    differ,
    share: { value: differ / rows, rows, ...(interval && { interval }) },
    lift: rest === 0 ? null : differ / rows / rest,
    adjustedP,
  };
}
