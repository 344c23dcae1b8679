import * as vscode from 'vscode';
import type { ProblemBody } from '../protocol/problem.ts';
import * as l10n from './l10n.ts';
import type { Log } from './log.ts';
import type { Session } from './session.ts';

/** Tells a person what went wrong, where and what to do, with the one button that does it. */
export async function showProblem(problem: ProblemBody, session: Session | null, log: Log): Promise<void> {
  if (problem.code === 'run-cancelled') return;
  log.error(`${problem.code}: ${problem.detail}${problem.where?.path === undefined ? '' : ` (${problem.where.path}${problem.where.line === undefined ? '' : `:${problem.where.line}`})`}`);
  const remedy = remedyFor(problem, session, log);
  const chosen = await vscode.window.showErrorMessage(l10n.t('{0}. {1}.', problem.detail, problem.hint), remedy.label);
  if (chosen === remedy.label) await remedy.act();
}

function remedyFor(problem: ProblemBody, session: Session | null, log: Log): { label: string; act(): unknown } {
  const command = (label: string, id: string) => ({ label, act: () => vscode.commands.executeCommand(id) });
  switch (problem.code) {
    case 'config-missing':
      return command(l10n.t('Set Up Workspace'), 'slipway.setUpWorkspace');
    case 'workspace-untrusted':
      return command(l10n.t('Manage Trust'), 'workbench.trust.manage');
    case 'server-unreachable':
      return command(l10n.t('Restart Server'), 'slipway.restartServer');
    default: {
      const file = fileOf(problem, session);
      if (file === null) return { label: l10n.t('Show Log'), act: () => log.show() };
      const line = Math.max(0, (problem.where?.line ?? 1) - 1);
      const column = Math.max(0, (problem.where?.column ?? 1) - 1);
      return { label: l10n.t('Open File'), act: () => vscode.commands.executeCommand('vscode.open', file, { selection: new vscode.Range(line, column, line, column) }) };
    }
  }
}

/** Where the problem lies, if it is text of the workspace that can be put right there. */
export function fileOf(problem: ProblemBody, session: Session | null): vscode.Uri | null {
  const path = problem.issues?.[0]?.path ?? problem.where?.path;
  if (path === undefined || session === null || !/\.(ya?ml|csv|jsonl)$/.test(path)) return null;
  return /^([a-z]:)?[\\/]/i.test(path) ? vscode.Uri.file(path) : vscode.Uri.joinPath(session.folder.uri, path);
}
