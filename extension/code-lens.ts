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
  const provider: vscode.CodeLensProvider<Lens> = {
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
        const starts = click.do === 'run' || click.do === 'check';
        // Where a folder is not trusted nothing can be started, so nothing offers to.
        return now === null || (starts && !vscode.workspace.isTrusted) ? [] : [new Lens(new vscode.Range(now, 0, now, 0), session, text, click)];
      });
    },
    async resolveCodeLens(lens) {
      lens.command = { title: lens.text, ...(await commandOf(lens.click, lens.session)) };
      return lens;
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

class Lens extends vscode.CodeLens {
  readonly session: Session;
  readonly text: string;
  readonly click: LensClick;

  constructor(range: vscode.Range, session: Session, text: string, click: LensClick) {
    super(range);
    this.session = session;
    this.text = text;
    this.click = click;
  }
}

async function commandOf(click: LensClick, session: Session): Promise<{ command: string; arguments: unknown[] }> {
  const folder = session.folder.uri.toString();
  switch (click.do) {
    case 'run':
      return { command: 'slipway.runGates', arguments: [click.model === null ? { folder } : { folder, model: click.model }] };
    case 'open-run':
      return { command: 'slipway.openReport', arguments: [{ folder, run: click.run }] };
    case 'compare':
      return { command: 'slipway.compareVersions', arguments: [{ folder, model: click.model }] };
    case 'check':
      return { command: 'slipway.checkData', arguments: [await newestFile(session, click.dataset)] };
    case 'open-batch':
      return { command: 'slipway.openDataQuality', arguments: [{ folder, batch: click.batch }] };
  }
}

/** The last file of a dataset by name, which is its newest batch; where there is none, the command asks for one. */
async function newestFile({ outline, folder }: Session, dataset: string): Promise<vscode.Uri | undefined> {
  const patterns = outline?.datasets.find(({ name }) => name === dataset)?.files ?? [];
  const found = await Promise.all(patterns.map((pattern) => vscode.workspace.findFiles(new vscode.RelativePattern(folder, pattern))));
  return found.flat().sort((a, b) => b.path.localeCompare(a.path))[0];
}
