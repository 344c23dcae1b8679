import type { ComparisonReport, EvaluationReport, MetricComparison } from '../protocol/evaluation.ts';
import type { EvaluationRole, GateResult } from '../protocol/gates.ts';
import type { Measured, Verdict } from '../protocol/measured.ts';
import type { RunReport } from '../protocol/run.ts';

/** What is compared of two runs on one dataset. */
export interface ComparedOn {
  role: EvaluationRole;
  /**
   * `paired`: the second run was judged against the first one's model, row by row, so differences have intervals.
   * `apart`: each has its own numbers; `reason` says why no more can be said.
   */
  how: { kind: 'paired'; comparison: ComparisonReport } | { kind: 'apart'; reason: string };
  metrics: MetricComparison[];
  slices: MetricComparison[];
}

const roles = ['holdout', 'current'] as const;

/** The metrics and slices of two runs side by side, on every dataset that both were evaluated on. */
export function compareEvaluations(first: RunReport, second: RunReport): ComparedOn[] {
  return roles.flatMap((role): ComparedOn[] => {
    const comparison = second.comparisons[role];
    if (comparison !== undefined && comparison.refused === undefined && comparison.champion.digest === first.model.digest) return [{ role, how: { kind: 'paired', comparison }, metrics: comparison.metrics, slices: comparison.slices }];
    const [before, after] = [first.evaluations[role], second.evaluations[role]];
    if (before === undefined || after === undefined || before.refused !== undefined || after.refused !== undefined) return [];
    const reason = before.dataset.digest === after.dataset.digest ? `${second.model.version} was not judged against ${first.model.version} row by row, so differences have no interval` : `They were judged on different data (${before.dataset.name} and ${after.dataset.name}), so a difference may be the data's`;
    const directions = directionsOf(first, second);
    return [{ role, how: { kind: 'apart', reason }, metrics: metricsApart(before, after, directions), slices: slicesApart(before, after, directions) }];
  });
}

function metricsApart(before: EvaluationReport, after: EvaluationReport, directions: Map<string, 'higher' | 'lower'>): MetricComparison[] {
  const slice = { name: 'all', where: [], source: 'all' as const };
  return Object.keys(before.metrics)
    .filter((metric) => after.metrics[metric] !== undefined)
    .map((metric) => apart(metric, slice, before.metrics[metric], after.metrics[metric], directions));
}

function slicesApart(before: EvaluationReport, after: EvaluationReport, directions: Map<string, 'higher' | 'lower'>): MetricComparison[] {
  return after.slices.flatMap(({ slice, metrics }) => {
    const same = before.slices.find((each) => each.slice.name === slice.name);
    if (same === undefined) return [];
    return Object.keys(metrics).flatMap((metric) => (same.metrics[metric] === undefined ? [] : [apart(metric, slice, same.metrics[metric], metrics[metric], directions)]));
  });
}

function apart(metric: string, slice: MetricComparison['slice'], champion: Measured, candidate: Measured, directions: Map<string, 'higher' | 'lower'>): MetricComparison {
  const rows = Math.min(champion.rows, candidate.rows);
  const difference: Measured = champion.value === null || candidate.value === null ? { value: null, reason: champion.reason ?? candidate.reason ?? 'not defined on both sides', rows } : { value: candidate.value - champion.value, rows };
  return { metric, slice, champion, candidate, difference, pValue: null, test: null, direction: directions.get(metric) ?? 'higher' };
}

/** Errors, losses, and distances from what is fair or promised. */
export function lowerIsBetter(metric: string): boolean {
  return /^(false_|log_loss|brier|ece|mae|mse|rms|s?mape|pinball)|_error$|_ae$|_debiased$|_difference$/.test(metric);
}

/** Which way is better, as a comparison with the champion has said it, else by the name of the metric. */
function directionsOf(...runs: RunReport[]): Map<string, 'higher' | 'lower'> {
  const told = runs.flatMap(({ comparisons }) => roles.flatMap((role) => comparisons[role]?.metrics ?? []));
  const named = runs.flatMap(({ evaluations }) => roles.flatMap((role) => Object.keys(evaluations[role]?.metrics ?? {})));
  return new Map<string, 'higher' | 'lower'>([...named.map((metric) => [metric, lowerIsBetter(metric) ? 'lower' : 'higher'] as const), ...told.map(({ metric, direction }) => [metric, direction] as const)]);
}

/** A gate as each run judged it; null where a run had no such gate. */
export interface GateChange {
  id: string;
  title: string;
  before: Verdict | null;
  after: Verdict | null;
  severity: GateResult['gate']['severity'];
  /** Why the second run judged it so, or the first where it is gone. */
  reason: string;
  line: number | undefined;
}

const rank: Record<Verdict, number> = { pass: 0, inconclusive: 1, error: 2, fail: 3 };

/** Gates whose verdict is another one, what got worse on top; those that only one of the runs was asked; and how many stayed. */
export function gateChanges(first: RunReport, second: RunReport): { changed: GateChange[]; oneSided: GateChange[]; same: number } {
  const ids = [...new Set([...second.gates, ...first.gates].map(({ gate }) => gate.id))];
  const all = ids.flatMap((id): GateChange[] => {
    const before = first.gates.find(({ gate }) => gate.id === id);
    const after = second.gates.find(({ gate }) => gate.id === id);
    const told = after ?? before;
    return told === undefined ? [] : [{ id, title: told.title, before: before?.verdict ?? null, after: after?.verdict ?? null, severity: told.gate.severity, reason: told.reason, line: told.gate.line }];
  });
  const oneSided = all.filter(({ before, after }) => before === null || after === null);
  const changed = all.filter(({ before, after }) => before !== null && after !== null && before !== after);
  const worsened = ({ before, after }: GateChange) => (before === null || after === null ? 0 : rank[after] - rank[before]);
  return { changed: changed.sort((a, b) => worsened(b) - worsened(a)), oneSided: oneSided.sort((a, b) => rank[b.after ?? 'pass'] - rank[a.after ?? 'pass']), same: all.length - changed.length - oneSided.length };
}

export interface InputChange {
  name: string;
  before: string;
  after: string;
}

/** What went into the two runs: what differs, and the names of what is the same. */
export function inputChanges(first: RunReport, second: RunReport): { changed: InputChange[]; same: string[] } {
  const names = ['model file', 'champion', 'reference', 'holdout', 'current', 'cases', 'slipway.yaml', 'gates', 'code', 'seed', 'execution provider', 'Slipway', 'ONNX Runtime', 'DuckDB', 'Node', 'machine'];
  const [before, after] = [inputsOf(first), inputsOf(second)];
  const rows = names.map((name, index) => ({ name, before: before[index], after: after[index] }));
  return { changed: rows.filter((row) => row.before !== row.after), same: rows.filter((row) => row.before === row.after && row.before !== 'none').map(({ name }) => name) };
}

function inputsOf({ lineage: { model, champion, datasets, config, policy, code, seed, provider, versions } }: RunReport): string[] {
  const short = (digest: string) => digest.replace(/^sha256:/, '').slice(0, 12);
  const data = (role: 'reference' | 'holdout' | 'current' | 'cases') => {
    const dataset = datasets[role];
    return dataset === undefined ? 'none' : `${dataset.name}, ${dataset.rows} rows, ${short(dataset.digest)}`;
  };
  return [
    `${model.path}, ${short(model.digest)}`,
    champion === null ? 'none' : `${champion.version}, ${short(champion.digest)}`,
    data('reference'),
    data('holdout'),
    data('current'),
    data('cases'),
    short(config.digest),
    short(policy.digest),
    code.revision === null ? 'none' : `${code.revision.slice(0, 12)}${code.dirty === true ? ', with uncommitted changes' : ''}`,
    String(seed),
    provider.toUpperCase(),
    versions.slipway,
    versions.onnxruntime,
    versions.duckdb,
    versions.node,
    `${versions.os}, ${versions.cpu}`,
  ];
}

export interface LineChange {
  sign: '−' | '+';
  line: number;
  text: string;
}

const linesMax = 2_000;

/** Lines that only one of two texts has, in their order: the longest common subsequence stays. Null where they are too long to compare. */
export function lineChanges(before: string, after: string): LineChange[] | null {
  const [a, b] = [before.split('\n'), after.split('\n')];
  if (a.length > linesMax || b.length > linesMax) return null;
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) changes.push({ sign: '−', line: i + 1, text: a[i++] });
    else changes.push({ sign: '+', line: j + 1, text: b[j++] });
  }
  return changes;
}
