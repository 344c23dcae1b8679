import type { Command, FeedMessage, Snapshot } from './feed.ts';
import type { EvaluationRole } from './gates.ts';
import type { LiveWindow } from './serving.ts';
import type { ShadowRecord, ShadowSummary } from './shadow.ts';
import type { ProblemBody } from './problem.ts';
import type { BatchReport, BatchSummary, RunReport, RunSummary } from './run.ts';
import type { ConfigOutline, ModelFileDifference, ModelFileReport, OperatorTimes, ReadinessReport, RowTable } from './workspace.ts';

/** What a page shows. The same bundle draws all of them, in a webview of the editor and in a browser. */
export type ViewTarget =
  /** One run: gates, flips, slices and fairness, calibration, runtime, value, evidence. Fills in while the run is under way. */
  | { view: 'gates'; run: string }
  | { view: 'data'; batch: string; column?: string }
  | { view: 'compare'; model: string; /** Ids of two saved runs; null: the champion's and the newest candidate's. */ runs: [string, string] | null }
  | { view: 'readiness'; model: string }
  | { view: 'runs'; model: string | null }
  /** Null: the newest comparison of the model. */
  | { view: 'shadow'; model: string; id: string | null }
  | { view: 'live' }
  | { view: 'model-file'; path: string; against: string | null };

/** Everything that can be asked of the server, and what it answers. */
export interface Answers {
  snapshot: Snapshot;
  outline: ConfigOutline;
  run: RunReport;
  runs: RunSummary[];
  batch: BatchReport;
  batches: BatchSummary[];
  'finding-rows': RowTable;
  'run-rows': RowTable;
  readiness: ReadinessReport;
  shadows: ShadowSummary[];
  shadow: ShadowRecord;
  live: LiveWindow;
  'model-file': ModelFileReport;
  'model-file-difference': ModelFileDifference;
  'operator-times': OperatorTimes;
}

export type Question =
  | { ask: 'snapshot' }
  | { ask: 'outline' }
  | { ask: 'run'; id: string }
  | { ask: 'runs'; model: string | null; limit: number }
  | { ask: 'batch'; id: string }
  | { ask: 'batches' }
  | { ask: 'finding-rows'; batch: string; finding: string; limit: number }
  /** Rows of the data a run judged, by their numbers, 0-based: those that flipped. */
  | { ask: 'run-rows'; run: string; role: EvaluationRole; rows: number[] }
  | { ask: 'readiness'; model: string }
  /** Newest first. */
  | { ask: 'shadows'; model: string | null }
  | { ask: 'shadow'; id: string }
  | { ask: 'live' }
  /** Paths are relative to the workspace. */
  | { ask: 'model-file'; path: string }
  | { ask: 'model-file-difference'; path: string; against: string }
  /** Runs the model, on made-up rows, in a process of its own. */
  | { ask: 'operator-times'; path: string };

export type Answer<Q extends Question> = Answers[Q['ask']];

/** The route that answers a question. */
export function routeOf(question: Question): string {
  const text = encodeURIComponent;
  switch (question.ask) {
    case 'snapshot':
      return '/v1/snapshot';
    case 'outline':
      return '/v1/outline';
    case 'run':
      return `/v1/runs/${text(question.id)}`;
    case 'runs':
      return `/v1/runs?limit=${question.limit}${question.model === null ? '' : `&model=${text(question.model)}`}`;
    case 'batch':
      return `/v1/batches/${text(question.id)}`;
    case 'batches':
      return '/v1/batches';
    case 'finding-rows':
      return `/v1/batches/${text(question.batch)}/findings/${text(question.finding)}/rows?limit=${question.limit}`;
    case 'run-rows':
      return `/v1/runs/${text(question.run)}/rows?role=${question.role}&rows=${question.rows.join(',')}`;
    case 'readiness':
      return `/v1/readiness/${text(question.model)}`;
    case 'shadows':
      return `/v1/shadows${question.model === null ? '' : `?model=${text(question.model)}`}`;
    case 'shadow':
      return `/v1/shadows/${text(question.id)}`;
    case 'live':
      return '/v1/serving/live';
    case 'model-file':
      return `/v1/model-file?path=${text(question.path)}`;
    case 'model-file-difference':
      return `/v1/model-file/difference?path=${text(question.path)}&against=${text(question.against)}`;
    case 'operator-times':
      return `/v1/model-file/operator-times?path=${text(question.path)}`;
  }
}

/** The part of an address behind its `#` that names a view: `view=gates&run=flight-delay-v3-1`. */
export function addressOf(target: ViewTarget): string {
  const fields = Object.entries(target).flatMap(([key, value]): [string, string][] => (value === null || value === undefined ? [] : Array.isArray(value) ? value.map((each): [string, string] => [key, each]) : [[key, value as string]]));
  return fields.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
}

/** The view an address names, or null when it names none. */
export function targetAt(address: string): ViewTarget | null {
  const fields = new Map<string, string[]>();
  const text = address.replace(/^#/, '');
  // An editor that opens an address encodes what stands behind the `#` once more.
  const plain = text.includes('=') ? text : text.replaceAll('%3D', '=').replaceAll('%26', '&').replaceAll('%25', '%');
  for (const field of plain.split('&')) {
    const [key, value = ''] = field.split('=', 2);
    try {
      fields.set(key, [...(fields.get(key) ?? []), decodeURIComponent(value)]);
    } catch {
      return null;
    }
  }
  const one = (key: string): string | null => fields.get(key)?.[0] ?? null;
  const [view, model, run, batch, path, column, id] = ['view', 'model', 'run', 'batch', 'path', 'column', 'id'].map(one);
  const runs = fields.get('runs') ?? [];
  if (view === 'gates' && run !== null) return { view, run };
  if (view === 'data' && batch !== null) return column === null ? { view, batch } : { view, batch, column };
  if (view === 'compare' && model !== null) return { view, model, runs: runs.length === 2 ? [runs[0], runs[1]] : null };
  if (view === 'readiness' && model !== null) return { view, model };
  if (view === 'runs') return { view, model };
  if (view === 'shadow' && model !== null) return { view, model, id };
  if (view === 'live') return { view };
  if (view === 'model-file' && path !== null) return { view, path, against: one('against') };
  return null;
}

/** What a page saves with the editor, and is given back after a reload: enough to open the same view as it was left. */
export interface SavedView {
  target: ViewTarget;
  /** As the host told it with `show`. */
  folder?: string | null;
  /** What the user did to each view shown here, by its address. */
  pages: Record<string, object>;
}

/** What a page may ask its host to do. Everything that changes something is done by the host, which asks first where it must. */
export type Action =
  | { do: 'run'; command: Extract<Command, { kind: 'run' }> }
  | { do: 'cancel'; work: string }
  | { do: 'show'; target: ViewTarget }
  /** A file of the workspace at a line. */
  | { do: 'open-file'; path: string; line?: number }
  /** Writes into slipway.yaml what accepts this finding, for the user to look at and save. */
  | { do: 'accept-finding'; batch: string; finding: string }
  /** Asks who states that a criterion is met. */
  | { do: 'state-criterion'; model: string; criterion: string }
  /** Writes the static report of a run, or of a batch. */
  | { do: 'save-report'; of: 'run' | 'batch'; id: string }
  | { do: 'open-in-browser'; target: ViewTarget };

/**
 * What a page may have done. Buttons of what it may not are not there. What changes slipway.yaml, states a criterion or
 * opens the pages in a browser is an act of the editor that takes both.
 */
export interface Powers {
  /** Runs, and their end: the server does it. */
  work: boolean;
  /** What an editor does: a file at a line, a report saved where one says. */
  editor: boolean;
}

/** Page → host. */
export type ViewMessage = { kind: 'ready' } | { kind: 'ask'; id: number; question: Question } | { kind: 'act'; action: Action };

/** Host → page. The feed is relayed unchanged; a page that missed messages is sent a new snapshot. */
export type HostMessage =
  /** `folder` is the editor's word for where it is; the page keeps it for when it comes back. */
  | { kind: 'show'; target: ViewTarget; can: Powers; folder: string | null }
  | { kind: 'feed'; message: FeedMessage }
  | { kind: 'connection'; state: 'starting' | 'ready' | 'lost' | 'stopped'; reason: string | null }
  | { kind: 'answer'; id: number; answer: Answers[keyof Answers] }
  | { kind: 'refused'; id: number; problem: ProblemBody };
