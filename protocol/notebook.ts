import type { RunReport } from './run.ts';

/** Type of the output that a notebook cell shows of a run. */
export const notebookMime = 'application/vnd.slipway.report+json';

/** Part of a run's record that a notebook keeps: the verdict and its gates, without rows and without slipway.yaml. */
export interface NotebookReport extends Pick<RunReport, 'id' | 'startedAt' | 'role' | 'model' | 'gates' | 'decision'> {
  schema: 'slipway.report/1';
  champion: { version: string; digest: string } | null;
  policy: { digest: string; fixedAt: string };
  provider: string;
}

/** What the renderer asks of the editor. Notebooks come from anywhere, so it names a run and nothing else. */
export type RendererMessage = { kind: 'open-report'; run: string };
