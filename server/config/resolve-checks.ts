import type { Check, CheckRule } from '../../protocol/data-quality.ts';
import { type Complain, listed } from './explain.ts';
import type { CheckSpec } from './schema.ts';
import { nearest } from './spelling.ts';
import { withoutUndefined } from './without-undefined.ts';
import type { KeyPath } from './yaml-source.ts';

type ColumnSpec = Extract<CheckSpec, { column: unknown }>;

/** A dataset as far as its checks depend on it. */
export interface CheckedDataset {
  name: string;
  key: string[];
}

/** The checks that one item of `checks` makes, by dataset name. */
export function resolveCheck(spec: CheckSpec, at: KeyPath, line: number, datasets: readonly CheckedDataset[], complain: Complain): Map<string, Check[]> {
  const rules = rulesOf(spec, at, complain);
  const known = datasets.map(({ name }) => name);
  const written = spec.on === undefined ? null : typeof spec.on === 'string' ? [spec.on] : spec.on;
  for (const [index, name] of (written ?? []).entries()) if (!known.includes(name)) complainOfDataset(name, typeof spec.on === 'string' ? [...at, 'on'] : [...at, 'on', index], known, complain);
  for (const rule of rules) {
    if (rule.kind === 'overlap' && !known.includes(rule.dataset)) complainOfDataset(rule.dataset, [...at, 'overlap'], known, complain);
    if (rule.kind === 'references' && !known.includes(rule.dataset)) complainOfDataset(rule.dataset, [...at, 'references', 'dataset'], known, complain);
  }
  const resolved = new Map<string, Check[]>();
  for (const { name, key } of datasets) {
    const wanted = rules.filter((rule) => (written === null ? holdsByDefault(rule, name) : written.includes(name)));
    resolved.set(name, wanted.map((rule) => ({ ...withoutUndefined(rule.kind === 'overlap' && rule.columns === undefined && key.length > 0 ? { ...rule, columns: key } : rule), severity: spec.severity, line })));
  }
  return resolved;
}

/** Curated cases are unusual on purpose, and nothing is compared with itself. */
function holdsByDefault(rule: CheckRule, dataset: string): boolean {
  if (dataset === 'cases') return false;
  if (rule.kind === 'renamed' || rule.kind === 'label_distribution') return dataset !== 'reference';
  if (rule.kind === 'overlap' || rule.kind === 'references') return dataset !== rule.dataset;
  return true;
}

function complainOfDataset(name: string, at: KeyPath, known: readonly string[], complain: Complain): void {
  const meant = nearest(name, known);
  complain(at, `there is no dataset \`${name}\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
}

function rulesOf(spec: CheckSpec, at: KeyPath, complain: Complain): CheckRule[] {
  if ('column' in spec) return columnRules(spec, at, complain);
  if ('rows' in spec) {
    const { min, max } = spec.rows;
    if (min === undefined && max === undefined) complain([...at, 'rows'], '`rows` needs `min` or `max`');
    if (min !== undefined && max !== undefined && min > max) complain([...at, 'rows', 'min'], `\`min\` ${min} is more than \`max\` ${max}`);
    return [{ kind: 'row_count', min, max }];
  }
  if ('columns' in spec) return [{ kind: 'columns', required: spec.columns, ordered: spec.ordered, extra: spec.extra }];
  if ('renamed' in spec) return [{ kind: 'renamed', minSimilarity: spec.minSimilarity }];
  if ('unique' in spec) return [{ kind: 'unique', columns: spec.unique }];
  if ('maxDuplicates' in spec) return [{ kind: 'duplicate_rows', maxShare: spec.maxDuplicates }];
  if ('expression' in spec) return [{ kind: 'expression', name: spec.name, expression: spec.expression, maxShare: spec.tolerate }];
  if ('leakage' in spec) return [{ kind: 'label_leakage', target: spec.leakage, maxScore: spec.maxScore }];
  if ('labelDistribution' in spec) return [{ kind: 'label_distribution', target: spec.labelDistribution, maxDistance: spec.maxDistance }];
  return [{ kind: 'overlap', dataset: spec.overlap, columns: spec.by, maxShare: spec.tolerate }];
}

function columnRules(spec: ColumnSpec, at: KeyPath, complain: Complain): CheckRule[] {
  const columns = typeof spec.column === 'string' ? [spec.column] : spec.column;
  complainOfKeysAlone(spec, at, complain);
  for (const [low, high] of [['min', 'max'], ['minLength', 'maxLength']] as const) {
    const [min, max] = [spec[low], spec[high]];
    if (min === undefined || max === undefined) continue;
    if (typeof min !== typeof max) complain([...at, high], `\`${low}\` and \`${high}\` must both be numbers or both be text`);
    else if (min > max) complain([...at, low], `\`${low}\` ${min} is more than \`${high}\` ${max}`);
  }
  const rules = columns.flatMap((column) => rulesOfColumn(spec, column));
  if (rules.length === 0) complain([...at, 'column'], `nothing is said about ${listed(columns)}; add a rule such as \`maxNulls: 2%\``);
  return rules;
}

function rulesOfColumn(spec: ColumnSpec, column: string): CheckRule[] {
  const maxShare = spec.tolerate;
  const when = <T>(value: T | undefined, rule: (value: T) => CheckRule): CheckRule[] => (value === undefined ? [] : [rule(value)]);
  return [
    ...when(spec.type, (type) => ({ kind: 'type', column, type })),
    ...when(spec.maxNulls, (share) => ({ kind: 'nulls', column, maxShare: share, counts: spec.nulls })),
    ...when(spec.maxNotFinite, (share) => ({ kind: 'not_finite', column, maxShare: share })),
    ...when(spec.maxEmpty, (share) => ({ kind: 'empty_strings', column, maxShare: share })),
    ...when(spec.unique, () => ({ kind: 'unique', columns: [column] })),
    ...when(spec.varies, () => ({ kind: 'constant', column })),
    ...when(spec.min ?? spec.max, () => ({ kind: 'range', column, min: spec.min, max: spec.max, maxShare })),
    ...when(spec.values, (values) => ({ kind: 'allowed_values', column, values, maxShare })),
    ...when(spec.pattern, (pattern) => ({ kind: 'pattern', column, pattern, maxShare })),
    ...when(spec.minLength ?? spec.maxLength, () => ({ kind: 'length', column, min: spec.minLength, max: spec.maxLength, maxShare })),
    ...when(spec.format, (format) => ({ kind: 'format', column, format, maxShare })),
    ...when(spec.maxAge, (hours) => ({ kind: 'freshness', column, maxAgeHours: hours, allowFutureMinutes: spec.allowFuture === undefined ? undefined : spec.allowFuture * 60 })),
    ...when(spec.notBefore, (notBefore) => ({ kind: 'late_rows', column, notBefore, maxShare })),
    ...when(spec.outliers, (method) => ({ kind: 'outliers', column, method, threshold: spec.outlierThreshold, maxRatio: spec.maxOutlierRatio, maxShare: spec.maxOutliers })),
    ...when(spec.sorted, (direction) => ({ kind: 'sorted', column, direction, strict: spec.strict })),
    ...when(spec.references, ({ dataset, column: inColumn }) => ({ kind: 'references', column, dataset, inColumn, maxShare })),
  ];
}

const rowRules = ['min', 'max', 'values', 'pattern', 'minLength', 'maxLength', 'format', 'notBefore', 'references'] as const;

/** Keys that only refine another one. */
const refinements: { key: keyof ColumnSpec; needs: readonly (keyof ColumnSpec)[] }[] = [
  { key: 'nulls', needs: ['maxNulls'] },
  { key: 'allowFuture', needs: ['maxAge'] },
  { key: 'outlierThreshold', needs: ['outliers'] },
  { key: 'maxOutliers', needs: ['outliers'] },
  { key: 'maxOutlierRatio', needs: ['outliers'] },
  { key: 'strict', needs: ['sorted'] },
  { key: 'tolerate', needs: rowRules },
];

function complainOfKeysAlone(spec: ColumnSpec, at: KeyPath, complain: Complain): void {
  for (const { key, needs } of refinements) {
    if (spec[key] !== undefined && needs.every((other) => spec[other] === undefined)) complain([...at, key], `\`${key}\` does nothing without ${needs.length === 1 ? `\`${needs[0]}\`` : `one of ${listed(needs)}`}`, { part: 'key' });
  }
}
