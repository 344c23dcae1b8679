import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { performWork } from '../perform-work.ts';
import type { Outcome, Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Judges all models of a folder, or the model or version it was called on. */
export async function runGates(workbench: Workbench, argument: unknown): Promise<Outcome | null> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return null;
  const outcome = await performWork(workbench, session, {
    kind: 'run',
    ...(subject.model === null ? {} : { models: [subject.model] }),
    ...(subject.version === null ? {} : { versions: [subject.version] }),
  });
  if (outcome.state === 'done' && outcome.problems.length === 0) await tellVerdicts(session, outcome.runs);
  return outcome;
}

/** One notification for a run the user asked for; what it says stands in the views too. */
async function tellVerdicts(session: Session, ids: string[]): Promise<void> {
  const runs = (session.snapshot?.runs ?? []).filter(({ id, role }) => ids.includes(id) && role === 'candidate');
  if (runs.length === 0) return;
  const when = vscode.workspace.getConfiguration('slipway').get<'always' | 'blocked' | 'never'>('notifications.verdict', 'always');
  const blocked = runs.filter(({ decision }) => decision.verdict !== 'pass');
  if (when === 'never' || (when === 'blocked' && blocked.length === 0)) return;
  const worst = blocked[0] ?? runs[0];
  const text = runs.length === 1 ? worst.decision.sentence : l10n.t('{0} of {1} versions may be promoted. {2}', runs.length - blocked.length, runs.length, worst.decision.sentence);
  const open = l10n.t('Open Report');
  const chosen = await vscode.window.showInformationMessage(text, open);
  if (chosen === open) await vscode.commands.executeCommand('slipway.openReport', { folder: session.folder.uri.toString(), run: worst.id });
}
