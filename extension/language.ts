import * as vscode from 'vscode';
import { registerCodeLens } from './code-lens.ts';
import { registerCompletion } from './completion.ts';
import { openConfigLines } from './config-lines.ts';
import { openConfigSchema } from './config-schema.ts';
import { registerDiagnostics } from './diagnostics.ts';
import { registerHover } from './hover.ts';
import { registerQuickFixes } from './quick-fixes.ts';
import { registerTasks } from './tasks.ts';
import { registerTestExplorer } from './test-explorer.ts';
import type { Workbench } from './workbench.ts';
import { openWorkspaceNames } from './workspace-names.ts';

/** slipway.yaml in the editor, and its gates where the editor shows tests and tasks. */
export function registerLanguage(workbench: Workbench): vscode.Disposable {
  const { records } = workbench;
  const lines = openConfigLines(workbench.sessions);
  const schema = openConfigSchema(workbench.context);
  const names = openWorkspaceNames(workbench.log);
  const findings = registerDiagnostics(workbench, records, lines);
  return vscode.Disposable.from(
    registerCompletion(workbench, schema, names),
    registerHover(workbench, schema, names),
    registerCodeLens(workbench, records, lines),
    registerQuickFixes(workbench, findings, records, lines),
    registerTestExplorer(workbench, records, lines),
    registerTasks(workbench),
    findings,
    lines,
  );
}
