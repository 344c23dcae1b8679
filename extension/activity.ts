import type { ActiveWork, Progress, Snapshot } from '../protocol/feed.ts';
import { bytesText, countText } from '../protocol/number-text.ts';
import type { StepName } from '../protocol/run.ts';
import * as l10n from './l10n.ts';

/** The work a line tells of: what makes a run now, else the first in the queue. */
export function currentWork(snapshot: Snapshot | null): ActiveWork | null {
  return snapshot?.active.find(({ run }) => run !== null) ?? snapshot?.active[0] ?? null;
}

/** Whether it waits for something to change, with nothing to do until then. */
export function isIdle({ command, run }: ActiveWork): boolean {
  return command.kind === 'run' && command.watch === true && run === null;
}

/** "predict holdout · 12,000 of 29,425 rows" */
export function progressText({ step, subject, done, total, unit }: Progress): string {
  const what = subject === '' ? stepText(step) : l10n.t('{0} {1}', stepText(step), subject);
  if (total !== null && total <= 1) return what;
  const count = (value: number): string => (unit === 'bytes' ? bytesText(value) : countText(value));
  const units: Record<Progress['unit'], string> = { rows: l10n.t('rows'), bytes: '', columns: l10n.t('columns'), resamples: l10n.t('resamples'), runs: l10n.t('runs'), files: l10n.t('files') };
  const amount = total === null ? l10n.t('{0} {1}', count(done), units[unit]) : l10n.t('{0} of {1} {2}', count(done), count(total), units[unit]);
  return `${what} · ${amount.trim()}`;
}

function stepText(step: StepName): string {
  switch (step) {
    case 'identify':
      return l10n.t('identify');
    case 'profile':
      return l10n.t('profile');
    case 'check':
      return l10n.t('check');
    case 'detect drift':
      return l10n.t('detect drift');
    case 'predict':
      return l10n.t('predict');
    case 'evaluate':
      return l10n.t('evaluate');
    case 'compare':
      return l10n.t('compare');
    case 'judge':
      return l10n.t('judge');
    case 'trace':
      return l10n.t('trace');
    case 'save':
      return l10n.t('save');
  }
}

/** What is under way in a line: "flight-delay v3: predict holdout · 12,000 of 29,425 rows". */
export function activityText(work: ActiveWork): string {
  const { command, run, progress } = work;
  const doing = progress === null ? null : progressText(progress);
  if (run !== null) return doing === null ? l10n.t('{0} {1}: judging', run.model, run.version) : l10n.t('{0} {1}: {2}', run.model, run.version, doing);
  if (doing !== null) return doing;
  if (isIdle(work)) return l10n.t('watching for changes');
  switch (command.kind) {
    case 'run':
      return l10n.t('looking at models and data');
    case 'check':
      return l10n.t('checking data');
    case 'replay':
      return l10n.t('comparing answers');
    case 'set-up':
      return l10n.t('looking for models and data');
    case 'state':
      return l10n.t('saving a statement');
  }
}
