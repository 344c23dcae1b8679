import type * as vscode from 'vscode';
import type { Command, FeedMessage, Snapshot } from '../protocol/feed.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import type { Answer, Question } from '../protocol/view.ts';
import type { ConfigOutline } from '../protocol/workspace.ts';

export type SessionState =
  /** Nothing has needed the server yet, or the workspace is not trusted. */
  | { name: 'idle' }
  | { name: 'starting' }
  | { name: 'ready' }
  /** It ended unasked and is being started again. */
  | { name: 'lost'; reason: string }
  /** It ended too often, or could not start; only the user starts it again. */
  | { name: 'stopped'; reason: string };

/** How a piece of work ended, with all that went wrong in it. */
export interface Outcome {
  state: 'done' | 'cancelled' | 'failed';
  runs: string[];
  batches: string[];
  problems: ProblemBody[];
}

/**
 * The live state of one workspace folder, as its server tells it. Everything the editor shows comes from here; whoever
 * asks for something first starts the server.
 */
export interface Session extends vscode.Disposable {
  readonly folder: vscode.WorkspaceFolder;
  readonly state: SessionState;
  /** Until the server tells it, what is saved in `.slipway`; null until that is read. Kept, and marked as old by `state`, while the server is away. */
  readonly snapshot: Snapshot | null;
  /** Where models, datasets and gates stand in slipway.yaml; that of the last file without errors. */
  readonly outline: ConfigOutline | null;
  /** State, snapshot or outline are new. At most once in 50 ms; for progress alone, once in 250 ms. */
  readonly onDidChange: vscode.Event<void>;
  /** The feed, unchanged and in order. */
  readonly onMessage: vscode.Event<FeedMessage>;
  /** Resolves when the server has told its snapshot. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Reads snapshot and outline anew, as after a change to slipway.yaml; starts nothing. */
  refresh(): Promise<void>;
  /** In an untrusted workspace, and before the server is started, saved reports are read from their files. @throws ProblemError what the server answered */
  ask<Q extends Question>(question: Q, token?: vscode.CancellationToken): Promise<Answer<Q>>;
  /**
   * Address of the same pages for a browser on this machine, good for one opening. Only now does a loopback port open.
   * @param origin under which that port is reached where something stands between, as in a remote window
   */
  browserAddress(origin?: string): Promise<string>;
  /** Everything wrong with a slipway.yaml that need not be saved. */
  checkConfig(text: string): Promise<ProblemBody | null>;
  /** Resolves when the work has ended; `started` is told its id at once. Cancelling the token cancels the work. */
  perform(command: Command, options?: { token?: vscode.CancellationToken; started?: (work: string) => void }): Promise<Outcome>;
  cancel(work: string): Promise<void>;
}

/** A problem as the server told it, thrown. */
export class ProblemError extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.body = body;
  }
}
