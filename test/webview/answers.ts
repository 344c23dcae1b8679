import type { Snapshot } from '../../protocol/feed.ts';
import type { ProblemBody } from '../../protocol/problem.ts';
import type { RunReport, RunSummary } from '../../protocol/run.ts';
import type { Answers, Question } from '../../protocol/view.ts';
import type { RowTable } from '../../protocol/workspace.ts';
import type { Answerer } from './open-view.ts';

/** A server with these runs in it. */
export function answersOf(runs: RunReport[], more: RunSummary[] = []): Answerer {
  return (question) => {
    const answer = answerTo(question, runs, more);
    return answer === null ? { problem: notFound(question) } : { answer };
  };
}

function answerTo(question: Question, runs: RunReport[], more: RunSummary[]): Answers[keyof Answers] | null {
  switch (question.ask) {
    case 'snapshot':
      return snapshotOf(runs, more);
    case 'run':
      return runs.find(({ id }) => id === question.id) ?? null;
    case 'runs':
      return [...runs.map(summaryOf), ...more].sort((a, b) => b.startedAt.localeCompare(a.startedAt)).filter(({ model }) => question.model === null || model === question.model).slice(0, question.limit);
    case 'run-rows':
      return rowsOf(question.rows);
    case 'shadows':
    case 'shadow':
    case 'live':
    case 'outline':
    case 'batch':
    case 'batches':
    case 'finding-rows':
    case 'readiness':
    case 'model-file':
    case 'model-file-difference':
    case 'operator-times':
      return null;
  }
}

export function snapshotOf(runs: RunReport[], more: RunSummary[] = []): Snapshot {
  return { problem: null, models: [], refused: [], runs: [...runs.map(summaryOf), ...more].slice(0, 100), batches: [], active: [], serving: null };
}

export function summaryOf({ id, model, role, startedAt, finishedAt, decision, evaluations, batches }: RunReport): RunSummary {
  const metrics = Object.entries(evaluations.holdout?.metrics ?? {}).slice(0, 3);
  return { id, model: model.name, version: model.version, digest: model.digest, role, startedAt, milliseconds: Date.parse(finishedAt) - Date.parse(startedAt), decision, headline: Object.fromEntries(metrics.map(([name, { value }]) => [`holdout.${name}`, value])), intervals: Object.fromEntries(metrics.flatMap(([name, { interval }]): [string, [number, number]][] => (interval === undefined ? [] : [[`holdout.${name}`, [interval.low, interval.high]]]))), currentBatch: batches.find(({ role: of }) => of === 'current')?.batch.id ?? null };
}

function rowsOf(rows: number[]): RowTable {
  return {
    columns: ['flight_id', 'time', 'carrier', 'origin', 'dest', 'temp', 'humid', 'wind_speed', 'late'],
    rows: rows.map((row) => ({ row, path: 'data/holdout.parquet', values: [`f-${row}`, '2013-10-04 17:00:00', ['AA', 'B6', 'DL'][row % 3], ['JFK', 'LGA', 'EWR'][row % 3], 'LAX', 61.2, row % 5 === 0 ? null : 52.8, 10.4, row % 2] })),
    total: rows.length,
  };
}

export function notFound(question: Question): ProblemBody {
  return { type: 'urn:slipway:problem:run-missing', code: 'run-missing', title: 'No such run', detail: `There is no ${question.ask} of that name`, hint: 'Run `slipway runs` to list the runs that are saved', status: 404 };
}

/** As many runs as a long history has, one every eight hours. */
export function manySummaries(count: number): RunSummary[] {
  const verdicts = ['pass', 'fail', 'pass', 'inconclusive', 'pass', 'error'] as const;
  return Array.from({ length: count }, (_, index) => {
    const verdict = verdicts[(index * 7) % 11 % verdicts.length];
    const version = `v${Math.floor((count - index) / 4) + 1}`;
    const counts = { pass: 18, fail: verdict === 'fail' ? 2 : 0, inconclusive: verdict === 'inconclusive' ? 1 : 0, error: verdict === 'error' ? 3 : 0 };
    const auc = 0.72 + Math.sin(index / 40) * 0.02 + (index % 5) * 0.001;
    return {
      id: `r-${String(count - index).padStart(6, '0')}`,
      model: index % 3 === 0 ? 'churn' : 'flight-delay',
      version,
      digest: 'ab'.repeat(32),
      role: 'candidate',
      startedAt: new Date(Date.UTC(2026, 10, 20) - index * 8 * 3_600_000).toISOString(),
      milliseconds: 8_000 + (index % 17) * 400,
      decision: { verdict, sentence: verdict === 'pass' ? `${version} may replace v1: better on average (+4.6 pt AUC).` : `${version} is blocked: worse for carrier AA (−4.1 pt recall).`, blocking: verdict === 'pass' ? [] : ['recall'], warnings: [], counts },
      headline: { 'holdout.roc_auc': auc, 'holdout.recall': index % 50 === 0 ? null : 0.4 + Math.cos(index / 30) * 0.03, 'holdout.log_loss': 0.52 },
      // Runs that were saved before intervals were kept have none.
      ...(index < 60 && { intervals: { 'holdout.roc_auc': [auc - 0.009, auc + 0.008] as [number, number] } }),
    };
  });
}
