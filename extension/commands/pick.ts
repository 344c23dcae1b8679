import * as vscode from 'vscode';
import { countText } from '../../protocol/number-text.ts';
import type { BatchSummary, RunSummary } from '../../protocol/run.ts';
import * as l10n from '../l10n.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import { ageText, verdictIcons } from '../views/row.ts';

/** Asks which of the saved runs; null when the user does not say. @throws ProblemError when there is none */
export async function pickRun(session: Session): Promise<RunSummary | null> {
  const runs = await known(session, (snapshot) => snapshot.runs);
  if (runs.length === 0) throw new ProblemError(problemOf('run-missing', l10n.t('Nothing was judged in {0} yet', session.folder.name)));
  const picks = runs.map((run) => ({
    label: `$(${verdictIcons[run.decision.verdict].id}) ${run.model} ${run.version}`,
    description: ageText(run.startedAt, Date.now()),
    detail: run.decision.sentence,
    run,
  }));
  return (await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Run, newest first'), matchOnDetail: true }))?.run ?? null;
}

export async function pickBatch(session: Session): Promise<BatchSummary | null> {
  const batches = await known(session, (snapshot) => snapshot.batches);
  if (batches.length === 0) throw new ProblemError(problemOf('run-missing', l10n.t('No data was checked in {0} yet', session.folder.name)));
  const picks = batches.map((batch) => ({
    label: batch.name,
    description: ageText(batch.checkedAt, Date.now()),
    detail: l10n.t('{0} rows, failing checks: {1}, columns that moved: {2}', countText(batch.rows), batch.failing, batch.moved),
    batch,
  }));
  return (await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Data, newest first') }))?.batch ?? null;
}

export async function pickModel(session: Session): Promise<string | null> {
  const names = await known(session, (snapshot) => [...new Set([...(session.outline?.models.map(({ name }) => name) ?? []), ...snapshot.models.map(({ model }) => model)])]);
  if (names.length === 0) throw new ProblemError(problemOf('model-missing', l10n.t('No model is known in {0} yet', session.folder.name)));
  if (names.length === 1) return names[0];
  return (await vscode.window.showQuickPick(names, { placeHolder: l10n.t('Model') })) ?? null;
}

async function known<T>(session: Session, read: (snapshot: NonNullable<Session['snapshot']>) => T[]): Promise<T[]> {
  return read(session.snapshot ?? (await session.ask({ ask: 'snapshot' })));
}
