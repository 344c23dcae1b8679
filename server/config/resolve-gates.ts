import type { Config, DeclaredSlice, ModelConfig } from '../../protocol/config.ts';
import type { EvaluationRole, Gate, GateRule } from '../../protocol/gates.ts';
import { type MetricDefinition, type MetricName, definitionOf, findMetric, metricRegistry } from '../stats/metric-registry.ts';
import type { Complain } from './explain.ts';
import { type GateSpec, fairnessMeasures } from './schema.ts';
import { nearest } from './spelling.ts';
import { withoutUndefined } from './without-undefined.ts';
import type { KeyPath } from './yaml-source.ts';

/** What the gates of a model are resolved against. */
export interface GateContext {
  model: Omit<ModelConfig, 'gates' | 'readiness'>;
  drift: Pick<Config['drift'], 'multivariate'>;
  lineOf: (at: KeyPath) => number;
  complain: Complain;
}

type Written<K extends string> = Extract<GateSpec, Record<K, unknown>>;

/**
 * The gates of one model as they will be judged. A gate that could never be judged, or that no model could ever pass,
 * is complained of: it would block every promotion, or none.
 */
export function resolveGates(specs: readonly (GateSpec | null)[], at: KeyPath, context: GateContext): Gate[] {
  const gates: Gate[] = [];
  for (const [index, spec] of specs.entries()) {
    const here = [...at, index];
    const rule = spec === null ? null : resolveRule(spec, here, context);
    if (spec === null || rule === null) continue;
    const id = freeId(spec, rule, gates);
    const twin = gates.find((gate) => gate.id === id);
    if (reservedIds.includes(id)) context.complain([...here, 'name'], `\`${id}\` is the name of a built-in gate`);
    else if (twin !== undefined) context.complain(here, `this gate is called \`${id}\`, like the one on line ${twin.line}; give one of them another \`name\``);
    else gates.push({ id, severity: spec.severity, line: context.lineOf(here), ...withoutUndefined(rule) });
  }
  return gates;
}

export const reservedIds = ['outputs', 'signature', 'export'];

/** A written name, else one built from the rule; two like rules of different severity are told apart by it. */
function freeId(spec: GateSpec, rule: GateRule, taken: readonly Gate[]): string {
  if (spec.name !== undefined) return spec.name;
  const id = idOf(rule);
  return taken.some((gate) => gate.id === id && gate.severity !== spec.severity) ? `${id}.${spec.severity}` : id;
}

function idOf(rule: GateRule): string {
  const narrowed = 'slice' in rule || 'by' in rule ? scopeText(rule as { slice?: string; by?: string | string[] }) : '';
  const on = 'on' in rule && rule.on === 'current' && rule.kind !== 'data_quality' ? '.current' : '';
  switch (rule.kind) {
    case 'metric':
      return `${rule.metric}.${rule.min === undefined ? 'max' : rule.max === undefined ? 'min' : 'range'}${narrowed}${on}`;
    case 'change':
      return `${rule.metric}.change${narrowed}${on}`;
    case 'non_inferior':
      return `${rule.metric}.${rule.superior ? 'superior' : 'non_inferior'}${narrowed}${on}`;
    case 'fairness':
      return `${rule.measure}${narrowed}${on}`;
    case 'cases':
    case 'size':
    case 'outputs':
    case 'signature':
    case 'export':
      return rule.kind;
    case 'flips':
      return `flips${on}`;
    case 'drift':
      return `drift.${rule.of}${rule.columns === undefined ? '' : `.${rule.columns.join('.')}`}`;
    case 'data_quality':
      return `data_quality.${rule.on}`;
    case 'latency':
      return `latency.${rule.quantile}${rule.batch === 1 ? '' : `.batch_${rule.batch}`}`;
    case 'throughput':
      return `throughput.batch_${rule.batch}`;
    case 'parity':
      return `parity.${rule.sibling ?? (rule.providers === 'available' ? 'available' : rule.providers.join('.'))}`;
    case 'shadow':
      return `shadow.${rule.needs}${rule.source === 'any' ? '' : `.${rule.source}`}`;
    case 'value':
      return `value.${rule.against}${on}`;
  }
}

function scopeText({ slice, by }: { slice?: string; by?: string | string[] }): string {
  if (slice !== undefined) return `.slice.${slice}`;
  return by === undefined ? '' : `.by.${typeof by === 'string' ? by : by.join('.')}`;
}

function resolveRule(spec: GateSpec, at: KeyPath, context: GateContext): GateRule | null {
  if ('metric' in spec) return resolveMetric(spec, at, context);
  if ('fairness' in spec) return resolveFairness(spec, at, context);
  if ('cases' in spec) return resolveCases(spec, at, context);
  if ('flips' in spec) return resolveFlips(spec, at, context);
  if ('drift' in spec) return resolveDrift(spec, at, context);
  if ('dataQuality' in spec) return resolveDataQuality(spec, at, context);
  if ('latency' in spec) return { kind: 'latency', quantile: spec.latency, maxMs: spec.maxMs, batch: spec.batch };
  if ('throughput' in spec) return { kind: 'throughput', minRowsPerSecond: spec.throughput, batch: spec.batch };
  if ('size' in spec) return { kind: 'size', maxMb: spec.size };
  if ('parity' in spec) return resolveParity(spec, at, context);
  if ('shadow' in spec) return resolveShadow(spec, at, context);
  return resolveValue(spec, at, context);
}

// ---- metrics ------------------------------------------------------------------------------------------------------

const metricForms = { min: 'metric', max: 'metric', minChange: 'change', nonInferior: 'non_inferior', superior: 'non_inferior' } as const;

function resolveMetric(spec: Written<'metric'>, at: KeyPath, context: GateContext): GateRule | null {
  const { complain } = context;
  const definition = definitionFor(spec.metric, [...at, 'metric'], context);
  const forms = new Set((Object.keys(metricForms) as (keyof typeof metricForms)[]).filter((key) => spec[key] !== undefined && spec[key] !== false).map((key) => metricForms[key]));
  if (forms.size === 0) complain([...at, 'metric'], `nothing is asked of \`${spec.metric}\`; add \`min\`, \`max\`, \`minChange\` or \`nonInferior\``);
  if (forms.size > 1) complain(at, 'this gate asks for several things at once; write a gate for each');
  const form = [...forms][0];
  complainOfRefinements(spec, form, at, complain);
  const scope = resolveScope(spec, at, context);
  const on = resolveOn(spec.on, at, context);
  const labelled = needsTarget(at, context);
  if (form === 'change' || form === 'non_inferior') needsChampion(at, context);
  if (definition === null || forms.size !== 1 || scope === null || on === null || !labelled) return null;

  const base = { metric: spec.metric, on, ...scope, minRows: spec.minRows ?? (scope.slice === undefined && scope.by === undefined ? 100 : 30) };
  switch (form) {
    case 'metric': {
      const min = amountOf(spec.min, [...at, 'min'], spec.metric, definition, complain);
      const max = amountOf(spec.max, [...at, 'max'], spec.metric, definition, complain);
      complainOfBounds(spec.metric, definition, min, max, at, complain);
      return { kind: 'metric', ...base, min, max, decide: spec.decide };
    }
    case 'change': {
      const min = spec.relative === true ? spec.minChange?.value : amountOf(spec.minChange, [...at, 'minChange'], spec.metric, definition, complain);
      const [low, high] = definition.range;
      if (spec.relative !== true && min !== undefined && low !== null && high !== null && min > high - low) complain([...at, 'minChange'], `no model can pass: \`${spec.metric}\` can change by at most ${high - low}`);
      return { kind: 'change', ...base, min: min ?? 0, relative: spec.relative === true };
    }
    case 'non_inferior': {
      const margin = amountOf(spec.nonInferior, [...at, 'nonInferior'], spec.metric, definition, complain) ?? 0;
      if (margin < 0) complain([...at, 'nonInferior'], 'a margin cannot be negative; write how much worse the candidate may be, or `superior: true` when it must be better');
      return { kind: 'non_inferior', ...base, margin, alpha: spec.alpha ?? 0.025, superior: spec.superior === true };
    }
  }
}

function complainOfRefinements(spec: Written<'metric'>, form: 'metric' | 'change' | 'non_inferior' | undefined, at: KeyPath, complain: Complain): void {
  if (form === undefined) return;
  if (spec.relative !== undefined && form !== 'change') complain([...at, 'relative'], '`relative` does nothing without `minChange`', { part: 'key' });
  if (spec.alpha !== undefined && form !== 'non_inferior') complain([...at, 'alpha'], '`alpha` does nothing without `nonInferior` or `superior`', { part: 'key' });
}

/** The metric's definition if it exists and says something about this model's task. */
function definitionFor(written: string, at: KeyPath, { model, complain }: GateContext): MetricDefinition | null {
  if ((fairnessMeasures as readonly string[]).includes(written)) {
    complain(at, `\`${written}\` compares groups; write \`fairness: ${written}\` with \`by\``);
    return null;
  }
  const named = findMetric(written);
  if (named === null) {
    const meant = nearestMetric(written);
    complain(at, `there is no metric \`${written}\`${meant === undefined ? '; docs/metrics.md lists them' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
    return null;
  }
  const definition = definitionOf(named.name);
  if (model.task !== null && !definition.tasks.includes(model.task)) {
    const fitting = metricNames.filter((name) => definitionOf(name).tasks.includes(model.task as never));
    const sibling = fitting.find((name) => name.startsWith(`${written}_`));
    complain(at, `\`${written}\` is a metric of ${definition.tasks.join(' or ')} models, and \`${model.name}\` is ${article(model.task)} model${sibling === undefined ? '' : `; did you mean \`${sibling}\`?`}`, sibling === undefined ? {} : { suggestion: sibling });
    return null;
  }
  return definition;
}

const metricNames = Object.keys(metricRegistry) as MetricName[];

/** The nearest name; a metric with a number in its name keeps the number that was written, or gets a customary one. */
function nearestMetric(written: string): string | undefined {
  const number = /_(\d+(?:\.\d+)?)$/.exec(written)?.[1];
  const named = metricNames
    .filter((name) => !(fairnessMeasures as readonly string[]).includes(name))
    .map((name) => {
      const { parameter } = definitionOf(name);
      return parameter === undefined ? name : `${name}_${number ?? customaryParameter[parameter.values]}`;
    });
  return nearest(written, named) ?? named.find((name) => name.startsWith(`${written}_`)) ?? named.find((name) => name.split('_').includes(written));
}

const customaryParameter = { whole: '10', share: '0.1', positive: '2' } as const;

function amountOf(amount: { value: number; percent: boolean } | undefined, at: KeyPath, metric: string, { unit }: MetricDefinition, complain: Complain): number | undefined {
  if (amount?.percent === true && unit !== 'share') complain(at, `\`${metric}\` is not a share, so a percentage of it means nothing here; write a number${at.at(-1) === 'minChange' ? ', or add `relative: true`' : ''}`);
  return amount?.value;
}

function complainOfBounds(metric: string, { range: [low, high], better }: MetricDefinition, min: number | undefined, max: number | undefined, at: KeyPath, complain: Complain): void {
  if (min !== undefined && max !== undefined && min > max) complain([...at, 'min'], `no model can pass: \`min\` ${min} is more than \`max\` ${max}`);
  if (min !== undefined && high !== null && min > high) complain([...at, 'min'], `no model can pass: \`${metric}\` is never more than ${high}`);
  if (max !== undefined && low !== null && max < low) complain([...at, 'max'], `no model can pass: \`${metric}\` is never less than ${low}`);
  if (max === undefined && min !== undefined && low !== null && min <= low) complain([...at, 'min'], `every model passes: \`${metric}\` is never less than ${low}`, { severity: 'warning' });
  if (min === undefined && max !== undefined && high !== null && max >= high) complain([...at, 'max'], `every model passes: \`${metric}\` is never more than ${high}`, { severity: 'warning' });
  if (better === 'lower' && min !== undefined && max === undefined) complain([...at, 'min'], `a lower \`${metric}\` is better; did you mean \`max\`?`, { part: 'key', suggestion: 'max', severity: 'warning' });
  if (better === 'higher' && max !== undefined && min === undefined) complain([...at, 'max'], `a higher \`${metric}\` is better; did you mean \`min\`?`, { part: 'key', suggestion: 'min', severity: 'warning' });
}

/** All rows, one slice, or every slice by columns; null when the slices asked for are not declared. */
function resolveScope(spec: { slice?: string; by?: string | string[] }, at: KeyPath, { model, complain }: GateContext): { slice?: string; by?: string } | null {
  if (spec.slice !== undefined && spec.by !== undefined) {
    complain([...at, 'slice'], 'a gate is either on one `slice` or `by` a column; write two gates', { part: 'key' });
    return null;
  }
  const declared = model.slices.filter((slice): slice is Extract<DeclaredSlice, { kind: 'by' }> => slice.kind === 'by').map(({ columns }) => columns.join(' × '));
  if (spec.by !== undefined) {
    const by = typeof spec.by === 'string' ? spec.by : spec.by.join(' × ');
    if (declared.includes(by)) return { by };
    const meant = typeof spec.by === 'string' ? nearest(by, declared) : undefined;
    const remedy = meant === undefined ? `; add \`${typeof spec.by === 'string' ? spec.by : `[${spec.by.join(', ')}]`}\` to its \`slices\`` : `; did you mean \`${meant}\`?`;
    complain([...at, 'by'], `\`${model.name}\` has no slices by \`${by}\`${remedy}`, meant === undefined ? {} : { suggestion: meant });
    return null;
  }
  if (spec.slice === undefined) return {};
  const names = model.slices.flatMap((slice) => (slice.kind === 'by' ? [] : [slice.name]));
  const columns = spec.slice.split(' and ').map((part) => /^(.+?) = /.exec(part)?.[1]);
  if (names.includes(spec.slice) || declared.includes(columns.join(' × '))) return { slice: spec.slice };
  const meant = nearest(spec.slice, names);
  complain([...at, 'slice'], `\`${model.name}\` declares no slice \`${spec.slice}\`${meant === undefined ? '; add it to its `slices`' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
  return null;
}

// ---- the other kinds ----------------------------------------------------------------------------------------------

function resolveFairness(spec: Written<'fairness'>, at: KeyPath, context: GateContext): GateRule | null {
  const { model, complain } = context;
  const by = typeof spec.by === 'string' ? [spec.by] : spec.by;
  const wanted = spec.fairness.endsWith('_ratio') ? 'min' : 'max';
  const other = wanted === 'min' ? 'max' : 'min';
  if (spec[wanted] === undefined) complain([...at, 'fairness'], `\`${spec.fairness}\` needs \`${wanted}\`: ${wanted === 'min' ? 'a ratio is best at 1' : 'a difference is best at 0'}`);
  if (spec[other] !== undefined) complain([...at, other], `\`${other}\` does not bound \`${spec.fairness}\`; use \`${wanted}\``, { part: 'key', suggestion: wanted });
  complainOfTask(['binary'], 'fairness', [...at, 'fairness'], context);
  const declared = model.groups.some((group) => group.join('\n') === by.join('\n'));
  if (!declared) {
    const meant = by.length === 1 ? nearest(by[0], model.groups.filter((group) => group.length === 1).map(([column]) => column)) : undefined;
    complain([...at, 'by'], `\`${model.name}\` has no groups by \`${by.join(' × ')}\`${meant === undefined ? '; add it to its `groups`' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
  }
  const on = resolveOn(spec.on, at, context);
  if (on === null || !needsTarget(at, context) || !declared) return null;
  return { kind: 'fairness', measure: spec.fairness, on, by, max: spec.max, min: spec.min, minRows: spec.minRows, decide: spec.decide };
}

function resolveCases(spec: Written<'cases'>, at: KeyPath, context: GateContext): GateRule {
  if (context.model.datasets.cases === null) context.complain([...at, 'cases'], `\`${context.model.name}\` has no curated cases; add a dataset called \`cases\``, { part: 'key' });
  needsTarget(at, context);
  return { kind: 'cases', minShare: spec.cases === 'all' ? 1 : spec.cases };
}

function resolveFlips(spec: Written<'flips'>, at: KeyPath, context: GateContext): GateRule | null {
  complainOfTask(['binary', 'multiclass'], 'flips', [...at, 'flips'], context);
  needsChampion(at, context);
  const on = resolveOn(spec.on, at, context);
  return on === null || !needsTarget(at, context) ? null : { kind: 'flips', on, maxHarmfulShare: spec.flips, decide: spec.decide };
}

function resolveDrift(spec: Written<'drift'>, at: KeyPath, { model, drift, complain }: GateContext): GateRule {
  for (const role of ['reference', 'current'] as const) {
    if (model.datasets[role] === null) complain([...at, 'drift'], `\`${model.name}\` has no \`${role}\` dataset, so drift cannot be told`, { part: 'key' });
  }
  if ((spec.drift === 'label' || spec.drift === 'concept') && model.target === null) complain([...at, 'drift'], `\`${model.name}\` has no \`target\`, so ${spec.drift} drift cannot be told`);
  if (spec.drift === 'multivariate' && !drift.multivariate) complain([...at, 'drift'], '`multivariate` is turned off under `drift`');
  if (spec.drift !== 'features' && spec.drift !== 'predictions') {
    for (const key of ['maxColumns', 'maxShare', 'columns'] as const) if (spec[key] !== undefined) complain([...at, key], `\`${key}\` does nothing for ${spec.drift} drift, which is about one thing`, { part: 'key' });
  }
  return { kind: 'drift', of: spec.drift, maxColumns: spec.maxColumns, maxShare: spec.maxShare, columns: spec.columns };
}

function resolveDataQuality(spec: Written<'dataQuality'>, at: KeyPath, { model, complain }: GateContext): GateRule {
  if (model.datasets[spec.dataQuality] === null) complain([...at, 'dataQuality'], `\`${model.name}\` has no \`${spec.dataQuality}\` dataset`);
  return { kind: 'data_quality', on: spec.dataQuality, maxFailing: spec.maxFailing, severities: spec.severities };
}

function resolveParity(spec: Written<'parity'>, at: KeyPath, { complain }: GateContext): GateRule {
  const sibling = spec.parity === 'sibling';
  if (sibling && spec.file === undefined) complain([...at, 'parity'], '`parity: sibling` needs `file`: the other build of the model');
  if (!sibling && spec.file !== undefined) complain([...at, 'file'], '`file` does nothing without `parity: sibling`', { part: 'key' });
  const tolerance = sibling ? { relative: 0.05, absolute: 0.05 } : { relative: 1e-3, absolute: 1e-5 };
  return {
    kind: 'parity',
    providers: typeof spec.parity === 'string' ? 'available' : spec.parity,
    sibling: sibling ? spec.file : undefined,
    relative: spec.relative ?? tolerance.relative,
    absolute: spec.absolute ?? tolerance.absolute,
    maxDecisionsChanged: spec.maxDecisionsChanged,
  };
}

function resolveShadow({ shadow: needs, intent, source, maxDisagreement, minPairs, maxAgeDays }: Written<'shadow'>, at: KeyPath, context: GateContext): GateRule {
  needsChampion(at, context);
  if (intent === 'same-build' && needs === 'better') context.complain([...at, 'shadow'], 'no model can pass: another build of the same model is equivalent at best');
  return { kind: 'shadow', needs, intent, source, maxDisagreement, minPairs, maxAgeDays };
}

function resolveValue(spec: Written<'value'>, at: KeyPath, context: GateContext): GateRule | null {
  const { model, complain } = context;
  complainOfTask(['binary'], 'value', [...at, 'value'], context);
  if (model.value === null) complain([...at, 'value'], `\`${model.name}\` does not say what outcomes are worth; give it a \`value\``, { part: 'key' });
  if (spec.against === 'champion') needsChampion([...at, 'against'], context);
  const on = resolveOn(spec.on, at, context);
  return on === null || !needsTarget(at, context) ? null : { kind: 'value', on, min: spec.value, against: spec.against, decide: spec.decide };
}

// ---- what gates need of a model -----------------------------------------------------------------------------------

function resolveOn(written: EvaluationRole | undefined, at: KeyPath, { model, complain }: GateContext): EvaluationRole | null {
  const on = written ?? (model.datasets.holdout !== null ? 'holdout' : 'current');
  if (model.datasets[on] !== null) return on;
  if (written === undefined) complain(at, `\`${model.name}\` has nothing to be judged on; add a dataset called \`holdout\``);
  else complain([...at, 'on'], `\`${model.name}\` has no \`${on}\` dataset`);
  return null;
}

function needsTarget(at: KeyPath, { model, complain }: GateContext): boolean {
  if (model.target === null) complain(at, `\`${model.name}\` has no \`target\`, and this gate needs the right answers`);
  return model.target !== null;
}

function needsChampion(at: KeyPath, { model, complain }: GateContext): void {
  if (model.champion === null) complain(at, `this gate compares with the champion, and \`${model.name}\` names none; add \`champion\``);
}

function complainOfTask(tasks: readonly string[], what: string, at: KeyPath, { model, complain }: GateContext): void {
  if (model.task !== null && !tasks.includes(model.task)) complain(at, `\`${what}\` is for ${tasks.join(' and ')} models, and \`${model.name}\` is ${article(model.task)} model`, { part: 'key' });
}

function article(task: string): string {
  return `a ${task}`;
}

