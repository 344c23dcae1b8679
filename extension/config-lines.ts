import * as vscode from 'vscode';
import type { ConfigOutline } from '../protocol/workspace.ts';
import { Emitter } from './emitter.ts';
import { followLines } from './follow-lines.ts';
import type { Session } from './session.ts';
import { type Sessions, configOf } from './sessions.ts';

/** Where the lines of the outline are in slipway.yaml as it stands in the editor, saved or not. */
export interface ConfigLines extends vscode.Disposable {
  /** 0-based, as the editor counts; null where the line is gone, or not known yet. */
  of(session: Session, line: number): number | null;
  /** A text was edited, or an outline came. */
  readonly onDidChange: vscode.Event<Session>;
}

interface Known {
  outline: ConfigOutline;
  /** The text that the outline is of. */
  text: string;
  follow: { version: number; lineOf(line: number): number | null } | null;
}

export function openConfigLines(sessions: Sessions): ConfigLines {
  const known = new Map<Session, Known>();
  const changed = new Emitter<Session>();

  async function look(session: Session): Promise<void> {
    const { outline } = session;
    if (outline === null || known.get(session)?.outline === outline) return;
    // The outline is of the file, so what it is compared with is the file and not the text in the editor.
    const bytes = await vscode.workspace.fs.readFile(configOf(session)).then((read) => read, () => null);
    if (bytes === null || session.outline !== outline) return;
    known.set(session, { outline, text: new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes), follow: null });
    changed.fire(session);
  }

  const visits = sessions.each((session) => {
    void look(session);
    const subscription = session.onDidChange(() => void look(session));
    return {
      dispose() {
        subscription.dispose();
        known.delete(session);
      },
    };
  });
  const edits = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    const session = contentChanges.length === 0 ? null : sessionOfConfig(sessions, document.uri);
    if (session !== null) changed.fire(session);
  });

  return {
    of(session, line) {
      const file = known.get(session);
      if (file === undefined || file.outline !== session.outline) return null;
      const document = openConfig(session);
      if (document === undefined) return line - 1;
      if (file.follow?.version !== document.version) file.follow = { version: document.version, lineOf: followLines(file.text, document.getText()) };
      const now = file.follow.lineOf(line);
      return now === null ? null : now - 1;
    },
    onDidChange: changed.event,
    dispose() {
      visits.dispose();
      edits.dispose();
      changed.dispose();
    },
  };
}

/** slipway.yaml as it is in an editor; undefined when it is in none. */
export function openConfig(session: Session): vscode.TextDocument | undefined {
  const uri = configOf(session).toString();
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri && !document.isClosed);
}

/** The session whose slipway.yaml this is. */
export function sessionOfConfig(sessions: Sessions, uri: vscode.Uri): Session | null {
  const session = sessions.of(uri);
  return session !== null && configOf(session).toString() === uri.toString() ? session : null;
}
