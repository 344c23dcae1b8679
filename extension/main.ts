import { setImmediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import { registerCommands } from './commands/register-commands.ts';
import { speakThrough } from './l10n.ts';
import { registerLanguage } from './language.ts';
import { openLog } from './log.ts';
import { registerModelFileEditor } from './model-file-editor.ts';
import { registerNotebook } from './notebook/notebook.ts';
import { openPages } from './panel.ts';
import { openRunRecords } from './run-records.ts';
import { openSessions } from './sessions.ts';
import { registerStatus } from './status.ts';
import { registerViews } from './views/register-views.ts';
import { registerTools } from './tools.ts';
import type { Workbench } from './workbench.ts';

/** What stands in the editor, by how soon somebody could look at it. */
const parts = [registerViews, registerStatus, registerLanguage, registerModelFileEditor, registerNotebook, registerTools];

/**
 * Only registers: nothing is read, started or shown before the user asks for it. Each part has a turn of its own, since
 * others start at the same time; whoever waits for a view or a command of ours waits for all of them.
 */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  speakThrough(vscode.l10n.t);
  const log = openLog();
  const target = targetOf(context.extension);
  const sessions = openSessions({ module: target === 'universal' ? null : vscode.Uri.joinPath(context.extensionUri, 'dist', 'server.js').fsPath, log });
  const records = openRunRecords(log);
  const pages = openPages({ context, sessions, records, log, target });
  const workbench: Workbench = { context, sessions, records, log, target, pages };
  context.subscriptions.push(log, sessions, records, pages, registerCommands(workbench));
  for (const register of parts) {
    await setImmediate();
    context.subscriptions.push(register(workbench));
  }
}

/** Packaging writes down which platform's native parts are inside. */
function targetOf({ packageJSON }: vscode.Extension<unknown>): string {
  const { slipway } = packageJSON as { slipway?: { target?: string } };
  return slipway?.target ?? 'source';
}
