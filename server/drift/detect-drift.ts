import type { ColumnDrift, DriftReport, DriftVerdict, Statistic } from '../../protocol/drift.ts';
import type { DatasetRef } from '../../protocol/measured.ts';
import { countText, numberText, pText, shareText } from '../../protocol/number-text.ts';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.ts';
import { rowsForBand } from '../stats/null-band.ts';
import type { Column, Table } from '../stats/vector.ts';
import { categoryCounts, numericValues, rowsWithValue } from './column-values.ts';
import { compareCategorical } from './compare-categorical.ts';
import { type MissingComparison, compareMissing } from './compare-missing.ts';
import { compareNumeric } from './compare-numeric.ts';
import { compareText } from './compare-text.ts';
import type { ColumnPair } from './column-pair.ts';
import type { Comparison } from './comparison.ts';
import { judgeEffect } from './judge-effect.ts';
import { type MultivariateOptions, detectMultivariateDrift } from './detect-multivariate-drift.ts';

/** Two tables of the same meaning, with the names and digests of where they came from. */
export interface DriftInput {
  reference: { dataset: DatasetRef; table: Table };
  current: { dataset: DatasetRef; table: Table };
}

/** What columns are for. A column not named is a feature. */
export interface ColumnRoles {
  target?: string;
  predictions?: string[];
  /** Columns left out, each with the reason that the report shows. */
  leaveOut?: ReadonlyMap<string, string>;
}

export interface DriftOptions {
  /** Level of the tests after correction. Default 0.05. */
  alpha?: number;
  floors?: Partial<DriftFloors>;
  /** Floor for one column, on the scale of its effect. */
  columnFloors?: ReadonlyMap<string, number>;
  /** Columns compared although their kind is left out by default: datetimes as numbers, identifiers as categories. */
  include?: readonly string[];
  /** Null leaves the domain classifier over all columns out. */
  multivariate?: MultivariateOptions | null;
  /** Of permutations, samples and folds. Default 0. */
  seed?: number;
}

/** The least effects that matter. */
export interface DriftFloors {
  /** K-S D of a numeric feature: 0.1. */
  numeric: number;
  /** Cramér's V at equal weight of a categorical or boolean feature: 0.1. */
  categorical: number;
  /** AUC of a text feature's domain classifier: 0.6. */
  text: number;
  /** K-S D or V of a label or a prediction: 0.05. */
  output: number;
  /** Difference of missing shares: 0.02. */
  missing: number;
}

export const defaultFloors: DriftFloors = { numeric: 0.1, categorical: 0.1, text: 0.6, output: 0.05, missing: 0.02 };

/**
 * Which columns of `current` no longer look like `reference`?
 *
 * Every column gets a test, an effect with its null band, and a verdict by `judgeEffect`; missing values are a signal of
 * their own. All p-values of a report are corrected together (Benjamini–Hochberg). A column that cannot be compared is
 * `error` or `inconclusive` by itself and disturbs no other; a column that should not be compared is in `skipped`.
 *
 * @param tick awaited between columns and during long computations: report progress, yield, or throw to cancel
 * @returns columns in the reference's order; `summariseDrift` and the views sort by trouble
 * Columns whose rows are dates, identifiers or nested values are skipped: time always moves and identifiers always differ.
 */
export async function detectDrift(
  { reference, current }: DriftInput,
  roles: ColumnRoles = {},
  options: DriftOptions = {},
  tick: () => void | Promise<void> = () => {},
): Promise<DriftReport> {
  const alpha = options.alpha ?? 0.05;
  const floors = { ...defaultFloors, ...options.floors };
  const { pairs, skipped } = pairColumns(reference.table, current.table, roles, options.include ?? []);

  const compared: ComparedColumn[] = [];
  for (const pair of pairs) {
    await tick();
    compared.push(comparePair(pair, options.seed ?? 0));
  }
  const adjusted = adjustTogether(compared);
  const columns = compared.map((column, index) => judgeColumn(column, adjusted[index], floorOf(column.pair, floors, options.columnFloors), floors.missing, alpha));

  const features = pairs.filter(({ role }) => role === 'feature');
  const multivariate =
    options.multivariate === null || features.length < 2
      ? null
      : await detectMultivariateDrift(features, alpha, options.seed ?? 0, options.multivariate ?? {}, tick);
  return {
    reference: reference.dataset,
    current: current.dataset,
    alpha,
    columns,
    moved: columns.filter(({ verdict }) => verdict === 'moved').length,
    inconclusive: columns.filter(({ verdict }) => verdict === 'inconclusive').length,
    errors: columns.filter(({ verdict }) => verdict === 'error').length,
    multivariate,
    skipped,
  };
}

interface ComparedColumn {
  pair: ColumnPair;
  rows: { reference: number; current: number };
  missing: MissingComparison;
  comparison: Comparison | { verdict: 'inconclusive' | 'error'; reason: string };
}

function pairColumns(reference: Table, current: Table, roles: ColumnRoles, include: readonly string[]): { pairs: ColumnPair[]; skipped: DriftReport['skipped'] } {
  const pairs: ColumnPair[] = [];
  const skipped: DriftReport['skipped'] = [];
  const currentByName = new Map(current.columns.map((column) => [column.name, column]));
  const referenceNames = new Set(reference.columns.map(({ name }) => name));
  for (const column of reference.columns) {
    const other = currentByName.get(column.name);
    const reason = other ? reasonToSkip(column, roles, include) : 'only in the reference';
    if (!other || reason) skipped.push({ column: column.name, reason: reason ?? '' });
    else pairs.push({ name: column.name, role: roleOf(column.name, roles), kind: column.kind, reference: column, current: other });
  }
  for (const { name } of current.columns) if (!referenceNames.has(name)) skipped.push({ column: name, reason: 'not in the reference' });
  return { pairs, skipped };
}

function roleOf(name: string, roles: ColumnRoles): ColumnDrift['role'] {
  if (name === roles.target) return 'label';
  return roles.predictions?.includes(name) ? 'prediction' : 'feature';
}

function reasonToSkip({ name, kind }: Column, roles: ColumnRoles, include: readonly string[]): string | null {
  const leftOut = roles.leaveOut?.get(name);
  if (leftOut !== undefined) return leftOut;
  if (kind === 'nested') return 'nested values have no distribution to compare';
  if (include.includes(name) || roleOf(name, roles) !== 'feature') return null;
  if (kind === 'datetime') return 'time always moves';
  if (kind === 'identifier') return 'identifiers differ by nature';
  return null;
}

function floorOf(pair: ColumnPair, floors: DriftFloors, columnFloors: ReadonlyMap<string, number> | undefined): number {
  const own = columnFloors?.get(pair.name);
  if (own !== undefined) return own;
  if (pair.kind === 'text') return floors.text;
  if (pair.role !== 'feature') return floors.output;
  return pair.kind === 'numeric' || pair.kind === 'datetime' ? floors.numeric : floors.categorical;
}

function comparePair(pair: ColumnPair, seed: number): ComparedColumn {
  const side = ({ vector }: Column): { rows: number; missing: number; held: number } => {
    const rows = vector.kind === 'numeric' ? vector.values.length : vector.codes.length;
    const held = rowsWithValue(vector);
    return { rows, held, missing: rows - held };
  };
  const before = side(pair.reference);
  const after = side(pair.current);
  const compared = { pair, rows: { reference: before.rows, current: after.rows }, missing: compareMissing(before, after) };
  if (before.held === 0 || after.held === 0) {
    const empty = before.held === 0 && after.held === 0 ? 'both sides' : before.held === 0 ? 'the reference' : 'the current batch';
    return { ...compared, comparison: { verdict: 'inconclusive', reason: `no values in ${empty}` } };
  }
  try {
    return { ...compared, comparison: compareValues(pair, seed) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ...compared, comparison: { verdict: 'error', reason: error.message } };
  }
}

function compareValues({ kind, reference, current }: ColumnPair, seed: number): ComparedColumn['comparison'] {
  if (kind === 'numeric' || kind === 'datetime') {
    if (reference.vector.kind !== 'numeric' || current.vector.kind !== 'numeric') {
      return { verdict: 'error', reason: `${reference.type} in the reference and ${current.type} now: the values cannot be compared` };
    }
    return compareNumeric(numericValues(reference.vector), numericValues(current.vector));
  }
  if (kind === 'text') {
    if (reference.vector.kind !== 'categorical' || current.vector.kind !== 'categorical') {
      return { verdict: 'error', reason: `${reference.type} in the reference and ${current.type} now: the values cannot be compared` };
    }
    return compareText(reference.vector, current.vector, seed);
  }
  return compareCategorical(categoryCounts({ kind, vector: reference.vector }), categoryCounts({ kind, vector: current.vector }), seed);
}

interface AdjustedP {
  values: number | null;
  missing: number | null;
}

/** Benjamini–Hochberg over every p-value of the report: those of values and those of missing shares. */
function adjustTogether(columns: ComparedColumn[]): AdjustedP[] {
  const p = columns.flatMap(({ comparison, missing }) => ['test' in comparison ? (comparison.test.pValue ?? null) : null, missing.pValue]);
  const adjusted = benjaminiHochberg(p);
  return columns.map((_, index) => ({ values: adjusted[2 * index], missing: adjusted[2 * index + 1] }));
}

function judgeColumn({ pair, rows, missing, comparison }: ComparedColumn, adjusted: AdjustedP, floor: number, missingFloor: number, alpha: number): ColumnDrift {
  const missingMoved = judgeEffect({ value: Math.abs(missing.difference), floor: missingFloor, band: missing.band, still: 0, adjustedP: adjusted.missing }, alpha) === 'moved';
  const nulls: ColumnDrift['nulls'] = {
    reference: missing.reference,
    current: missing.current,
    difference: missing.difference,
    adjustedP: adjusted.missing,
    moved: missingMoved,
  };
  const common = { column: pair.name, role: pair.role, kind: pair.kind, rows, nulls };
  const missingText = missingMoved ? `missing ${shareText(missing.reference.value ?? 0)} → ${shareText(missing.current.value ?? 0)}` : null;

  if ('reason' in comparison) {
    const nothing: Statistic = { name: pair.kind === 'numeric' || pair.kind === 'datetime' ? 'ks' : pair.kind === 'text' ? 'auc' : 'cramers_v_balanced', value: null, reason: comparison.reason, definition: '' };
    return {
      ...common,
      verdict: missingMoved ? 'moved' : comparison.verdict,
      message: [missingText, comparison.reason].filter((part) => part !== null).join('; '),
      effect: { ...nothing, floor, band: null, bandMethod: '' },
      test: { ...nothing, pValue: null, adjustedP: null },
      others: [],
      newCategories: [],
      newCategoriesTotal: { categories: 0, rows: 0 },
      vanishedCategories: [],
      distributions: null,
    };
  }

  const { effect, still, bandAt, test, others, change, ...rest } = comparison;
  const judged = { value: effect.value, band: effect.band, floor, still, adjustedP: adjusted.values };
  const verdict = judgeEffect(judged, alpha);
  const held = { reference: rows.reference - missingCount(missing.reference), current: rows.current - missingCount(missing.current) };
  const resolved = effect.band !== null && effect.band <= floor;
  const needed = resolved || effect.band === null ? null : rowsForBand(bandAt, floor);
  return {
    ...common,
    ...rest,
    verdict: missingMoved ? 'moved' : verdict,
    message: [missingText, valueMessage(verdict, change, judged, effect, needed, held, alpha)].filter((part) => part !== null).join('; '),
    effect: { ...effect, floor },
    test: { ...test, adjustedP: adjusted.values },
    others,
    ...(needed !== null && { rowsNeeded: needed }),
  };
}

function missingCount({ value, rows }: { value: number | null; rows: number }): number {
  return Math.round((value ?? 0) * rows);
}

const effectNames: Partial<Record<Statistic['name'], string>> = { ks: 'K-S D', cramers_v_balanced: 'V', auc: 'AUC' };

function valueMessage(
  verdict: DriftVerdict,
  change: string,
  judged: Parameters<typeof judgeEffect>[0],
  effect: Comparison['effect'],
  needed: number | null,
  held: { reference: number; current: number },
  alpha: number,
): string {
  const { value, band, floor, adjustedP } = judged;
  if (value === null || band === null || adjustedP === null) return effect.reason ?? 'the comparison is undefined';
  const size = `${effectNames[effect.name] ?? effect.name} ${numberText(value)}`;
  if (verdict === 'moved') return `${change}; ${size} (chance ≤ ${numberText(band)}), ${pText(adjustedP)}`;
  if (verdict === 'inconclusive') {
    const advice = needed === null ? `the reference is too small at ${countText(held.reference)} rows` : `${countText(needed - held.current)} more rows would do`;
    return `too few rows to tell: chance alone reaches ${numberText(band)}, floor ${numberText(floor)}; ${advice}`;
  }
  if (adjustedP < alpha) return `${change}; ${size} (floor ${numberText(floor)}): seen, too small to matter`;
  return `no difference beyond chance; ${size} (chance ≤ ${numberText(band)})`;
}
