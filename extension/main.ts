import * as vscode from 'vscode';
import { registerCommands } from './commands/register-commands.ts';
import { speakThrough } from './l10n.ts';
import { openLog } from './log.ts';
import { registerNotebook } from './notebook/notebook.ts';
import { openSessions } from './sessions.ts';
import type { Workbench } from './workbench.ts';

/** Only registers: nothing is read, started or shown before the user asks for it. */
export function activate(context: vscode.ExtensionContext): void {
  speakThrough(vscode.l10n.t);
  const log = openLog();
  const sessions = openSessions({ module: vscode.Uri.joinPath(context.extensionUri, 'dist', 'server.js').fsPath, log });
  const workbench: Workbench = { context, sessions, pages: { show: () => undefined }, log };
  context.subscriptions.push(log, sessions, registerCommands(workbench), registerNotebook(workbench));
}
