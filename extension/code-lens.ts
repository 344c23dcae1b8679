import * as vscode from 'vscode';
import { type ConfigLines, sessionOfConfig } from './config-lines.ts';
import { Emitter } from './emitter.ts';
import { type LensClick, lensTexts } from './lens-texts.ts';
import { newestRuns } from './newest-runs.ts';
import type { RunRecords } from './run-records.ts';
import type { Session } from './session.ts';
import type { Workbench } from './workbench.ts';

/** Over gates, models and datasets in slipway.yaml: run, what it said last, and the way to its report. */
export function registerCodeLens({ sessions }: Pick<Workbench, 'sessions'>, records: RunRecords, lines: ConfigLines): vscode.Disposable {
  const changed = new Emitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      const session = sessionOfConfig(sessions, document.uri);
      if (session === null || session.outline === null || session.snapshot === null) return [];
      const runs = new Map(
        [...newestRuns(session.snapshot)].flatMap(([model, { id }]) => {
          const record = records.get(session, id);
          return record === null ? [] : [[model, record]];
        }),
      );
      return lensTexts(session.outline, session.snapshot, runs).flatMap(({ line, text, click }) => {
        const now = lines.of(session, line);
        const command = commandOf(click, session);
        return now === null || command === null ? [] : [new vscode.CodeLens(new vscode.Range(now, 0, now, 0), { title: text, ...command })];
      });
    },
  };
  const subscriptions = [
    vscode.languages.registerCodeLensProvider({ scheme: 'file', pattern: '**/slipway.yaml' }, provider),
    sessions.onDidChange(() => changed.fire()),
    records.onDidChange(() => changed.fire()),
    lines.onDidChange(() => changed.fire()),
  ];
  return {
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
      changed.dispose();
    },
  };
}

/** Null where a folder that is not trusted lets nothing be started. */
function commandOf(click: LensClick, session: Session): { command: string; arguments: unknown[] } | null {
  const folder = session.folder.uri.toString();
  switch (click.do) {
    case 'run':
      return vscode.workspace.isTrusted ? { command: 'slipway.runGates', arguments: [click.model === null ? { folder } : { folder, model: click.model }] } : null;
    case 'open-run':
      return { command: 'slipway.openReport', arguments: [{ folder, run: click.run }] };
    case 'compare':
      return { command: 'slipway.compareVersions', arguments: [{ folder, model: click.model }] };
    case 'check':
      return vscode.workspace.isTrusted ? { command: 'slipway.checkData', arguments: [{ folder, dataset: click.dataset }] } : null;
    case 'open-batch':
      return { command: 'slipway.openReport', arguments: [{ folder, batch: click.batch }] };
  }
}
