import * as vscode from 'vscode';
import { activeSession } from '../active-session.ts';
import * as l10n from '../l10n.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';

/** What a command is about, as far as whoever called it knows: a row of a view, a file, or a link. */
export interface Subject {
  session: Session | null;
  model: string | null;
  version: string | null;
  run: string | null;
  batch: string | null;
  criterion: string | null;
  /** 1-based. */
  line: number | null;
  /** A file of the workspace. */
  file: vscode.Uri | null;
}

/** Anyone may call a command with anything: what is not text where text belongs is not there. */
export function subjectOf({ sessions }: Workbench, argument: unknown): Subject {
  const nothing: Subject = { session: null, model: null, version: null, run: null, batch: null, criterion: null, line: null, file: null };
  if (argument instanceof vscode.Uri) return { ...nothing, file: argument, session: sessions.of(argument) };
  if (typeof argument !== 'object' || argument === null) return nothing;
  const given = ('subject' in argument ? argument.subject : argument) as Record<string, unknown> | null;
  if (typeof given !== 'object' || given === null) return nothing;
  const text = (key: keyof Subject | 'folder' | 'path'): string | null => (typeof given[key] === 'string' ? given[key] : null);
  const folder = text('folder');
  const session = folder === null ? null : (sessions.folders.find((each) => each.folder.uri.toString() === folder) ?? null);
  const path = text('path');
  return {
    session,
    model: text('model'),
    version: text('version'),
    run: text('run'),
    batch: text('batch'),
    criterion: text('criterion'),
    line: typeof given.line === 'number' && Number.isSafeInteger(given.line) && given.line > 0 ? given.line : null,
    file: path === null || session === null ? null : vscode.Uri.joinPath(session.folder.uri, path),
  };
}

/** The session a command is about; where several folders could be meant the user says which. Null when they do not. */
export async function sessionFor({ sessions, pages }: Workbench, subject: Subject, among: 'in use' | 'every folder' = 'in use'): Promise<Session | null> {
  if (subject.session !== null) return subject.session;
  await sessions.known;
  const inUse = sessions.all;
  const candidates = among === 'in use' && inUse.length > 0 ? inUse : sessions.folders;
  if (candidates.length === 0) throw new ProblemError(problemOf('config-missing', l10n.t('No folder is open')));
  if (candidates.length === 1) return candidates[0];
  const current = activeSession({ sessions, pages });
  // The folder the user looks at is the one that Enter takes.
  const picks = candidates.toSorted((a, b) => Number(b === current) - Number(a === current)).map((session) => ({ label: session.folder.name, description: session === current ? l10n.t('folder of the active tab') : session.folder.uri.fsPath, session }));
  return (await vscode.window.showQuickPick(picks, { placeHolder: l10n.t('Folder') }))?.session ?? null;
}
