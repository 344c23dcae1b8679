import type * as vscode from 'vscode';
import type { ViewTarget } from '../protocol/view.ts';
import type { Log } from './log.ts';
import type { RunRecords } from './run-records.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** What every part of the extension is given to work with. */
export interface Workbench {
  readonly context: vscode.ExtensionContext;
  readonly sessions: Sessions;
  readonly pages: Pages;
  readonly records: RunRecords;
  readonly log: Log;
  /** Platform this package was made for, as in `linux-x64`; `universal` has no server; `source` is a checkout. */
  readonly target: string;
}

/** The pages of reports, in editor tabs. */
export interface Pages {
  /** Opens the page, or brings the one of its kind to the front and shows the target there. */
  show(session: Session, target: ViewTarget): void;
  /** Draws a page in a tab that somebody else opened, such as the editor of a model file. */
  inhabit(view: vscode.WebviewPanel, session: Session, target: ViewTarget): void;
  /** Whose page is in the active tab. */
  readonly active: Session | null;
  readonly onDidChangeActive: vscode.Event<void>;
}
