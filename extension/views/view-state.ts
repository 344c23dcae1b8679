import type { ProblemBody } from '../../protocol/problem.ts';
import type { SessionState } from '../session.ts';

/** Which of the welcomes stands in the side panel; `ready` where there are rows to show. The manifest has one button for each. */
export type ViewState = 'no-folder' | 'no-server' | 'untrusted' | 'no-config' | 'config-error' | 'stopped' | 'starting' | 'empty' | 'ready';

interface Situation {
  folders: number;
  trusted: boolean;
  hasServer: boolean;
  sessions: { hasConfig: boolean; state: SessionState; problem: ProblemBody | null; /** What slipway.yaml names is known. */ isRead: boolean }[];
  hasRows: boolean;
}

/** The most pressing of what keeps the panel empty, of all folders together. */
export function viewState({ folders, trusted, hasServer, sessions, hasRows }: Situation): ViewState {
  if (hasRows) return 'ready';
  if (folders === 0) return 'no-folder';
  if (!hasServer) return 'no-server';
  if (!trusted) return 'untrusted';
  if (!sessions.some(({ hasConfig }) => hasConfig)) return 'no-config';
  if (sessions.some(({ problem }) => problem !== null && problem.code !== 'config-missing')) return 'config-error';
  if (sessions.some(({ state }) => state.name === 'stopped')) return 'stopped';
  return sessions.some(({ hasConfig, state, isRead }) => hasConfig && (state.name !== 'ready' || !isRead)) ? 'starting' : 'empty';
}
