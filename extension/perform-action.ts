import * as vscode from 'vscode';
import type { Action } from '../protocol/view.ts';
import { acceptFinding } from './commands/accept-finding.ts';
import { openInBrowser } from './commands/open-in-browser.ts';
import { saveReport } from './commands/save-report.ts';
import { stateCriterion } from './commands/state-criterion.ts';
import * as l10n from './l10n.ts';
import { performWork } from './perform-work.ts';
import { problemOf } from './problem-of.ts';
import { ProblemError, type Session } from './session.ts';
import type { Workbench } from './workbench.ts';

/** Does what a page asked for: the same as the command of that name, about the folder the page belongs to. */
export async function perform(workbench: Workbench, session: Session, action: Action): Promise<void> {
  const folder = session.folder.uri.toString();
  if (!vscode.workspace.isTrusted && action.do !== 'show' && action.do !== 'open-file' && action.do !== 'save-report') {
    throw new ProblemError(problemOf('workspace-untrusted', l10n.t('{0} is not trusted, so nothing is started in it', session.folder.name)));
  }
  switch (action.do) {
    case 'run':
      await performWork(workbench, session, action.command);
      return;
    case 'cancel':
      return session.cancel(action.work);
    case 'show':
      return workbench.pages.show(session, action.target);
    case 'open-file': {
      const line = (action.line ?? 1) - 1;
      return vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(session.folder.uri, action.path), action.line === undefined ? undefined : { selection: new vscode.Range(line, 0, line, 0) });
    }
    case 'accept-finding':
      return acceptFinding(session, action.batch, action.finding);
    case 'state-criterion':
      return stateCriterion(workbench, { folder, model: action.model, criterion: action.criterion });
    case 'save-report':
      return saveReport(workbench, { folder, ...(action.of === 'run' ? { run: action.id } : { batch: action.id }) });
    case 'open-in-browser':
      return openInBrowser(workbench, { folder, target: action.target });
  }
}
