import * as vscode from 'vscode';
import type { Workbench } from '../workbench.ts';
import { subjectOf } from './subject.ts';

export async function openModelFile(workbench: Workbench, argument: unknown): Promise<void> {
  const { file } = subjectOf(workbench, argument);
  if (file !== null) await vscode.commands.executeCommand('vscode.open', file);
}
