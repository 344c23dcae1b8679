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

/** Only registers: nothing is read, started or shown before the user asks for it. */
export function activate(context: vscode.ExtensionContext): void {
  speakThrough(vscode.l10n.t);
  const log = openLog();
  const target = targetOf(context.extension);
  const sessions = openSessions({ module: target === 'universal' ? null : vscode.Uri.joinPath(context.extensionUri, 'dist', 'server.js').fsPath, log });
  const records = openRunRecords(log);
  const parts = { context, sessions, records, log, target };
  const pages = openPages(parts);
  const workbench: Workbench = { ...parts, pages };
  context.subscriptions.push(log, sessions, records, pages, registerCommands(workbench), registerViews(workbench), registerStatus(workbench), registerModelFileEditor(workbench), registerNotebook(workbench), registerTools(workbench), registerLanguage(workbench));
}

/** Packaging writes down which platform's native parts are inside. */
function targetOf({ packageJSON }: vscode.Extension<unknown>): string {
  const { slipway } = packageJSON as { slipway?: { target?: string } };
  return slipway?.target ?? 'source';
}
