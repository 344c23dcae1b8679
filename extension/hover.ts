import * as vscode from 'vscode';
import { configSelector } from './completion.ts';
import { sessionOfConfig } from './config-lines.ts';
import type { Session } from './session.ts';
import { explainYaml } from './slipway-yaml/explain-yaml.ts';
import { type KnownNames, noNames } from './slipway-yaml/known-names.ts';
import type { ConfigSchema } from './slipway-yaml/schema-forms.ts';
import type { Workbench } from './workbench.ts';

/** What a key, a metric or a column of slipway.yaml means. */
export function registerHover({ sessions }: Pick<Workbench, 'sessions'>, schema: () => Promise<ConfigSchema>, names: (session: Session) => Promise<KnownNames>): vscode.Disposable {
  return vscode.languages.registerHoverProvider(configSelector, {
    async provideHover(document, position) {
      const session = sessionOfConfig(sessions, document.uri);
      const found = explainYaml(document.getText(), document.offsetAt(position), await schema(), session === null ? noNames : await names(session));
      if (found === null) return null;
      return new vscode.Hover(new vscode.MarkdownString(found.markdown), new vscode.Range(document.positionAt(found.span.start), document.positionAt(found.span.end)));
    },
  });
}
