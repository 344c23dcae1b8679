import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import type { Session } from '../session.ts';
import { applyEdits, setKey } from '../slipway-yaml/edit-yaml.ts';
import { yamlText } from '../slipway-yaml/yaml-text.ts';
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
  const change = (text: string): string | null => {
    const edit = setKey(text, ['models', model], 'champion', yamlText(version));
    return edit === null ? null : applyEdits(text, [edit]);
  };
  await changeConfig(session, change, l10n.t('Model {0} is not written in slipway.yaml', model));
}

async function pickVersion(session: Session, model: string): Promise<string | null> {
  const candidates = (session.snapshot?.models ?? []).filter((version) => version.model === model && !version.champion);
  const picks = candidates.map(({ version, run }) => ({ label: version, description: run?.decision.sentence ?? l10n.t('not judged yet') }));
  return (await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Version to be the champion of {0}', model) }))?.label ?? null;
}
