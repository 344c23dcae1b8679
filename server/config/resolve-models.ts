import type { BusinessGoal, DatasetConfig, DeclaredSlice, ModelConfig, PredictionColumns, RouteConfig } from '../../protocol/config.ts';
import type { Task } from '../../protocol/evaluation.ts';
import type { DatasetRole } from '../../protocol/gates.ts';
import { defaultModelFiles } from './check-files.ts';
import { type Complain, subject } from './explain.ts';
import type { DatasetSpec, ModelSpec } from './schema.ts';
import { nearest } from './spelling.ts';
import type { KeyPath } from './yaml-source.ts';

/** A dataset with its defaults; the checks that its own keys imply are in it already. */
export function resolveDataset(name: string, spec: DatasetSpec, lineOf: (at: KeyPath) => number, complain: Complain): DatasetConfig {
  const at = ['datasets', name];
  const { path, time, key, freshness, target } = typeof spec === 'string' || Array.isArray(spec) ? { path: spec } : spec;
  const keyColumns = key === undefined ? [] : typeof key === 'string' ? [key] : key;
  if (freshness !== undefined && time === undefined) complain([...at, 'freshness'], '`freshness` needs `time`: the column that says when a row happened', { part: 'key' });
  return {
    name,
    line: lineOf(at),
    files: typeof path === 'string' ? [path] : path,
    time: time ?? null,
    key: keyColumns,
    target: target ?? null,
    checks: [
      ...(keyColumns.length === 0 ? [] : [{ kind: 'unique', columns: keyColumns, severity: 'block', line: lineOf([...at, 'key']) } as const]),
      ...(freshness === undefined || time === undefined ? [] : [{ kind: 'freshness', column: time, maxAgeHours: freshness, severity: 'block', line: lineOf([...at, 'freshness']) } as const]),
    ],
  };
}

/** A model with its defaults, all but its gates and what must hold before production. */
export function resolveModel(name: string, spec: Omit<ModelSpec, 'gates' | 'readiness'>, datasets: readonly string[], lineOf: (at: KeyPath) => number, complain: Complain): Omit<ModelConfig, 'gates' | 'readiness'> {
  const at = ['models', name];
  const task = spec.task ?? impliedTask(spec);
  complainOfTaskKeys(spec, task, at, complain);
  return {
    name,
    line: lineOf(at),
    files: spec.files === undefined ? [defaultModelFiles(name)] : typeof spec.files === 'string' ? [spec.files] : spec.files,
    task,
    target: spec.target ?? spec.references?.[0] ?? null,
    references: spec.references ?? (spec.target === undefined ? [] : [spec.target]),
    query: spec.query ?? null,
    item: spec.item ?? null,
    positive: spec.positive ?? null,
    threshold: spec.threshold,
    tolerance: spec.tolerance ?? null,
    classes: spec.classes ?? null,
    champion: spec.champion ?? null,
    inputs: Object.entries(spec.inputs ?? {}).map(([input, columns]) => ({ input, columns: typeof columns === 'string' ? [columns] : columns })),
    outputs: { score: spec.outputs?.score ?? null, probabilities: spec.outputs?.probabilities ?? null, label: spec.outputs?.label ?? null, value: spec.outputs?.value ?? null },
    predictions: resolvePredictions(spec, task, at, complain),
    datasets: {
      reference: resolveRole('reference', spec, datasets, at, complain),
      holdout: resolveRole('holdout', spec, datasets, at, complain),
      current: resolveRole('current', spec, datasets, at, complain),
      cases: resolveRole('cases', spec, datasets, at, complain),
    },
    groups: spec.groups.map((group) => (typeof group === 'string' ? [group] : group)),
    slices: resolveSlices(spec, at, complain),
    value: spec.value ?? null,
    business: resolveBusiness(spec, lineOf([...at, 'business'])),
    route: resolveRoute(spec, lineOf([...at, 'route']), at, complain),
  };
}

function resolveRoute({ route: { weights, shadows } }: Pick<ModelSpec, 'route'>, line: number, at: KeyPath, complain: Complain): RouteConfig {
  const shares = weights === undefined ? null : Object.entries(weights).map(([version, share]) => ({ version, share }));
  const sum = shares?.reduce((total, { share }) => total + share, 0) ?? 1;
  if (Math.abs(sum - 1) > 1e-9) complain([...at, 'route', 'weights'], `the shares add up to ${Number((sum * 100).toFixed(6))}%, not to 100%`);
  return { line, weights: shares, shadows: Object.entries(shadows).map(([version, shadow]) => (typeof shadow === 'number' ? { version, share: shadow, intent: 'new-model' } : { version, ...shadow })) };
}

/** What the other keys leave no doubt about. */
function impliedTask(spec: Omit<ModelSpec, 'gates' | 'readiness'>): Task | null {
  if (spec.query !== undefined || spec.item !== undefined) return 'ranking';
  if (spec.references !== undefined) return 'generation';
  if (spec.tolerance !== undefined) return 'regression';
  if (spec.classes !== undefined && spec.classes.length > 2) return 'multiclass';
  if (spec.positive !== undefined || spec.value !== undefined || spec.classes !== undefined) return 'binary';
  return null;
}

/** Keys that only one task reads. */
const taskOfKey = { query: 'ranking', item: 'ranking', references: 'generation', positive: 'binary', value: 'binary', tolerance: 'regression' } as const satisfies Partial<Record<keyof ModelSpec, Task>>;

function complainOfTaskKeys(spec: Omit<ModelSpec, 'gates' | 'readiness'>, task: Task | null, at: KeyPath, complain: Complain): void {
  for (const [key, needed] of Object.entries(taskOfKey) as [keyof typeof taskOfKey, Task][]) {
    if (spec[key] !== undefined && task !== null && task !== needed) complain([...at, key], `\`${key}\` is for ${needed} models, and this is a ${task} model`, { part: 'key' });
  }
  if (task === 'ranking' && spec.query === undefined) complain(at, 'a ranking model needs `query`: the column whose equal values make one list', { part: 'key' });
  if (task === 'binary' && spec.classes !== undefined && spec.classes.length !== 2) complain([...at, 'classes'], `a binary model has two classes, not ${spec.classes.length}`);
  if (spec.classes !== undefined && spec.positive !== undefined && !spec.classes.includes(spec.positive)) {
    const meant = nearest(spec.positive, spec.classes);
    complain([...at, 'positive'], `\`${spec.positive}\` is not one of the \`classes\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
  }
  const twice = spec.classes?.find((label, index) => spec.classes?.indexOf(label) !== index);
  if (twice !== undefined) complain([...at, 'classes'], `the class \`${twice}\` is listed twice`);
}

function resolveRole(role: DatasetRole, spec: Omit<ModelSpec, 'gates' | 'readiness'>, datasets: readonly string[], at: KeyPath, complain: Complain): string | null {
  const written = spec[role];
  if (written === undefined) return datasets.includes(role) ? role : null;
  if (datasets.includes(written)) return written;
  const meant = nearest(written, datasets);
  complain([...at, role], `there is no dataset \`${written}\`${meant === undefined ? '; add it under `datasets`' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
  return null;
}

/** What a bare column holds, by task. */
const predictionOf = { binary: 'score', multiclass: 'label', regression: 'value', ranking: 'score', generation: 'text' } as const satisfies Record<Task, keyof PredictionColumns>;

function resolvePredictions(spec: Omit<ModelSpec, 'gates' | 'readiness'>, task: Task | null, at: KeyPath, complain: Complain): PredictionColumns[] {
  const written = Object.entries(spec.predictions ?? {});
  if (written.length > 0 && task === null) complain([...at, 'predictions'], '`predictions` needs `task`, since there is no model to read it from', { part: 'key' });
  return written.map(([version, columns]) => {
    const nothing: PredictionColumns = { version, score: null, probabilities: [], label: null, value: null, text: null };
    if (typeof columns === 'string') return task === null ? nothing : { ...nothing, [predictionOf[task]]: columns };
    if (Object.values(columns).every((column) => column === undefined)) complain([...at, 'predictions', version], `${subject(['predictions', version])} names no column`);
    return { ...nothing, ...columns };
  });
}

function resolveSlices(spec: Omit<ModelSpec, 'gates' | 'readiness'>, at: KeyPath, complain: Complain): DeclaredSlice[] {
  const slices = spec.slices.map((slice, index): DeclaredSlice => {
    if (typeof slice === 'string') return { kind: 'by', columns: [slice] };
    if (Array.isArray(slice)) return { kind: 'by', columns: slice };
    const where = Object.entries(slice.where).map(([column, wanted]) => {
      if (wanted === null || typeof wanted === 'string') return { column, value: wanted };
      if (Array.isArray(wanted)) return { column, values: wanted };
      const { min: low, below: high } = wanted;
      if (low === undefined && high === undefined) complain([...at, 'slices', index, 'where', column], 'a range needs `min` or `below`');
      if (low !== undefined && high !== undefined && low >= high) complain([...at, 'slices', index, 'where', column], `no row is at least ${low} and less than ${high}`);
      return { column, ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
    });
    if (where.length === 0) complain([...at, 'slices', index, 'where'], 'a slice needs at least one condition');
    return { kind: 'where', name: slice.name, where };
  });
  const names = slices.map((slice) => (slice.kind === 'by' ? slice.columns.join(' × ') : slice.name));
  for (const [index, name] of names.entries()) if (names.indexOf(name) !== index) complain([...at, 'slices', index], `the slice \`${name}\` is declared twice`);
  return slices;
}

function resolveBusiness({ business }: Pick<ModelSpec, 'business'>, line: number): BusinessGoal | null {
  if (business === undefined) return null;
  const { problem = null, metric = null, baseline = null, target = null, owner = null, signed = null } = business;
  return { line, problem, metric, baseline, target, owner, signed };
}
