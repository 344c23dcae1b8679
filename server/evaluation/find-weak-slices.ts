import type { SliceCondition, SliceRef } from '../../protocol/evaluation.ts';
import type { Interval } from '../../protocol/measured.ts';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.ts';
import { type Partition, describeConditions, partition } from '../stats/partition.ts';
import { normalQuantile, normalSf } from '../stats/special.ts';
import type { Table } from '../stats/vector.ts';

/** A slice on which the model does worse than on the rest. */
export interface FoundSlice {
  slice: SliceRef;
  /** Ascending. */
  rows: Uint32Array;
  /** Mean quality in the slice less that of the rest: negative. */
  gap: number;
  interval: Interval;
  adjustedP: number;
}

export interface WeakSliceOptions {
  /** Rows a slice needs to be looked at. */
  minRows: number;
  /** Least gap that is worth a line, as a share of the mean quality over all rows. */
  minRelativeGap: number;
  /** False discovery rate over everything that was looked at. */
  alpha: number;
  max: number;
  level: number;
}

export const weakSliceDefaults: WeakSliceOptions = { minRows: 100, minRelativeGap: 0.05, alpha: 0.05, max: 10, level: 0.95 };

/** Columns with more parts than this are too fine to search: no part would have enough rows. */
const PARTS_MAX = 50;

/**
 * Searches single conditions and pairs of conditions for slices on which quality is low.
 *
 * Conditions are the values of a column, or its quartiles when it is numeric with many values. Each slice of enough rows
 * is compared with all other rows by Welch's statistic on the normal law; Benjamini–Hochberg over all slices looked at.
 *
 * @param table   the judged rows
 * @param quality one finite number per row, higher is better: 1 for right and 0 for wrong, or minus the absolute error
 * @param columns columns to search
 * @returns the surest harm first (by the end of the gap's interval nearest to 0). A pair of conditions is named only if
 *   its gap is a fifth larger than that of each condition alone; a single condition that is weak only because it holds
 *   such a pair is not. The gap of a slice found by search overstates its true size: the worst of many is partly bad
 *   luck, which the adjusted p-value accounts for and the interval does not.
 */
export function findWeakSlices(table: Table, quality: Float64Array, columns: readonly string[], options: WeakSliceOptions = weakSliceDefaults): FoundSlice[] {
  if (quality.length !== table.rows) throw new RangeError(`${quality.length} qualities for ${table.rows} rows`);
  const partitions = table.columns
    .filter(({ name, kind }) => columns.includes(name) && kind !== 'identifier' && kind !== 'text' && kind !== 'nested')
    .map((column) => partition(column, table.rows))
    .filter(({ conditions }) => conditions.length <= PARTS_MAX);
  const total = sumsOf(quality);
  const single = partitions.flatMap((part) => cellsOf([part], quality));
  const pairs = partitions.flatMap((first, index) => partitions.slice(index + 1).flatMap((second) => cellsOf([first, second], quality)));
  const tested = [...single, ...pairs].flatMap((cell) => {
    const compared = cell.sums.rows >= options.minRows ? compareWithRest(cell.sums, total, options.level) : null;
    return compared ? [{ ...cell, ...compared }] : [];
  });
  const adjusted = benjaminiHochberg(tested.map(({ pValue }) => pValue));
  const least = options.minRelativeGap * Math.abs(total.sum / total.rows);
  const gaps = new Map(tested.map(({ where, gap }) => [describeConditions(where), gap]));
  const weak = tested
    .map((cell, index) => ({ ...cell, adjustedP: adjusted[index] ?? 1 }))
    .filter(({ gap, adjustedP, where }) => gap <= -least && adjustedP <= options.alpha && where.every((condition) => where.length === 1 || gap <= 1.2 * Math.min(0, gaps.get(describeConditions([condition])) ?? 0)));
  const weakPairs = weak.filter(({ where }) => where.length === 2);
  return weak
    .filter((cell) => !weakPairs.some((pair) => explains(pair, cell, total, least)))
    .sort((a, b) => a.interval.high - b.interval.high)
    .slice(0, options.max)
    .map(({ where, belongs, gap, interval, adjustedP }) => ({
      slice: { name: describeConditions(where), where, source: 'found' },
      rows: Uint32Array.from(quality.keys()).filter(belongs),
      gap,
      interval,
      adjustedP,
    }));
}

/** Whether a single condition is weak only for the sake of the pair: what it holds beyond the pair is no worse than the rest. */
function explains(pair: Cell, single: Cell, total: Sums, least: number): boolean {
  if (single.where.length !== 1 || !pair.where.includes(single.where[0])) return false;
  const beyond = without(single.sums, pair.sums);
  const rest = without(total, single.sums);
  return beyond.rows > 0 && rest.rows > 0 && beyond.sum / beyond.rows - rest.sum / rest.rows > -least;
}

function without(whole: Sums, part: Sums): Sums {
  return { rows: whole.rows - part.rows, sum: whole.sum - part.sum, squares: whole.squares - part.squares };
}

interface Sums {
  rows: number;
  sum: number;
  squares: number;
}

interface Cell {
  where: SliceCondition[];
  belongs: (row: number) => boolean;
  sums: Sums;
}

function sumsOf(quality: Float64Array): Sums {
  const sums: Sums = { rows: quality.length, sum: 0, squares: 0 };
  for (const value of quality) {
    sums.sum += value;
    sums.squares += value * value;
  }
  return sums;
}

/** Every combination of parts that has rows, counted in one pass. */
function cellsOf(parts: readonly Partition[], quality: Float64Array): Cell[] {
  const second = parts.at(1);
  const width = second?.conditions.length ?? 1;
  const cellOf = (row: number): number => parts[0].partOf[row] * width + (second?.partOf[row] ?? 0);
  const cells = Array.from({ length: parts[0].conditions.length * width }, (): Sums => ({ rows: 0, sum: 0, squares: 0 }));
  for (let row = 0; row < quality.length; row++) {
    const cell = cells[cellOf(row)];
    cell.rows++;
    cell.sum += quality[row];
    cell.squares += quality[row] * quality[row];
  }
  return cells.flatMap((sums, index) => {
    if (sums.rows === 0) return [];
    const where = [parts[0].conditions[Math.floor(index / width)], ...(second ? [second.conditions[index % width]] : [])];
    return [{ where, sums, belongs: (row) => cellOf(row) === index }];
  });
}

function compareWithRest(slice: Sums, total: Sums, level: number): { gap: number; interval: Interval; pValue: number } | null {
  const rest = without(total, slice);
  if (slice.rows < 2 || rest.rows < 2) return null;
  const gap = slice.sum / slice.rows - rest.sum / rest.rows;
  const error = Math.sqrt(varianceOfMean(slice) + varianceOfMean(rest));
  if (!(error > 0)) return null;
  const half = normalQuantile((1 + level) / 2) * error;
  return { gap, interval: { low: gap - half, high: gap + half, level, method: 'normal' }, pValue: 2 * normalSf(Math.abs(gap) / error) };
}

function varianceOfMean({ rows, sum, squares }: Sums): number {
  return Math.max(0, squares - (sum * sum) / rows) / (rows - 1) / rows;
}
