import * as vscode from 'vscode';
import type { Session } from './session.ts';
import type { Workbench } from './workbench.ts';

/** Of the folder that the active tab is about: a page, a notebook or a file. */
export function activeSession({ sessions, pages }: Pick<Workbench, 'sessions' | 'pages'>): Session | null {
  if (pages.active !== null) return pages.active;
  const file = vscode.window.activeNotebookEditor?.notebook.uri ?? vscode.window.activeTextEditor?.document.uri;
  return file === undefined ? null : sessions.of(file);
}
