import * as vscode from 'vscode';
import type { ConfigIssue } from '../protocol/config.ts';
import type { ProblemBody, ProblemCode } from '../protocol/problem.ts';
import { type ConfigLines, openConfig, sessionOfConfig } from './config-lines.ts';
import { type GateFinding, gateFindings } from './gate-findings.ts';
import { newestRuns } from './newest-runs.ts';
import type { RunRecords } from './run-records.ts';
import type { Session } from './session.ts';
import { configOf } from './sessions.ts';
import type { Workbench } from './workbench.ts';

/** What is underlined, with what a quick fix needs to know of it. */
export interface Findings extends vscode.Disposable {
  /** What is wrong with a slipway.yaml as it stands in the editor. */
  issuesOf(document: vscode.TextDocument): ConfigIssue[];
}

const collectionName = 'slipway';
/** Long enough not to judge half a word, short enough to answer before the hand leaves the keyboard. */
const typingMs = 300;

interface Checked {
  version: number;
  problem: ProblemBody | null;
}

/**
 * Errors of slipway.yaml while it is typed, gates that the newest candidates did not pass at their lines, and model files
 * that were refused. What the server no longer vouches for is taken away.
 */
export function registerDiagnostics(workbench: Pick<Workbench, 'context' | 'sessions' | 'log'>, records: RunRecords, lines: ConfigLines): Findings {
  const { context, sessions, log } = workbench;
  const collection = vscode.languages.createDiagnosticCollection(collectionName);
  const checked = new Map<Session, Checked>();
  const typing = new Map<Session, NodeJS.Timeout>();
  const refused = new Map<Session, vscode.Uri[]>();

  const docs = (file: string): vscode.Uri => vscode.Uri.joinPath(context.extensionUri, 'docs', file);

  async function check(session: Session): Promise<void> {
    const document = openConfig(session);
    if (document === undefined || !vscode.workspace.isTrusted) return forget(session);
    const { version } = document;
    try {
      const problem = await session.checkConfig(document.getText());
      if (document.version !== version || document.isClosed) return;
      checked.set(session, { version, problem });
    } catch (error) {
      log.debug(`slipway.yaml cannot be checked: ${error instanceof Error ? error.message : String(error)}`);
      checked.delete(session);
    }
    show(session);
  }

  function forget(session: Session): void {
    checked.delete(session);
    show(session);
  }

  function checkSoon(session: Session, milliseconds: number): void {
    clearTimeout(typing.get(session));
    typing.set(session, setTimeout(() => void check(session), milliseconds));
  }

  /** Of the text in the editor where there is one, else of the file as the server read it. */
  function problemOf(session: Session): ProblemBody | null {
    return openConfig(session) === undefined ? (session.snapshot?.problem ?? null) : (checked.get(session)?.problem ?? null);
  }

  function gatesOf(session: Session): { finding: GateFinding; line: number }[] {
    const { outline } = session;
    if (outline === null || session.state.name === 'stopped') return [];
    const runs = [...newestRuns(session.snapshot).values()].map(({ id }) => records.get(session, id)).filter((record) => record !== null);
    return gateFindings(runs, outline).flatMap((finding) => {
      const line = lines.of(session, finding.line);
      return line === null ? [] : [{ finding, line }];
    });
  }

  function show(session: Session): void {
    const uri = configOf(session);
    const document = openConfig(session);
    const problem = problemOf(session);
    const issues = problem === null ? [] : (problem.issues ?? []).map((issue) => issueDiagnostic(issue, problem, uri));
    const alone = problem !== null && problem.issues === undefined && problem.where?.path !== undefined ? [placedDiagnostic(problem, uri)] : [];
    const gates = gatesOf(session).map(({ finding, line }) => gateDiagnostic(finding, rangeOfLine(document, line), uri));
    collection.set(uri, [...issues, ...alone, ...gates]);
    showRefused(session);
  }

  function showRefused(session: Session): void {
    const files = session.state.name === 'stopped' ? [] : (session.snapshot?.refused ?? []);
    const uris = files.map(({ path }) => vscode.Uri.joinPath(session.folder.uri, path));
    for (const gone of refused.get(session) ?? []) if (!uris.some((uri) => uri.toString() === gone.toString())) collection.delete(gone);
    refused.set(session, uris);
    for (const [index, { message, code }] of files.entries()) {
      const diagnostic = new vscode.Diagnostic(new vscode.Range(0, 0, 0, 0), message, vscode.DiagnosticSeverity.Error);
      collection.set(uris[index], [named(diagnostic, code)]);
    }
  }

  function named(diagnostic: vscode.Diagnostic, code: ProblemCode): vscode.Diagnostic {
    diagnostic.source = 'slipway';
    diagnostic.code = { value: code, target: docs(code.startsWith('model-') ? 'models.md' : code.startsWith('config-') ? 'config.md' : 'problems.md') };
    return diagnostic;
  }

  function issueDiagnostic({ line, column, endColumn, message, severity }: ConfigIssue, { code, hint }: Pick<ProblemBody, 'code' | 'hint'>, uri: vscode.Uri): vscode.Diagnostic {
    const range = new vscode.Range(line - 1, column - 1, line - 1, endColumn - 1);
    const diagnostic = new vscode.Diagnostic(range, message, severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning);
    diagnostic.relatedInformation = [new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, range), hint)];
    return named(diagnostic, code);
  }

  /** A problem that names a place and is not one of several in slipway.yaml. */
  function placedDiagnostic({ code, detail, hint, where }: ProblemBody, uri: vscode.Uri): vscode.Diagnostic {
    const [line, column] = [(where?.line ?? 1) - 1, (where?.column ?? 1) - 1];
    const diagnostic = new vscode.Diagnostic(new vscode.Range(line, column, line, column + 1), detail, vscode.DiagnosticSeverity.Error);
    diagnostic.relatedInformation = [new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, diagnostic.range), hint)];
    return named(diagnostic, code);
  }

  function gateDiagnostic({ severity, message, gate, parts }: GateFinding, range: vscode.Range, uri: vscode.Uri): vscode.Diagnostic {
    const diagnostic = new vscode.Diagnostic(range, message, severities[severity]);
    diagnostic.source = 'slipway';
    diagnostic.code = { value: gate, target: docs('gates.md') };
    diagnostic.relatedInformation = parts.map((part) => new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, range), part));
    return diagnostic;
  }

  const visits = sessions.each((session) => {
    let known = session.state.name;
    if (openConfig(session) !== undefined) checkSoon(session, 0);
    show(session);
    const subscription = session.onDidChange(() => {
      const isBack = session.state.name === 'ready' && known !== 'ready';
      known = session.state.name;
      if (known === 'stopped' || known === 'lost') checked.delete(session);
      if (isBack && openConfig(session) !== undefined) checkSoon(session, 0);
      show(session);
    });
    return {
      dispose() {
        subscription.dispose();
        clearTimeout(typing.get(session));
        typing.delete(session);
        checked.delete(session);
        collection.delete(configOf(session));
        for (const uri of refused.get(session) ?? []) collection.delete(uri);
        refused.delete(session);
      },
    };
  });
  const whenConfig = (uri: vscode.Uri, act: (session: Session) => void): void => {
    const session = sessionOfConfig(sessions, uri);
    if (session !== null) act(session);
  };
  const subscriptions = [
    collection,
    visits,
    records.onDidChange(show),
    lines.onDidChange(show),
    vscode.workspace.onDidOpenTextDocument(({ uri }) => whenConfig(uri, (session) => checkSoon(session, 0))),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => whenConfig(uri, forget)),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) whenConfig(document.uri, (session) => checkSoon(session, typingMs));
    }),
    // Files that the config names may have come meanwhile.
    vscode.workspace.onDidSaveTextDocument(({ uri }) => whenConfig(uri, (session) => checkSoon(session, 0))),
    vscode.workspace.onDidGrantWorkspaceTrust(() => sessions.folders.filter((session) => openConfig(session) !== undefined).forEach((session) => checkSoon(session, 0))),
    // The problem matcher of a task writes into the same collection, and takes its own away again.
    vscode.tasks.onDidEndTask(({ execution }) => {
      if (execution.task.definition.type === 'slipway') sessions.folders.forEach(show);
    }),
  ];

  return {
    issuesOf(document) {
      const session = sessionOfConfig(sessions, document.uri);
      return session === null ? [] : (problemOf(session)?.issues ?? []);
    },
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

const severities: Record<GateFinding['severity'], vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

/** What is written on a line, without the space around it and the dash of a list. */
function rangeOfLine(document: vscode.TextDocument | undefined, line: number): vscode.Range {
  if (document === undefined || line >= document.lineCount) return new vscode.Range(line, 0, line, Number.MAX_SAFE_INTEGER);
  const { text } = document.lineAt(line);
  const start = /^\s*(?:- +)?/.exec(text)?.[0].length ?? 0;
  const end = text.replace(/\s+#.*$/, '').trimEnd().length;
  return new vscode.Range(line, start, line, Math.max(start, end));
}
