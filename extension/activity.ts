import type { Command, FeedMessage, Progress } from '../protocol/feed.ts';
import { bytesText, countText } from '../protocol/number-text.ts';
import type { StepName } from '../protocol/run.ts';
import * as l10n from './l10n.ts';

/** What the server is doing now, as far as the feed has told. */
export interface Activity {
  work: string;
  kind: Command['kind'];
  /** It goes on until cancelled; between its passes nothing is under way. */
  watches: boolean;
  run: { id: string; model: string; version: string } | null;
  progress: Progress | null;
}

/** The same object where the message is about something else. */
export function followActivity(activity: Activity | null, message: FeedMessage): Activity | null {
  switch (message.kind) {
    case 'snapshot': {
      const [first] = message.snapshot.active;
      if (first === undefined) return null;
      return activity?.work === first.work ? activity : started(first.work, first.command);
    }
    case 'work-started':
      return activity ?? started(message.work, message.command);
    case 'run-started':
      return { ...(activity ?? { kind: 'run', watches: false }), work: message.work, run: { id: message.run, model: message.model, version: message.version }, progress: null };
    case 'progress':
      return activity?.work === message.progress.work ? { ...activity, progress: message.progress } : activity;
    case 'run-finished':
    case 'run-kept':
      return activity?.work === message.work ? { ...activity, run: null, progress: null } : activity;
    case 'work-finished':
      return activity?.work === message.work ? null : activity;
    default:
      return activity;
  }
}

function started(work: string, command: Command): Activity {
  return { work, kind: command.kind, watches: command.kind === 'run' && command.watch === true, run: null, progress: null };
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
export function activityText({ kind, run, progress, watches }: Activity): string {
  const doing = progress === null ? null : progressText(progress);
  if (run !== null) return doing === null ? l10n.t('{0} {1}: judging', run.model, run.version) : l10n.t('{0} {1}: {2}', run.model, run.version, doing);
  if (doing !== null) return doing;
  if (watches) return l10n.t('watching for changes');
  switch (kind) {
    case 'run':
      return l10n.t('looking at models and data');
    case 'check':
      return l10n.t('checking data');
    case 'set-up':
      return l10n.t('looking for models and data');
    case 'state':
      return l10n.t('saving a statement');
  }
}
