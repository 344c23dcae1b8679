import * as vscode from 'vscode';
import type { ConfigSchema } from './slipway-yaml/schema-forms.ts';

/** The schema of slipway.yaml that ships with the extension, read when it is first needed. */
export function openConfigSchema({ extensionUri }: Pick<vscode.ExtensionContext, 'extensionUri'>): () => Promise<ConfigSchema> {
  let schema: Promise<ConfigSchema> | null = null;
  const read = async (): Promise<ConfigSchema> => {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist', 'slipway.schema.json'));
    return JSON.parse(new TextDecoder().decode(bytes)) as ConfigSchema;
  };
  return () => {
    schema ??= read().catch((error: unknown) => {
      schema = null;
      throw error;
    });
    return schema;
  };
}
