import * as vscode from 'vscode';
import { configSelector } from './completion.ts';
import { type ConfigLines, sessionOfConfig } from './config-lines.ts';
import type { Findings } from './diagnostics.ts';
import { lineOf } from './gate-findings.ts';
import * as l10n from './l10n.ts';
import { newestRuns } from './newest-runs.ts';
import { newestBatch } from './lens-texts.ts';
import type { RunRecords } from './run-records.ts';
import type { Session } from './session.ts';
import { acceptFinding } from './slipway-yaml/accept-finding.ts';
import { adoptThreshold, isGates } from './slipway-yaml/adopt-threshold.ts';
import { applyEdits, editBetween, itemOnLine, setKey } from './slipway-yaml/edit-yaml.ts';
import { keysOf, nodeAt, readYaml } from './slipway-yaml/read-yaml.ts';
import type { Workbench } from './workbench.ts';

/** More would bury the rest of the menu. */
const acceptancesMax = 8;

/** Puts right what is underlined in slipway.yaml, or writes there what accepts it. Every edit leaves comments and formatting alone. */
export function registerQuickFixes({ sessions }: Pick<Workbench, 'sessions'>, findings: Findings, records: RunRecords, lines: ConfigLines): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    async provideCodeActions(document, range, context) {
      const session = sessionOfConfig(sessions, document.uri);
      if (session === null) return [];
      return [...spellingFixes(document, range, context, findings), ...gateFixes(document, range, session), ...(await acceptances(document, range, session))];
    },
  };

  /** Of every model that the gate on this line judges; a gate that passes can have its bound moved, too. */
  function gateFixes(document: vscode.TextDocument, range: vscode.Range, session: Session): vscode.CodeAction[] {
    const { outline } = session;
    const runs = [...newestRuns(session.snapshot).values()].flatMap(({ id }) => records.get(session, id) ?? []);
    if (outline === null) return [];
    const results = runs.flatMap((run) => run.gates.map((result) => ({ run, result, written: lineOf(result, run.model.name, outline) })));
    return results.flatMap(({ run, result, written }) => {
      const line = written === null ? null : lines.of(session, written);
      if (line === null || line < range.start.line || line > range.end.line) return [];
      const { name, version } = run.model;
      const adopted = adoptThreshold(document.getText(), line + 1, result, version);
      const adopting = adopted === null ? [] : [replacing(document, adopted.title, adopted.text)];
      if (result.verdict === 'pass') return adopting;
      const open = new vscode.CodeAction(l10n.t('Open the report of {0} {1}', name, version), vscode.CodeActionKind.QuickFix);
      open.command = { command: 'slipway.openReport', title: open.title, arguments: [{ folder: session.folder.uri.toString(), run: run.id }] };
      const diagnostics = vscode.languages.getDiagnostics(document.uri).filter(({ range: { start }, code }) => start.line === line && typeof code === 'object' && code.value === result.gate.id);
      return [open, ...adopting, ...severityFix(document, line, result.gate.severity === 'block')].map((action) => Object.assign(action, { diagnostics }));
    });
  }

  async function acceptances(document: vscode.TextDocument, range: vscode.Range, session: Session): Promise<vscode.CodeAction[]> {
    const text = document.getText();
    const datasets = nodeAt(readYaml(text), ['datasets']);
    const at = datasets?.kind === 'map' ? datasets.entries.find(({ keySpan }) => document.positionAt(keySpan.start).line === range.start.line) : undefined;
    const newest = at === undefined ? null : newestBatch(at.key, session.snapshot?.batches ?? []);
    if (newest === null || newest.failing + newest.moved === 0) return [];
    const batch = await session.ask({ ask: 'batch', id: newest.id });
    const failing = batch.dataQuality.findings.filter(({ verdict }) => verdict === 'fail').map(({ id, message }) => ({ id, message }));
    const moved = (batch.drift?.columns ?? []).filter(({ verdict }) => verdict === 'moved').map(({ column, message }) => ({ id: `drift:${column}`, message: `${column}: ${message}` }));
    return [...failing, ...moved].slice(0, acceptancesMax).flatMap(({ id, message }) => {
      const accepted = acceptFinding(text, batch, id);
      return accepted === null ? [] : [replacing(document, l10n.t('Accept in {0}: {1}', newest.name, message), accepted)];
    });
  }

  return vscode.languages.registerCodeActionsProvider(configSelector, provider, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] });
}

/** What the config's errors say would be right. */
function spellingFixes(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext, findings: Findings): vscode.CodeAction[] {
  return findings.issuesOf(document).flatMap(({ line, column, endColumn, suggestion, message }) => {
    const place = new vscode.Range(line - 1, column - 1, line - 1, endColumn - 1);
    if (suggestion === undefined || place.intersection(range) === undefined) return [];
    const action = new vscode.CodeAction(l10n.t('Change to {0}', suggestion), vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, place, suggestion);
    action.isPreferred = true;
    action.diagnostics = context.diagnostics.filter((diagnostic) => diagnostic.message === message);
    return [action];
  });
}

/** A gate that blocks without saying so can be told to warn instead. */
function severityFix(document: vscode.TextDocument, line: number, isBlocking: boolean): vscode.CodeAction[] {
  const text = document.getText();
  const path = isBlocking ? itemOnLine(text, line + 1, isGates) : null;
  if (path === null || keysOf(nodeAt(readYaml(text), path)).includes('severity')) return [];
  const edit = setKey(text, path, 'severity', 'warn');
  return edit === null ? [] : [replacing(document, l10n.t('Let this gate warn instead of block'), applyEdits(text, [edit]))];
}

function replacing(document: vscode.TextDocument, title: string, text: string): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.edit = editOf(document, text);
  return action;
}

function editOf(document: vscode.TextDocument, after: string): vscode.WorkspaceEdit {
  const { start, end, text } = editBetween(document.getText(), after);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), text);
  return edit;
}
