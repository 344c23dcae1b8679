import * as vscode from 'vscode';
import type { Command } from '../protocol/feed.ts';
import * as l10n from './l10n.ts';
import type { Outcome, Session } from './session.ts';
import { showProblem } from './show-problem.ts';
import type { Workbench } from './workbench.ts';

/** Does a piece of work the user asked for: progress in the view, cancellable there, its problems told when it has ended. */
export async function performWork({ log }: Workbench, session: Session, command: Command): Promise<Outcome> {
  const outcome = await vscode.window.withProgress({ location: { viewId: command.kind === 'check' ? 'slipway.data' : 'slipway.models' } }, () => session.perform(command));
  const [first, ...others] = outcome.problems;
  if (first !== undefined && outcome.state !== 'cancelled') {
    for (const { code, detail } of others) log.error(`${code}: ${detail}`);
    await showProblem(others.length === 0 ? first : { ...first, detail: l10n.t('{0} (and {1} more in the log)', first.detail, others.length) }, session, log);
  }
  return outcome;
}
