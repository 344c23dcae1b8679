import * as vscode from 'vscode';
import type { ModelVersionSummary } from '../../protocol/feed.ts';
import * as l10n from '../l10n.ts';
import { performWork } from '../perform-work.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Judges the version whose file this is, and opens its report. */
export async function checkModel(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const file = subject.file ?? (await vscode.window.showOpenDialog({ title: l10n.t('Model File'), filters: { ONNX: ['onnx'] } }))?.[0];
  if (file === undefined) return;
  const session = workbench.sessions.of(file) ?? (await sessionFor(workbench, subject, 'every folder'));
  if (session === null) return;
  const path = relativePath(session, file);
  // A file that was just written is not a version yet: judging all models finds it.
  const version = versionAt(session, path);
  const { state, runs } = await performWork(workbench, session, { kind: 'run', ...(version === null ? {} : { models: [version.model], versions: [version.version] }) });
  if (state === 'cancelled') return;
  const judged = versionAt(session, path);
  const run = session.snapshot?.runs.find((each) => each.model === judged?.model && each.digest === judged.digest && runs.includes(each.id)) ?? judged?.run;
  if (run != null) return workbench.pages.show(session, { view: 'gates', run: run.id });
  const refused = session.snapshot?.refused.find((each) => each.path === path);
  if (refused !== undefined) throw new ProblemError(problemOf(refused.code, l10n.t('{0}: {1}', path, refused.message)));
  if (state === 'done') throw new ProblemError(problemOf('model-missing', l10n.t('{0} is no version of a model in slipway.yaml', path), { path: 'slipway.yaml' }));
}

function versionAt({ snapshot }: Session, path: string): ModelVersionSummary | null {
  return snapshot?.models.find((version) => version.path === path) ?? null;
}

function relativePath({ folder }: Session, file: vscode.Uri): string {
  return file.path.startsWith(`${folder.uri.path}/`) ? file.path.slice(folder.uri.path.length + 1) : file.fsPath;
}
