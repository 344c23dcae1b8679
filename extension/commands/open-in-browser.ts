import * as vscode from 'vscode';
import { addressOf, type ViewTarget } from '../../protocol/view.ts';
import { parseTarget } from '../parse-view-message.ts';
import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf, type Subject } from './subject.ts';

/** The same pages in a browser, through whatever stands between it and this machine. The address is used once, so it is never kept. */
export async function openInBrowser(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const target = parseTarget((argument as { target?: unknown } | undefined)?.target) ?? targetOf(subject);
  const local = vscode.Uri.parse(await session.browserAddress(), true);
  const external = await vscode.env.asExternalUri(local);
  // A tunnel or a proxy has another name; the port lets nobody in under one it was not told of.
  if (external.authority !== local.authority) await session.browserAddress(`${external.scheme}://${external.authority}`);
  await vscode.env.openExternal(external.with({ fragment: addressOf(target) }));
}

function targetOf({ run, batch, model }: Subject): ViewTarget {
  if (run !== null) return { view: 'gates', run };
  return batch === null ? { view: 'runs', model } : { view: 'data', batch };
}
