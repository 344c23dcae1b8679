import type { Check, CheckKind } from '../../protocol/data-quality.ts';
import type { ColumnProfile } from '../../protocol/datasets.ts';
import type { MeasurementResult } from '../../protocol/measurements.ts';
import { countText, numberText, shareText } from '../../protocol/number-text.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { breakingRowsInProfile } from './breaking-rows.ts';
import { columnOf, columnsNeeded } from './identify-checks.ts';
import type { CheckEvidence, Judgement } from './check-evidence.ts';

/** Checks that are a limit on how many rows may break a rule. */
type RowCheckKind =
  | 'nulls'
  | 'not_finite'
  | 'empty_strings'
  | 'unique'
  | 'duplicate_rows'
  | 'range'
  | 'allowed_values'
  | 'pattern'
  | 'length'
  | 'format'
  | 'late_rows'
  | 'sorted'
  | 'expression'
  | 'references'
  | 'overlap';
export type RowCheck = Extract<Check, { kind: RowCheckKind }>;

/** Rules about a value, which a row without one neither keeps nor breaks. */
const aboutValues: ReadonlySet<CheckKind> = new Set(['unique', 'range', 'allowed_values', 'pattern', 'length', 'format', 'late_rows', 'sorted', 'references']);

/**
 * Judges a limit on rows: the share of rows that break the rule must not be above it. The limit itself is allowed (slack 1e-12).
 */
export function judgeBreakingRows(id: string, check: RowCheck, { profile, reference, measurements }: CheckEvidence): Judgement {
  const column = profile.columns.find(({ name }) => name === columnOf(check));
  const of = aboutValues.has(check.kind) && column ? column.rows - column.nulls : profile.rows;
  const limit = 'maxShare' in check ? (check.maxShare ?? 0) : 0;
  const needed = limit === 0 ? 'none' : `≤ ${shareText(limit)}`;
  if (of === 0) return { verdict: 'inconclusive', message: `${column?.name ?? 'the batch'} has no values to judge`, measured: 'no values', needed, failing: null };

  const columns = columnsNeeded(check).flatMap((name) => profile.columns.filter((each) => each.name === name));
  const rows = breakingRowsInProfile(check, columns) ?? countedRows(measurements.get(id));
  const share = rows / of;
  const passes = share <= limit + 1e-12;
  const before = referenceShare(check, reference?.columns.find(({ name }) => name === column?.name));
  const beside = before === null ? '' : ` (reference ${shareText(before)})`;
  const phrase = describeBreach(check);
  const many = rows === 1 ? '1 row' : `${countText(rows)} rows`;
  const amount = limit === 0 ? `${many} ${phrase}` : `${shareText(share)} ${phrase}`;
  const allowed = limit === 0 ? 'none allowed' : `allowed ${shareText(limit)}`;
  return {
    verdict: passes ? 'pass' : 'fail',
    message: rows === 0 ? `no rows ${phrase}` : `${amount}, ${allowed}${beside}`,
    measured: rows === 0 ? '0 rows' : `${shareText(share)} (${many})`,
    needed,
    value: { value: share, interval: wilsonInterval(rows, of, 0.95) ?? undefined, rows: of },
    failing: { rows, of },
    ...(!passes && { next: acceptance(check, share) }),
  };
}

/** @throws Error when nobody measured, or measuring failed: the check is then an error, not a pass */
export function countedRows(result: MeasurementResult | undefined): number {
  if (result === undefined) throw new Error('it was not measured');
  if ('error' in result) throw new Error(result.error);
  return result.rows;
}

function describeBreach(check: RowCheck): string {
  switch (check.kind) {
    case 'nulls': {
      const words = { null: 'null', nan: 'NaN', empty: 'empty text', infinite: 'infinite' };
      return `with ${check.column} ${(check.counts ?? ['null', 'nan']).map((counted) => words[counted]).join(' or ')}`;
    }
    case 'not_finite':
      return `with ${check.column} NaN or infinite`;
    case 'empty_strings':
      return `with ${check.column} an empty text`;
    case 'unique':
      return `with ${check.columns.join(', ')} as in an earlier row`;
    case 'duplicate_rows':
      return 'equal to an earlier row in every column';
    case 'range':
      return `with ${check.column} ${rangeText(check.min, check.max)}`;
    case 'allowed_values':
      return `with ${check.column} not one of the ${countText(check.values.length)} allowed values`;
    case 'pattern':
      return `with ${check.column} not matching ${check.pattern}`;
    case 'length':
      return `with ${check.column} not ${lengthText(check.min, check.max)} long`;
    case 'format':
      return `with ${check.column} not readable as ${check.format === 'integer' || check.format === 'email' ? 'an' : 'a'} ${check.format}`;
    case 'late_rows':
      return `with ${check.column} before ${check.notBefore}`;
    case 'sorted':
      return `with ${check.column} out of ${check.strict ? 'strictly ' : ''}${check.direction} order`;
    case 'expression':
      return check.name === undefined ? `breaking ${check.expression}` : `breaking "${check.name}" (${check.expression})`;
    case 'references':
      return `with ${check.column} not in ${check.dataset}.${check.inColumn}`;
    case 'overlap':
      return `that are also in ${check.dataset}${check.columns ? ` by ${check.columns.join(', ')}` : ''}`;
  }
}

function rangeText(min: number | string | undefined, max: number | string | undefined): string {
  const bound = (value: number | string): string => (typeof value === 'number' ? numberText(value) : value);
  if (min === undefined) return max === undefined ? 'outside its range' : `above ${bound(max)}`;
  return max === undefined ? `below ${bound(min)}` : `outside ${bound(min)} … ${bound(max)}`;
}

function lengthText(min: number | undefined, max: number | undefined): string {
  if (min === max) return `${min} characters`;
  if (min === undefined) return `at most ${max} characters`;
  return max === undefined ? `at least ${min} characters` : `${min} to ${max} characters`;
}

function referenceShare(check: RowCheck, column: ColumnProfile | undefined): number | null {
  if (!column || column.rows === 0) return null;
  const rows = check.kind === 'unique' || check.kind === 'sorted' ? null : breakingRowsInProfile(check, [column]);
  return rows === null ? null : rows / column.rows;
}

/** What to write in slipway.yaml to accept the batch as it is. */
function acceptance(check: RowCheck, share: number): string {
  const limit = `${Number((Math.ceil(share * 1000) / 10).toFixed(1))}%`;
  const about = 'column' in check ? `column: ${JSON.stringify(check.column)}, ` : '';
  const write = (text: string): string => `To accept it, write under checks: - {${text}}`;
  switch (check.kind) {
    case 'nulls':
      return write(`${about}maxNulls: ${limit}`);
    case 'not_finite':
      return write(`${about}maxNotFinite: ${limit}`);
    case 'empty_strings':
      return write(`${about}maxEmpty: ${limit}`);
    case 'duplicate_rows':
      return write(`maxDuplicates: ${limit}`);
    case 'range':
      return write(`${about}${check.min === undefined ? '' : `min: ${check.min}, `}${check.max === undefined ? '' : `max: ${check.max}, `}tolerate: ${limit}`);
    case 'allowed_values':
      return `Add the new values to \`values\` of ${check.column}, or tolerate ${limit} of the rows`;
    case 'pattern':
      return write(`${about}pattern: ${JSON.stringify(check.pattern)}, tolerate: ${limit}`);
    case 'length':
      return write(`${about}${check.min === undefined ? '' : `minLength: ${check.min}, `}${check.max === undefined ? '' : `maxLength: ${check.max}, `}tolerate: ${limit}`);
    case 'format':
      return write(`${about}format: ${check.format}, tolerate: ${limit}`);
    case 'late_rows':
      return write(`${about}notBefore: ${JSON.stringify(check.notBefore)}, tolerate: ${limit}`);
    case 'expression':
      return write(`expression: ${JSON.stringify(check.expression)}, tolerate: ${limit}`);
    case 'references':
      return write(`${about}references: {dataset: ${check.dataset}, column: ${JSON.stringify(check.inColumn)}}, tolerate: ${limit}`);
    case 'overlap':
      return `Remove the rows that ${check.dataset} has, too: a model judged on rows it learned from looks better than it is`;
    case 'unique':
      return 'Remove the repeated rows, or take the check out if the columns are no key';
    case 'sorted':
      return `Sort the file by ${check.column}, or take the check out`;
  }
}
