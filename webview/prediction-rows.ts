import type { DriftReport } from '../protocol/drift.ts';
import type { RunReport, RunSummary } from '../protocol/run.ts';
import { driftRow, type ColumnRow } from './column-rows.ts';
import { groupBy } from './group-by.ts';

/** What one version answers on a batch, against what it answered on the reference. */
export interface VersionPredictions {
  run: string;
  model: string;
  version: string;
  champion: boolean;
  drift: DriftReport;
}

const versionsMax = 6;

/** The newest run of each version that judged this batch: champions first, then the newest. */
export function runsOnBatch(runs: readonly RunSummary[], batch: string): RunSummary[] {
  const newestFirst = runs.filter(({ currentBatch }) => currentBatch === batch).sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const newest = [...groupBy(newestFirst, ({ model, version }) => `${model}\n${version}`).values()].map(([first]) => first);
  return newest.sort((a, b) => Number(b.role === 'champion') - Number(a.role === 'champion')).slice(0, versionsMax);
}

/** Null where a run has no drift of its predictions: it was not measured, or they are at fault. */
export function predictionsOf({ id, model, role, predictions }: RunReport): VersionPredictions | null {
  const drift = predictions.find((each) => each.role === 'current')?.drift ?? null;
  return drift === null ? null : { run: id, model: model.name, version: model.version, champion: role === 'champion', drift };
}

/** A row for each answer: `v2 · score`, with the model's name where there are several. */
export function predictionRows(of: VersionPredictions, models: number): ColumnRow[] {
  const name = models > 1 ? `${of.model} ${of.version}` : of.version;
  return of.drift.columns.map((column) => driftRow(`${name} · ${column.column}`, column));
}
