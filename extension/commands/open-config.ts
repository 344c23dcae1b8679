import * as vscode from 'vscode';
import { fileOf } from '../show-problem.ts';
import { configOf } from '../sessions.ts';
import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** slipway.yaml: at the row it was called on, else where something is wrong in it. */
export async function openConfig(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const wrong = workbench.sessions.all.find(({ snapshot }) => snapshot?.problem != null);
  const session = subject.session ?? wrong ?? (await sessionFor(workbench, subject));
  if (session === null) return;
  const problem = subject.line === null ? session.snapshot?.problem : null;
  const issue = problem?.issues?.[0] ?? problem?.where;
  const line = (subject.line ?? issue?.line ?? 1) - 1;
  const file = (problem == null ? null : fileOf(problem, session)) ?? configOf(session);
  await vscode.window.showTextDocument(file, { preview: false, selection: new vscode.Range(line, (issue?.column ?? 1) - 1, line, (issue?.column ?? 1) - 1) });
}
