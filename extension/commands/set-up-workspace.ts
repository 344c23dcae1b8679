import * as vscode from 'vscode';
import { performWork } from '../perform-work.ts';
import { configOf } from '../sessions.ts';
import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** Writes a first slipway.yaml, shows it, and judges what is there. */
export async function setUpWorkspace(workbench: Workbench, argument: unknown): Promise<void> {
  const session = await sessionFor(workbench, subjectOf(workbench, argument), 'every folder');
  if (session === null) return;
  const notes: string[] = [];
  const listening = session.onMessage((message) => {
    if (message.kind === 'was-set-up') notes.push(...message.notes);
  });
  try {
    const outcome = await performWork(workbench, session, { kind: 'set-up' });
    for (const note of notes) workbench.log.info(`${session.folder.name}: ${note}`);
    if (outcome.state !== 'done') return;
    await vscode.window.showTextDocument(configOf(session), { preview: false });
    await vscode.commands.executeCommand('slipway.models.focus');
    await performWork(workbench, session, { kind: 'run' });
  } finally {
    listening.dispose();
  }
}
