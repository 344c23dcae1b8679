import type { Check } from '../../protocol/data-quality.ts';
import type { ColumnProfile } from '../../protocol/datasets.ts';
import type { Severity } from '../../protocol/measured.ts';
import { countText, shareText } from '../../protocol/number-text.ts';
import { countedRows } from './judge-breaking-rows.ts';
import type { CheckEvidence, Judgement } from './check-evidence.ts';
import { matchRenamed } from './match-renamed.ts';
import { sameType } from './type-family.ts';

type CheckOf<Kind extends Check['kind']> = Extract<Check, { kind: Kind }>;

const renamedMinSimilarity = 0.8;

/** Judges the number of rows. Both bounds are allowed; a batch without rows fails whatever they are. */
export function judgeRowCount({ min, max }: CheckOf<'row_count'>, { profile, reference }: CheckEvidence): Judgement {
  const { rows } = profile;
  const needed = [min !== undefined && `≥ ${countText(min)}`, max !== undefined && `≤ ${countText(max)}`].filter((bound) => bound !== false).join(', ') || '≥ 1';
  const passes = rows > 0 && rows >= (min ?? 0) && rows <= (max ?? Infinity);
  const beside = reference ? ` (reference ${countText(reference.rows)})` : '';
  return {
    verdict: passes ? 'pass' : 'fail',
    message: `${rows === 1 ? '1 row' : `${countText(rows)} rows`}${passes ? '' : `, needs ${needed}`}${beside}`,
    measured: `${countText(rows)} rows`,
    needed,
    failing: null,
    ...(!passes && rows > 0 && { next: `To accept it, write under checks: - {rows: {${rows < (min ?? 0) ? `min: ${rows}` : `max: ${rows}`}}}` }),
  };
}

/**
 * Judges the set of columns, and their order where asked. A missing column has the check's severity; order and extra
 * columns never stop more than a warning does, since columns are read by name. A column the reference has is not extra,
 * though not required: the label, which comes later.
 */
export function judgeColumns(check: CheckOf<'columns'>, { profile, reference }: CheckEvidence): Judgement {
  const found = profile.columns.map(({ name }) => name);
  const missing = check.required.filter((name) => !found.includes(name));
  const extra = check.extra === 'report' ? found.filter((name) => !check.required.includes(name) && !reference?.columns.some((column) => column.name === name)) : [];
  const misplaced = check.ordered ? firstMisplaced(check.suggested && reference ? reference.columns.map(({ name }) => name) : check.required, found) : undefined;
  const faults = [
    missing.length > 0 && `missing: ${missing.join(', ')}`,
    extra.length > 0 && `not expected: ${extra.join(', ')}`,
    misplaced !== undefined && `in another order, from ${misplaced} on`,
  ].filter((fault) => fault !== false);
  const next = missing.length > 0 ? `Export ${missing.join(', ')} again, or take ${missing.length === 1 ? 'it' : 'them'} out of \`columns\`` : extra.length > 0 ? `Add ${extra.join(', ')} to \`columns\`, or set extra: allow` : 'Restore the order, or set ordered: false';
  return {
    verdict: faults.length === 0 ? 'pass' : 'fail',
    message: faults.length === 0 ? `all ${countText(check.required.length)} columns are there` : faults.join('; '),
    measured: `${countText(found.length)} columns`,
    needed: `${countText(check.required.length)} columns`,
    failing: null,
    ...(faults.length > 0 && { next }),
    ...(missing.length === 0 && { severity: atMostWarn(check.severity) }),
  };
}

/** Of the names that both have, the first that stands elsewhere than expected. */
function firstMisplaced(expected: readonly string[], found: readonly string[]): string | undefined {
  const common = found.filter((name) => expected.includes(name));
  return expected.filter((name) => found.includes(name)).find((name, index) => common[index] !== name);
}

/**
 * Judges a column's type by family: a wider integer is no change, an integer that became a float or text is.
 *
 * Text in the place of numbers or times also says how many values cannot even be read as such: those are the rows to look at.
 */
export function judgeType(id: string, check: CheckOf<'type'>, { profile, reference, measurements }: CheckEvidence): Judgement {
  const column = profile.columns.find(({ name }) => name === check.column)!;
  const common = { measured: column.type, needed: check.type };
  if (sameType(check.type, column.type)) return { ...common, verdict: 'pass', message: `${check.column} is ${column.type}`, failing: null };
  if (column.nulls === column.rows) return { ...common, verdict: 'inconclusive', message: `${check.column} holds only nulls, which have no type of their own`, failing: null };
  const result = measurements.get(id);
  const rows = result === undefined ? null : countedRows(result);
  const values = column.rows - column.nulls;
  const unreadable = rows === null ? '' : rows === 0 ? ', though every value reads as one' : `: ${countText(rows)} of ${countText(values)} values do not read as one`;
  const was = reference?.columns.some(({ name, type }) => name === check.column && type === check.type) ? `, ${check.type} in the reference` : `, needs ${check.type}`;
  return {
    ...common,
    verdict: 'fail',
    message: `${check.column} is ${column.type}${was}${unreadable}`,
    failing: rows === null || rows === 0 ? null : { rows, of: values },
    next: `Repair the export, or write under checks: - {column: ${JSON.stringify(check.column)}, type: ${column.type}}`,
  };
}

/** Judges whether a column that is gone has come back under another name: fails for each pair found. */
export function judgeRenamed(check: CheckOf<'renamed'>, { profile, reference }: CheckEvidence): Judgement {
  const needed = 'the names of the reference';
  if (!reference) return { verdict: 'inconclusive', message: 'there is no reference to compare the columns with', measured: '', needed, failing: null };
  const renames = matchRenamed(reference, profile, check.minSimilarity ?? renamedMinSimilarity);
  if (renames.length === 0) return { verdict: 'pass', message: 'no column looks renamed', measured: 'none', needed, failing: null };
  const told = renames.map(({ from, to, similarity }) => `${from} is now called ${to} (content ${shareText(similarity)} alike)`);
  return {
    verdict: 'fail',
    message: told.join('; '),
    measured: renames.map(({ from, to }) => `${from} → ${to}`).join(', '),
    needed,
    failing: null,
    ...(renames.length === 1 && { column: renames[0].from }),
    next: `Rename ${renames.map(({ from, to }) => `${to} to ${from}`).join(', ')} where the batch is made, or map the new names under \`inputs\``,
  };
}

/** Judges whether a column that should vary still does: fails when all its values are the same. */
export function judgeConstant(check: CheckOf<'constant'>, { profile }: CheckEvidence): Judgement {
  const column = profile.columns.find(({ name }) => name === check.column)!;
  const needed = 'two or more different values';
  const values = column.rows - column.nulls;
  if (!column.distinct) return { verdict: 'error', message: `${check.column} is ${column.type}, whose values are not told apart`, measured: column.type, needed, failing: null };
  if (values < 2) return { verdict: 'inconclusive', message: `${check.column} has too few values to vary`, measured: `${countText(values)} values`, needed, failing: null };
  const passes = column.distinct.value > 1;
  const message = passes ? `${check.column} has ${countText(column.distinct.value)} different values` : `${check.column} has stopped varying: every row is ${onlyValue(column)}`;
  return { verdict: passes ? 'pass' : 'fail', message, measured: `${countText(column.distinct.value)} different`, needed, failing: null, ...(!passes && { next: 'Look at the source: a sensor or a join may have frozen' }) };
}

function onlyValue({ topValues, minimum }: ColumnProfile): string {
  const [top] = topValues ?? [];
  return top ? JSON.stringify(top.value) : minimum === null ? 'the same' : String(minimum);
}

function atMostWarn(severity: Severity): Severity {
  return severity === 'block' ? 'warn' : severity;
}
