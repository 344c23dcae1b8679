import * as vscode from 'vscode';
import { problemIn } from '../problem-of.ts';
import { showProblem } from '../show-problem.ts';
import type { Workbench } from '../workbench.ts';
import { addExportCell } from './add-export-cell.ts';
import { addReportCell } from './add-report-cell.ts';
import { cancelWork } from './cancel-work.ts';
import { checkData } from './check-data.ts';
import { checkModel } from './check-model.ts';
import { checkNotebookModel } from './check-notebook-model.ts';
import { compareVersions } from './compare-versions.ts';
import { copyDiagnostics } from './copy-diagnostics.ts';
import { openConfig } from './open-config.ts';
import { openDataQuality } from './open-data-quality.ts';
import { openInBrowser } from './open-in-browser.ts';
import { openModelFile } from './open-model-file.ts';
import { openReadiness } from './open-readiness.ts';
import { openReport } from './open-report.ts';
import { openSample } from './open-sample.ts';
import { openShadow } from './open-shadow.ts';
import { refresh } from './refresh.ts';
import { replayCandidate } from './replay-candidate.ts';
import { restartServer } from './restart-server.ts';
import { runGates } from './run-gates.ts';
import { saveReport } from './save-report.ts';
import { setChampion } from './set-champion.ts';
import { setUpWorkspace } from './set-up-workspace.ts';
import { showLog } from './show-log.ts';
import { showRuns } from './show-runs.ts';
import { stateCriterion } from './state-criterion.ts';
import { subjectOf } from './subject.ts';

/** Every command of the manifest. What fails is told to the user, never thrown at the caller. */
export const commands = {
  'slipway.setUpWorkspace': setUpWorkspace,
  'slipway.runGates': runGates,
  'slipway.cancelWork': cancelWork,
  'slipway.checkModel': checkModel,
  'slipway.checkData': checkData,
  'slipway.openReport': openReport,
  'slipway.openDataQuality': openDataQuality,
  'slipway.compareVersions': compareVersions,
  'slipway.openReadiness': openReadiness,
  'slipway.showRuns': showRuns,
  'slipway.openShadow': openShadow,
  'slipway.replayCandidate': replayCandidate,
  'slipway.openInBrowser': openInBrowser,
  'slipway.saveReport': saveReport,
  'slipway.setChampion': setChampion,
  'slipway.stateCriterion': stateCriterion,
  'slipway.openConfig': openConfig,
  'slipway.openModelFile': openModelFile,
  'slipway.openSample': openSample,
  'slipway.refresh': refresh,
  'slipway.restartServer': restartServer,
  'slipway.showLog': showLog,
  'slipway.copyDiagnostics': copyDiagnostics,
  'slipway.checkNotebookModel': checkNotebookModel,
  'slipway.addExportCell': addExportCell,
  'slipway.addReportCell': addReportCell,
} satisfies Record<string, (workbench: Workbench, argument: unknown) => unknown>;

export function registerCommands(workbench: Workbench): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries<(workbench: Workbench, argument: unknown) => unknown>(commands).map(([id, handler]) =>
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          return await handler(workbench, argument);
        } catch (error) {
          await showProblem(problemIn(error), subjectOf(workbench, argument).session, workbench.log);
          return undefined;
        }
      }),
    ),
  );
}
