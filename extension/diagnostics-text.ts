import type { Snapshot } from '../protocol/feed.ts';
import { redact } from './redact.ts';
import type { SessionState } from './session.ts';

interface Diagnostics {
  slipway: string;
  editor: string;
  node: string;
  platform: string;
  trusted: boolean;
  settings: Record<string, unknown>;
  folders: { state: SessionState; snapshot: Snapshot | null }[];
  lines: readonly string[];
}

/** Counts and states, never names of folders, columns or models outside the log; all of it passes the redaction once more. */
export function diagnosticsText({ slipway, editor, node, platform, trusted, settings, folders, lines }: Diagnostics): string {
  const parts = [
    `Slipway ${slipway}`,
    `Editor: ${editor}`,
    `Node: ${node}`,
    `Platform: ${platform}`,
    `Trusted: ${trusted ? 'yes' : 'no'}`,
    ...Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
    ...folders.map(({ state, snapshot }, index) => `Folder ${index + 1}: ${state.name}${'reason' in state ? ` (${state.reason})` : ''}; ${snapshot === null ? 'nothing known' : `${snapshot.models.length} versions, ${snapshot.runs.length} runs, ${snapshot.batches.length} batches, ${snapshot.refused.length} refused files, ${snapshot.active.length} under way${snapshot.problem === null ? '' : `, ${snapshot.problem.code}`}`}`),
    '',
    ...lines,
  ];
  return `${redact(parts.join('\n'))}\n`;
}
