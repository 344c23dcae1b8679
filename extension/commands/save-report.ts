import * as vscode from 'vscode';
import * as l10n from '../l10n.ts';
import type { Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { pickRun } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Writes the report of a run, or of a batch, as one file that needs no script and no network. */
export async function saveReport(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const run = subject.batch !== null ? null : (subject.run ?? (await pickRun(session))?.id ?? null);
  if (subject.batch === null && run === null) return;
  const { name, page } = subject.batch !== null ? await batchFile(session, subject.batch) : await runFile(session, run ?? '');
  const file = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(session.folder.uri, `${name.replace(/[^\w.-]+/g, '-')}.html`), filters: { HTML: ['html'] }, title: l10n.t('Save Report') });
  if (file === undefined) return;
  await vscode.workspace.fs.writeFile(file, Buffer.from(page, 'utf8'));
  const open = l10n.t('Open');
  if ((await vscode.window.showInformationMessage(l10n.t('Saved {0}.', vscode.workspace.asRelativePath(file)), open)) === open) await vscode.env.openExternal(file);
}

async function runFile(session: Session, id: string): Promise<{ name: string; page: string }> {
  const [report, { reportPage }] = await Promise.all([session.ask({ ask: 'run', id }), import('../saved-pages.ts')]);
  return { name: `${report.model.name}-${report.model.version}`, page: reportPage(report) };
}

async function batchFile(session: Session, id: string): Promise<{ name: string; page: string }> {
  const [batch, { batchPage }] = await Promise.all([session.ask({ ask: 'batch', id }), import('../saved-pages.ts')]);
  return { name: batch.profile.name, page: batchPage(batch) };
}
