import * as vscode from 'vscode';
import { sessionOfConfig } from './config-lines.ts';
import { type Completion, completeYaml } from './slipway-yaml/complete-yaml.ts';
import { type KnownNames, noNames } from './slipway-yaml/known-names.ts';
import type { ConfigSchema } from './slipway-yaml/schema-forms.ts';
import type { Session } from './session.ts';
import type { Workbench } from './workbench.ts';

export const configSelector: vscode.DocumentSelector = { scheme: 'file', pattern: '**/slipway.yaml' };

/** Keys, words, metrics, datasets, columns and files where they may stand in slipway.yaml. */
export function registerCompletion({ sessions }: Pick<Workbench, 'sessions'>, schema: () => Promise<ConfigSchema>, names: (session: Session) => Promise<KnownNames>): vscode.Disposable {
  const provider: vscode.CompletionItemProvider = {
    async provideCompletionItems(document, position) {
      const session = sessionOfConfig(sessions, document.uri);
      const known = session === null ? noNames : await names(session);
      const { span, items } = completeYaml(document.getText(), document.offsetAt(position), await schema(), known);
      const range = new vscode.Range(document.positionAt(span.start), document.positionAt(span.end));
      return items.map((item, index) => completionItem(item, index, range));
    },
  };
  return vscode.languages.registerCompletionItemProvider(configSelector, provider, ' ', '{', '[', ',', '"', "'", '/', '-');
}

const kinds: Record<Completion['kind'], vscode.CompletionItemKind> = {
  key: vscode.CompletionItemKind.Property,
  item: vscode.CompletionItemKind.Snippet,
  word: vscode.CompletionItemKind.EnumMember,
  metric: vscode.CompletionItemKind.Function,
  dataset: vscode.CompletionItemKind.Module,
  column: vscode.CompletionItemKind.Field,
  version: vscode.CompletionItemKind.Constant,
  file: vscode.CompletionItemKind.File,
  value: vscode.CompletionItemKind.Value,
};

function completionItem({ kind, label, detail, documentation, insert }: Completion, index: number, range: vscode.Range): vscode.CompletionItem {
  const item = new vscode.CompletionItem({ label, description: detail }, kinds[kind]);
  item.documentation = documentation === '' ? undefined : new vscode.MarkdownString(documentation);
  item.insertText = new vscode.SnippetString(insert);
  item.range = range;
  item.sortText = String(index).padStart(4, '0');
  // After a key its values are what comes next.
  if (insert.endsWith(': $1')) item.command = { command: 'editor.action.triggerSuggest', title: '' };
  return item;
}
