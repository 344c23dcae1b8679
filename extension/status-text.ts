import type { ActiveWork, Snapshot } from '../protocol/feed.ts';
import type { RunSummary } from '../protocol/run.ts';
import type { RuntimeReport } from '../protocol/runtime.ts';
import { activityText, isIdle } from './activity.ts';
import * as l10n from './l10n.ts';
import type { SessionState } from './session.ts';
import { plain, verdictIcons } from './views/row.ts';

export interface StatusText {
  text: string;
  /** Markdown with command links. */
  tooltip: string;
  spoken: string;
  trouble: boolean;
}

/** Commands the tooltip links to, and none else may be. */
export const statusCommands = ['slipway.runGates', 'slipway.openReport', 'slipway.cancelWork', 'slipway.restartServer', 'slipway.showLog', 'workbench.trust.manage'];

export interface StatusFacts {
  /** Address of the folder it is about, for the links. */
  folder: string;
  state: SessionState;
  trusted: boolean;
  snapshot: Snapshot | null;
  activity: ActiveWork | null;
  /** Of the last run, once it was read. */
  runtime: RuntimeReport | null;
}

/** One line on a folder: what goes on, else the last verdict and where it was reached. */
export function statusText(facts: StatusFacts): StatusText {
  const { state, snapshot, activity, runtime } = facts;
  const run = lastRun(snapshot);
  const verdict = run === null ? null : verdictText(run);
  const provider = runtime === null ? '' : ` · ${runtime.provider.toUpperCase()}`;
  const tooltip = tooltipOf(facts, run);
  const line = (icon: string, text: string, trouble = false): StatusText => ({ text: `$(${icon}) ${text}`, tooltip, spoken: l10n.t('Slipway: {0}', text), trouble });
  if (state.name === 'stopped') return line('error', l10n.t('Slipway stopped'), true);
  if (state.name === 'lost') return line('sync~spin', l10n.t('Slipway restarting'));
  if (activity !== null && !isIdle(activity)) return line('sync~spin', activity.run === null ? l10n.t('Slipway: {0}', activityText(activity)) : l10n.t('{0}: {1}', activity.run.version, activity.progress === null ? l10n.t('judging') : activity.progress.step));
  if (snapshot?.problem != null && snapshot.problem.code !== 'config-missing') return line('warning', l10n.t('slipway.yaml has an error'));
  if (state.name === 'starting') return line('sync~spin', l10n.t('Slipway'));
  if (run === null || verdict === null) return line('verified', l10n.t('Slipway'));
  return line(verdictIcons[run.decision.verdict].id, `${verdict}${provider}`);
}

/** The newest of a candidate, since a champion is judged along with them. */
export function lastRun(snapshot: Snapshot | null): RunSummary | null {
  return snapshot?.runs.find(({ role }) => role === 'candidate') ?? snapshot?.runs[0] ?? null;
}

function verdictText({ version, role, decision: { verdict } }: RunSummary): string {
  switch (verdict) {
    case 'pass':
      return role === 'champion' ? l10n.t('{0} sound', version) : l10n.t('{0} promotable', version);
    case 'fail':
      return l10n.t('{0} blocked', version);
    case 'inconclusive':
      return l10n.t('{0} inconclusive', version);
    case 'error':
      return l10n.t('{0} cannot be judged', version);
  }
}

function tooltipOf({ folder, state, trusted, activity, runtime }: StatusFacts, run: RunSummary | null): string {
  const parts = [`**Slipway** · ${plain(stateText(state, trusted))}`];
  if (activity !== null) parts.push(plain(activityText(activity)));
  if (run !== null) parts.push(plain(run.decision.sentence));
  if (runtime !== null) {
    const refused = runtime.refused.map(({ provider, reason }) => `- ${plain(l10n.t('{0} refused: {1}', provider.toUpperCase(), reason))}`);
    parts.push([plain(l10n.t('Ran on {0}, ONNX Runtime {1}', runtime.provider.toUpperCase(), runtime.onnxruntime)), ...refused].join('\n'));
  }
  const links = !trusted
    ? [link(l10n.t('Manage Trust'), 'workbench.trust.manage')]
    : [
        activity === null ? link(l10n.t('Run Gates'), 'slipway.runGates', { folder }) : link(l10n.t('Cancel'), 'slipway.cancelWork', { folder }),
        ...(run === null ? [] : [link(l10n.t('Open Report'), 'slipway.openReport', { folder, run: run.id })]),
        link(l10n.t('Restart Server'), 'slipway.restartServer', { folder }),
        link(l10n.t('Show Log'), 'slipway.showLog'),
      ];
  return [...parts, links.join(' · ')].join('\n\n');
}

function stateText(state: SessionState, trusted: boolean): string {
  if (!trusted) return l10n.t('this folder is not trusted: saved reports only');
  switch (state.name) {
    case 'idle':
      return l10n.t('not started yet');
    case 'starting':
      return l10n.t('server is starting');
    case 'ready':
      return l10n.t('server ready');
    case 'lost':
      return l10n.t('server is being started again: {0}', state.reason);
    case 'stopped':
      return l10n.t('server stopped: {0}', state.reason);
  }
}

function link(label: string, command: string, subject?: { folder: string; run?: string }): string {
  return `[${plain(label)}](command:${command}${subject === undefined ? '' : `?${encodeURIComponent(JSON.stringify([subject]))}`})`;
}
