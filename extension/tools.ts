import * as vscode from 'vscode';
import { type Tool, type ToolHost, type ToolInput, tools } from '../protocol/tools.ts';
import * as l10n from './l10n.ts';
import { problemIn } from './problem-of.ts';
import type { Session } from './session.ts';
import type { Workbench } from './workbench.ts';

/** The tools for agents: for the editor's own language models, and as a server that any client of the protocol may start. */
export function registerTools({ context, sessions }: Workbench): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    ...tools.map((tool) => vscode.lm.registerTool(`slipway_${tool.name}`, languageModelTool(tool, () => sessions.all))),
    sessions.onDidChange(() => changed.fire()),
    vscode.lm.registerMcpServerDefinitionProvider('slipway', {
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions() {
        if (!vscode.workspace.isTrusted) return [];
        const cli = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
        const { version } = context.extension.packageJSON as { version: string };
        return sessions.all
          .filter((session) => sessions.hasConfig(session))
          .map(({ folder }) => new vscode.McpStdioServerDefinition(sessions.all.length === 1 ? 'Slipway' : `Slipway: ${folder.name}`, process.execPath, [cli, '--workspace', folder.uri.fsPath, 'mcp'], { ELECTRON_RUN_AS_NODE: '1' }, version));
      },
    }),
  );
}

function languageModelTool(tool: Tool, among: () => readonly Session[]): vscode.LanguageModelTool<ToolInput> {
  return {
    prepareInvocation({ input }) {
      if (tool.readOnly) return { invocationMessage: l10n.t('Reading verdicts') };
      const named = [input.model, input.version].filter((part) => typeof part === 'string').join(' ');
      return {
        invocationMessage: l10n.t('Running gates'),
        confirmationMessages: { title: l10n.t('Run gates'), message: named === '' ? l10n.t('Judge every version that has no verdict? Models are run on this machine.') : l10n.t('Judge {0}? Its model is run on this machine.', named) },
      };
    },
    async invoke({ input }, token) {
      const [session, ...others] = among();
      if (session === undefined) return said(l10n.t('No open folder has a slipway.yaml. The command "Slipway: Set Up Workspace" writes one.'));
      try {
        const answer = await tool.call(hostOf(session, token), input);
        return said(others.length === 0 ? answer : `${l10n.t('Folder {0} (of {1} with a slipway.yaml)', session.folder.name, others.length + 1)}\n\n${answer}`);
      } catch (error) {
        // What was asked for is not there; that is an answer.
        if (error instanceof RangeError) return said(`${error.message}.`);
        const { detail, hint } = problemIn(error);
        return said(`${detail}. ${hint}.`);
      }
    },
  };
}

const said = (text: string): vscode.LanguageModelToolResult => new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);

function hostOf(session: Session, token: vscode.CancellationToken): ToolHost {
  return {
    snapshot: () => session.ask({ ask: 'snapshot' }, token),
    readRun: (id) => session.ask({ ask: 'run', id }, token),
    async run(command) {
      const { runs, problems } = await session.perform(command, { token });
      return { runs, problems: problems.map(({ detail, hint }) => `${detail}. ${hint}.`) };
    },
  };
}
