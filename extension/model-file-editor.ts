import * as vscode from 'vscode';
import { escapeText } from '../figures/markup.ts';
import * as l10n from './l10n.ts';
import type { Workbench } from './workbench.ts';

export const modelFileEditor = 'slipway.modelFile';

/**
 * What stands in an .onnx file, in place of its bytes: read by the server in ranges, so that a file of any size opens at
 * once and nothing of it is loaded or run. It cannot be edited.
 */
export function registerModelFileEditor({ sessions, pages }: Workbench): vscode.Disposable {
  return vscode.window.registerCustomEditorProvider(
    modelFileEditor,
    {
      openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor({ uri }, view) {
        const session = sessions.of(uri);
        // A file of no folder, or of a past revision: there is nobody to read it.
        if (session === null || uri.scheme !== 'file') view.webview.html = unreadable(uri);
        else pages.inhabit(view, session, { view: 'model-file', path: vscode.workspace.asRelativePath(uri, false), against: null });
      },
    } satisfies vscode.CustomReadonlyEditorProvider,
    { supportsMultipleEditorsPerDocument: true },
  );
}

function unreadable(uri: vscode.Uri): string {
  const name = uri.path.split('/').at(-1) ?? uri.path;
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><title>${escapeText(name)}</title><p>${escapeText(l10n.t('{0} lies outside the folders of this window. Open its folder to see what is in it.', name))}</p>`;
}
