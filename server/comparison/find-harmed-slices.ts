import type { HarmedSlice, HarmedSlices } from '../../protocol/shadow.ts';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.ts';
import { meanInterval } from '../stats/mean-interval.ts';
import { type Moments, moments, variance } from '../stats/moments.ts';
import { type Condition, describeConditions, partition } from '../stats/partition.ts';
import { studentTCdf } from '../stats/special.ts';
import type { Table } from '../stats/vector.ts';

export interface HarmedSliceOptions {
  /** Labelled rows a slice needs to be tested. */
  minRows: number;
  /** False discovery rate over everything that was tested. */
  alpha: number;
  /** Least mean loss that is worth a line, in the unit of `gains`. */
  minLoss: number;
  max: number;
}

export const harmedSliceDefaults: Omit<HarmedSliceOptions, 'minLoss'> = { minRows: 100, alpha: 0.05, max: 10 };

/** Columns with more parts than this are too fine to search. */
const PARTS_MAX = 50;

/**
 * Values and ranges of a column on which the candidate does worse, however it does on average.
 *
 * @param table inputs of the pairs, one row each
 * @param gains what the candidate gains over production on the row: 1, 0 or −1 right answers, or the difference of their worth;
 *   NaN where no label is known
 * @param of    pairs that the rows are a sample of
 * @returns largest loss first. One-sided t test of the slice's mean against 0, Benjamini–Hochberg over all slices of enough
 *   rows, and a mean loss of at least `minLoss`. Intervals (Student's t, 95 %) are of the slice alone: one that was found by
 *   search overstates its loss.
 * @throws RangeError when there is not one gain for each row
 */
export function findHarmedSlices(table: Table, gains: Float64Array, of: number, { minRows, alpha, minLoss, max }: HarmedSliceOptions): HarmedSlices {
  if (gains.length !== table.rows) throw new RangeError(`${gains.length} gains for ${table.rows} rows`);
  const labelled = gains.reduce((count, gain) => count + (Number.isNaN(gain) ? 0 : 1), 0);
  const report: HarmedSlices = { found: [], rows: labelled, of, tested: 0, tooSmall: 0, minRows };
  if (labelled < minRows) return { ...report, reason: `${labelled} labelled rows are not enough data, ${minRows} are` };
  const cells = table.columns
    .filter(({ kind }) => kind !== 'identifier' && kind !== 'text' && kind !== 'nested')
    .flatMap((column) => {
      const { conditions, partOf } = partition(column, table.rows);
      return conditions.length <= PARTS_MAX ? gather(conditions, partOf, gains) : [];
    });
  const tested = cells.filter(({ own }) => own.count >= minRows && own.count < labelled);
  const adjusted = benjaminiHochberg(tested.map(({ own }) => lossP(own)));
  const found = tested
    .map(({ condition, own }, index): HarmedSlice => ({ slice: { name: describeConditions([condition]), where: [condition], source: 'found' }, rows: own.count, gain: { value: own.mean, rows: own.count, interval: meanInterval(own, 0.95) ?? undefined }, adjustedP: adjusted[index] ?? 1 }))
    .filter(({ adjustedP, gain }) => adjustedP <= alpha && (gain.value ?? 0) <= -minLoss && (gain.value ?? 0) < 0)
    .sort((a, b) => (a.gain.value ?? 0) - (b.gain.value ?? 0));
  return { ...report, found: found.slice(0, max), tested: tested.length, tooSmall: cells.filter(({ own }) => own.count < minRows).length };
}

/** Probability of a mean this low or lower where there is no loss; without any spread a loss is sure. */
function lossP(own: Moments): number {
  const { value } = variance(own, 1);
  if (value === null || own.mean >= 0) return 1;
  return value === 0 ? 0 : studentTCdf(own.mean / Math.sqrt(value / own.count), own.count - 1);
}

function gather(conditions: readonly Condition[], partOf: Int32Array, gains: Float64Array): { condition: Condition; own: Moments }[] {
  const values = conditions.map((): number[] => []);
  for (let row = 0; row < partOf.length; row++) if (!Number.isNaN(gains[row])) values[partOf[row]].push(gains[row]);
  return conditions.map((condition, index) => ({ condition, own: moments(Float64Array.from(values[index])) })).filter(({ own }) => own.count > 0);
}
