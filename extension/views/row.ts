import type { ConfigOutline, ReadinessState } from '../../protocol/workspace.ts';
import type { ActiveWork, Snapshot } from '../../protocol/feed.ts';
import * as l10n from '../l10n.ts';

/** A line of a tree, as values: what is drawn, what is said aloud, and what commands called on it are about. */
export interface Row {
  /** Stable, so that what is open stays open. */
  id: string;
  label: string;
  description?: string;
  /** Markdown. Text that comes from files is escaped with `plain`. */
  tooltip?: string;
  icon: Icon;
  /** Words that `viewItem =~` in the manifest looks for. */
  kind: string;
  /** The whole row in words, for those who hear it. */
  spoken: string;
  children?: Row[];
  open?: boolean;
  command?: { id: string; title: string };
  subject: { folder: string; model?: string; version?: string; run?: string; batch?: string; path?: string; line?: number; criterion?: string };
}

export interface Icon {
  id: string;
  color?: string;
}

/** One folder, as the rows see it. */
export interface FolderState {
  name: string;
  uri: string;
  snapshot: Snapshot;
  outline: ConfigOutline | null;
  /** Null where nothing is under way, and of a server that is away. */
  activity: ActiveWork | null;
  nowMs: number;
}

/** Each with a shape of its own, so that nothing is told by colour alone. */
export const verdictIcons = {
  pass: { id: 'pass', color: 'testing.iconPassed' },
  fail: { id: 'error', color: 'testing.iconFailed' },
  inconclusive: { id: 'question', color: 'testing.iconQueued' },
  error: { id: 'warning', color: 'testing.iconErrored' },
  missing: { id: 'circle-slash', color: 'testing.iconUnset' },
  off: { id: 'circle-outline', color: 'testing.iconUnset' },
} satisfies Record<ReadinessState, Icon>;

export const notJudged: Icon = { id: 'circle-outline', color: 'testing.iconUnset' };

export function verdictWord(verdict: ReadinessState): string {
  switch (verdict) {
    case 'pass':
      return l10n.t('passes');
    case 'fail':
      return l10n.t('fails');
    case 'inconclusive':
      return l10n.t('inconclusive');
    case 'error':
      return l10n.t('error');
    case 'missing':
      return l10n.t('no evidence');
    case 'off':
      return l10n.t('does not count');
  }
}

/** "3 min", "41 d": how long ago, in the largest unit that says enough. */
export function ageText(at: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(at)) / 1000);
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 60) return l10n.t('just now');
  if (seconds < 3600) return l10n.t('{0} min', Math.floor(seconds / 60));
  if (seconds < 86_400) return l10n.t('{0} h', Math.floor(seconds / 3600));
  return l10n.t('{0} d', Math.floor(seconds / 86_400));
}

/** Text of a file as Markdown that shows it and nothing else. */
export function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&$:@]/g, '\\$&').replace(/\s+/g, ' ');
}

/** v10 after v9. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
