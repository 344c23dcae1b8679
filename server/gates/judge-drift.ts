import type { ColumnDrift, DriftReport, DriftVerdict } from '../../protocol/drift.ts';
import type { GateRule } from '../../protocol/gates.ts';
import { atMost } from './bound.ts';
import { type Evidence, type Part, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, pass } from './judgement.ts';
import { read } from './reading.ts';

type DriftRule = Extract<GateRule, { kind: 'drift' }>;

/**
 * How much may have moved, as a budget of columns.
 *
 * `maxColumns` and `maxShare` must both hold where both are written; without either nothing may move. Fails when more
 * has moved than allowed; otherwise a column that could not be compared is `error`, and undecided columns are
 * inconclusive if they could still exceed the budget.
 */
export function judgeDrift(rule: DriftRule, evidence: Evidence): Judgement {
  switch (rule.of) {
    case 'features':
      return judgeColumns(rule, evidence.drift, 'feature');
    case 'label':
      return judgeColumns(rule, evidence.drift, 'label');
    case 'predictions':
      return judgeColumns(rule, evidence.predictionDrift, 'prediction');
    case 'multivariate': {
      const { drift } = evidence;
      if (isMissing(drift)) return error(`drift was not detected: ${drift.missing}`);
      if (!drift.multivariate) return error('the columns were not compared together');
      const { verdict, message, auc } = drift.multivariate;
      const { without } = read(auc, 'the AUC of telling the two apart', [0, 1]);
      return { ...(verdict === 'still' && without ? without : judgementOf(verdict, message)), candidate: auc };
    }
    case 'concept': {
      const { concept } = evidence;
      if (isMissing(concept)) return error(`concept drift was not assessed: ${concept.missing}`);
      const { without } = read({ value: concept.difference.value, reason: concept.difference.reason, interval: concept.difference.interval, rows: concept.realised.rows }, `the difference in ${concept.metric}`);
      return { ...(concept.verdict === 'still' && without ? without : judgementOf(concept.verdict, concept.message)), champion: concept.expected, candidate: concept.realised };
    }
  }
}

function judgementOf(verdict: DriftVerdict, message: string): Judgement {
  switch (verdict) {
    case 'moved':
      return fail(message);
    case 'still':
      return pass(message);
    case 'inconclusive':
      return inconclusive(message);
    case 'error':
      return error(message);
  }
}

function judgeColumns(rule: DriftRule, part: Part<DriftReport>, role: ColumnDrift['role']): Judgement {
  if (isMissing(part)) return error(`drift was not detected: ${part.missing}`);
  const all = part.columns.filter((column) => column.role === role);
  const columns = rule.columns ? all.filter(({ column }) => rule.columns?.includes(column)) : all;
  const absent = (rule.columns ?? []).filter((name) => !columns.some(({ column }) => column === name));
  if (absent.length > 0) return error(`not compared: ${absent.map((name) => skippedText(part, name)).join(', ')}`);
  if (columns.length === 0) return error(`no ${role} column was compared`);
  const most = rule.maxColumns ?? (rule.maxShare === undefined ? 0 : columns.length);
  const mostShare = rule.maxShare ?? 1;
  if (!(most >= 0 && mostShare >= 0)) return error('the budget of this gate is not a number ≥ 0');
  const within = (count: number): boolean => count <= most && atMost(count / columns.length, mostShare);

  const moved = columns.filter((column) => stateOf(column) === 'moved');
  const broken = columns.filter((column) => stateOf(column) === 'error');
  const unknown = columns.filter((column) => stateOf(column) === 'inconclusive');
  const names = (some: ColumnDrift[]): string => some.map(({ column }) => column).join(', ');
  const measured = `${moved.length} of ${columns.length} ${role} columns moved${moved.length > 0 ? `: ${names(moved)}` : ''}`;
  const judgement = ((): Judgement => {
    if (!within(moved.length)) return fail(measured);
    if (broken.length > 0) return error(`${measured}; could not be compared: ${names(broken)}`);
    if (!within(moved.length + unknown.length)) {
      const needed = unknown.flatMap(({ rowsNeeded }) => rowsNeeded ?? []);
      return inconclusive(`${measured}; too few rows to tell: ${names(unknown)}`, needed.length > 0 ? Math.max(...needed) : undefined);
    }
    return pass(measured);
  })();
  return { ...judgement, candidate: { value: moved.length, rows: columns.length } };
}

/** A jump in nulls counts as having moved; a verdict without the number it rests on does not count as still. */
function stateOf({ verdict, effect, test, nulls }: ColumnDrift): DriftVerdict {
  if (verdict === 'moved' || nulls.moved) return 'moved';
  if (verdict === 'inconclusive') return 'inconclusive';
  return verdict === 'still' && Number.isFinite(effect.value) && Number.isFinite(test.adjustedP) ? 'still' : 'error';
}

function skippedText(report: DriftReport, column: string): string {
  const reason = report.skipped.find((skipped) => skipped.column === column)?.reason;
  return reason === undefined ? column : `${column} (${reason})`;
}
