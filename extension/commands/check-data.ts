import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import { performWork } from '../perform-work.ts';
import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Profiles one file, checks it, compares it with the reference, and opens what was found. */
export async function checkData(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const file = subject.file ?? (await vscode.window.showOpenDialog({ title: l10n.t('Data File'), filters: { [l10n.t('Data')]: ['parquet', 'csv', 'gz', 'jsonl'] } }))?.[0];
  if (file === undefined) return;
  const session = workbench.sessions.of(file) ?? (await sessionFor(workbench, subject, 'every folder'));
  if (session === null) return;
  const { batches } = await performWork(workbench, session, { kind: 'check', path: file.fsPath });
  const batch = batches.at(-1);
  if (batch !== undefined) workbench.pages.show(session, { view: 'data', batch });
}
