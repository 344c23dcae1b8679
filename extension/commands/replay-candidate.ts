import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { performWork } from '../perform-work.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { pickModel } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Asks production and a candidate the same recorded rows, and shows what came of it. */
export async function replayCandidate(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const model = subject.model ?? (await pickModel(session));
  if (model === null) return;
  const candidate = subject.version ?? (await pickCandidate(session, model));
  if (candidate === null) return;
  const name = await pickData(session);
  if (name === null) return;
  const outcome = await performWork(workbench, session, { kind: 'replay', model, candidate, production: null, source: { of: 'dataset', name }, intent: 'new-model', pace: null });
  if (outcome.state === 'done' && outcome.problems.length === 0) workbench.pages.show(session, { view: 'shadow', model, id: null });
}

async function pickCandidate(session: Session, model: string): Promise<string | null> {
  const { models } = session.snapshot ?? (await session.ask({ ask: 'snapshot' }));
  const versions = models.filter((version) => version.model === model && !version.champion).map(({ version }) => version);
  if (versions.length === 0) throw new ProblemError(problemOf('model-missing', l10n.t('{0} has no version beside its champion', model)));
  return versions.length === 1 ? versions[0] : ((await vscode.window.showQuickPick(versions, { placeHolder: l10n.t('Candidate') })) ?? null);
}

/** Whole datasets first, then their batches, newest first. */
async function pickData(session: Session): Promise<string | null> {
  const { datasets } = session.outline ?? (await session.ask({ ask: 'outline' }));
  const { batches } = session.snapshot ?? (await session.ask({ ask: 'snapshot' }));
  const names = [...new Set([...datasets.map(({ name }) => name), ...batches.flatMap(({ name }) => (datasets.some((dataset) => name.startsWith(`${dataset.name}/`)) ? [name] : []))])];
  if (names.length === 0) throw new ProblemError(problemOf('file-missing', l10n.t('slipway.yaml names no data')));
  return (await vscode.window.showQuickPick(names, { placeHolder: l10n.t('Data that both are asked') })) ?? null;
}
