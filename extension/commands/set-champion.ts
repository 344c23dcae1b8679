import * as vscode from 'vscode';
import { championChange } from '../edit-config.ts';
import * as l10n from '../l10n.ts';
import type { Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { changeConfig } from './change-config.ts';
import { pickModel } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Writes into slipway.yaml which version is in production. The user looks at it and saves. */
export async function setChampion(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const model = subject.model ?? (await pickModel(session));
  if (model === null) return;
  const version = subject.version ?? (await pickVersion(session, model));
  if (version === null) return;
  await changeConfig(session, (text) => championChange(text, model, version), l10n.t('Model {0} is not written in slipway.yaml', model));
}

async function pickVersion(session: Session, model: string): Promise<string | null> {
  const candidates = (session.snapshot?.models ?? []).filter((version) => version.model === model && !version.champion);
  const picks = candidates.map(({ version, run }) => ({ label: version, description: run?.decision.sentence ?? l10n.t('not judged yet') }));
  return (await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Version to be the champion of {0}', model) }))?.label ?? null;
}
