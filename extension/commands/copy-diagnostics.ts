import * as os from 'node:os';
import * as vscode from 'vscode';
import { diagnosticsText } from '../diagnostics-text.ts';
import * as l10n from '../l10n.ts';
import type { Workbench } from '../workbench.ts';

/** What helps to find out why something does not work, on the clipboard, without anything secret and without data. */
export async function copyDiagnostics({ context, sessions, log, target }: Workbench): Promise<void> {
  const { packageJSON } = context.extension as vscode.Extension<unknown> & { packageJSON: { version: string; contributes: { configuration: { properties: Record<string, unknown> } } } };
  const text = diagnosticsText({
    slipway: `${packageJSON.version} (${target})`,
    editor: `${vscode.env.appName} ${vscode.version}${vscode.env.remoteName === undefined ? '' : `, remote: ${vscode.env.remoteName}`}`,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch} ${os.release()}`,
    trusted: vscode.workspace.isTrusted,
    settings: Object.fromEntries(Object.keys(packageJSON.contributes.configuration.properties).map((key) => [key, vscode.workspace.getConfiguration().get(key)])),
    folders: sessions.folders.map(({ state, snapshot }) => ({ state, snapshot })),
    lines: log.lines,
  });
  await vscode.env.clipboard.writeText(text);
  void vscode.window.setStatusBarMessage(l10n.t('Slipway: diagnostics copied'), 5_000);
}
