import type { Check } from '../../protocol/data-quality.ts';

export interface IdentifiedCheck {
  /** Kind and what it is about, such as `nulls:humid`; a repeated one gets `#2`. */
  id: string;
  check: Check;
}

/** Names checks so that findings, measurements and failing rows refer to the same one; the same list gives the same names. */
export function identifyChecks(checks: readonly Check[]): IdentifiedCheck[] {
  const seen = new Map<string, number>();
  return checks.map((check) => {
    const about = subjectOf(check);
    const name = about === '' ? check.kind : `${check.kind}:${about}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return { id: times === 1 ? name : `${name}#${times}`, check };
  });
}

/** The one column a check is about, if it is about one. */
export function columnOf(check: Check): string | undefined {
  switch (check.kind) {
    case 'row_count':
    case 'columns':
    case 'renamed':
    case 'duplicate_rows':
    case 'expression':
    case 'overlap':
      return undefined;
    case 'unique':
      return check.columns.length === 1 ? check.columns[0] : undefined;
    case 'label_leakage':
    case 'label_distribution':
      return check.target;
    case 'type':
    case 'nulls':
    case 'not_finite':
    case 'empty_strings':
    case 'range':
    case 'allowed_values':
    case 'pattern':
    case 'length':
    case 'format':
    case 'freshness':
    case 'late_rows':
    case 'outliers':
    case 'sorted':
    case 'constant':
    case 'references':
      return check.column;
  }
}

/** Every column a check cannot do without. */
export function columnsNeeded(check: Check): string[] {
  if (check.kind === 'unique') return check.columns;
  if (check.kind === 'overlap') return check.columns ?? [];
  const column = columnOf(check);
  return column === undefined ? [] : [column];
}

function subjectOf(check: Check): string {
  if (check.kind === 'unique') return check.columns.join('+');
  if (check.kind === 'overlap') return check.dataset;
  if (check.kind === 'expression') return check.name ?? check.expression;
  return columnOf(check) ?? '';
}
