import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { performWork } from '../perform-work.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { pickModel } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

const byKey = 'slipway.statedBy';

/** Somebody states that a readiness criterion is met: who, in what words, for how long. */
export async function stateCriterion(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const model = subject.model ?? (await pickModel(session));
  if (model === null) return;
  const criterion = subject.criterion ?? (await pickCriterion(session, model));
  if (criterion === null) return;
  const title = l10n.t('State that “{0}” is met', criterion);
  const by = await ask({ title, step: 1, prompt: l10n.t('Who states it: name, and role where slipway.yaml asks for one'), value: workbench.context.globalState.get<string>(byKey, ''), refuse: required });
  if (by === null) return;
  const text = await ask({ title, step: 2, prompt: l10n.t('What is stated, in a sentence'), value: '', refuse: required });
  if (text === null) return;
  const expiry = await ask({ title, step: 3, prompt: l10n.t('Until when it holds, as 2027-01-31; empty: as long as slipway.yaml lets it'), value: '', refuse: dateOrNothing });
  if (expiry === null) return;
  await workbench.context.globalState.update(byKey, by);
  await performWork(workbench, session, { kind: 'state', model, criterion, by, text, expires: expiry === '' ? null : new Date(`${expiry}T00:00:00Z`).toISOString() });
}

async function pickCriterion(session: Session, model: string): Promise<string | null> {
  const { criteria } = await session.ask({ ask: 'readiness', model });
  const stated = criteria.filter(({ kind }) => kind === 'statement');
  if (stated.length === 0) throw new ProblemError(problemOf('config-invalid', l10n.t('slipway.yaml asks for no statement about {0}', model), { path: 'slipway.yaml' }));
  return (await vscode.window.showQuickPick(stated.map((each) => ({ label: each.criterion, description: each.group, detail: each.text })), { placeHolder: l10n.t('Criterion') }))?.label ?? null;
}

/** One step; null when the user leaves. */
function ask({ title, step, prompt, value, refuse }: { title: string; step: number; prompt: string; value: string; refuse(text: string): string | undefined }): Promise<string | null> {
  return new Promise((resolve) => {
    const input = vscode.window.createInputBox();
    Object.assign(input, { title, step, totalSteps: 3, prompt, value, ignoreFocusOut: true });
    input.onDidChangeValue(() => (input.validationMessage = undefined));
    input.onDidAccept(() => {
      const text = input.value.trim();
      input.validationMessage = refuse(text);
      if (input.validationMessage !== undefined) return;
      resolve(text);
      input.hide();
    });
    input.onDidHide(() => {
      input.dispose();
      resolve(null);
    });
    input.show();
  });
}

function required(text: string): string | undefined {
  return text === '' ? l10n.t('A statement without this is none') : text.length > 500 ? l10n.t('At most 500 characters') : undefined;
}

function dateOrNothing(text: string): string | undefined {
  if (text === '') return undefined;
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(time)) return l10n.t('A date is written as 2027-01-31');
  return time <= Date.now() ? l10n.t('This date has passed') : undefined;
}
