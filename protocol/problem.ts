import type { ConfigIssue } from './config.ts';

/** One table of everything that can go wrong in a way a person can act on: code → hint. */
export const problems = {
  'config-missing': 'Run `slipway init` to write a slipway.yaml from the models and data that are here',
  'config-exists': 'Edit it, or move it away and run `slipway init` again; `slipway init --print` shows what would be written',
  'config-syntax': 'Fix the YAML at the line shown; two spaces per level, no tabs',
  'config-invalid': 'Fix the key or value at the line shown; docs/config.md lists every key',
  'path-outside-workspace': 'Move the file into the workspace, or list its folder under `allow` in slipway.yaml',
  'file-missing': 'Check the path, or run `slipway init` again to find what is there',
  'file-unreadable': 'Check that it is a regular file that you may read',
  'file-unwritable': 'Make room on the disk, or choose a place that you may write to',
  'dataset-empty': 'The file holds no rows; export it again',
  'dataset-corrupt': 'The file is damaged or not what its name says; export it again',
  'dataset-changed': 'The file changed while it was read; run again when the writer has finished',
  'dataset-unsupported': 'Use Parquet, CSV (optionally .gz) or JSON lines',
  'column-missing': 'Check the column name, or map it under `inputs` in slipway.yaml',
  'sql-invalid': 'Fix the SQL expression in slipway.yaml',
  'model-incomplete': 'The file is half-written or truncated; export it again',
  'model-refused': 'The model breaks an admission rule; docs/security.md explains each',
  'model-unsupported': 'Export the model again as docs/models.md describes',
  'model-missing': 'Export a model to models/<name>/<version>/model.onnx, or set `files` in slipway.yaml',
  'host-crashed': 'The model ended its host process; see the log, and re-export or raise its memory limit',
  'host-deadline': 'The model ran past its deadline; raise `deadlineMs`, or make the model smaller',
  'host-memory': 'The model went over its memory cap; raise `memoryMb`, or lower the batch size',
  'host-busy': 'Too many predictions are waiting for this model; send fewer at a time',
  'input-mismatch': 'Fix the column, or map another one to this input under `inputs` in slipway.yaml',
  'model-failed': 'The model raised an error on these rows; the message is its own',
  'provider-unavailable': 'Run `slipway doctor` to see why each execution provider was refused',
  'run-missing': 'Run `slipway runs` to list the runs that are saved',
  'run-cancelled': 'Nothing was saved; run again when ready',
  'store-locked': 'Another Slipway process owns this workspace; use that one, or wait for it to end',
  'store-newer': 'Update Slipway; an older version must not write to this workspace',
  'store-corrupt': 'The damaged file is left as it is; `slipway run --force` judges again and saves anew',
  'journal-corrupt': 'The journal fails its hash chain; keep the file, and restore it from a copy',
  'statement-refused': 'Run `slipway readiness` to see what takes a statement, and from whom',
  'server-unreachable': 'Run the command again; it starts anew where none answers',
  'request-invalid': 'Send a request as docs/protocol.md describes',
  'unauthorized': 'Send the token from .slipway/server.json',
  'not-found': 'Check the name or id; docs/protocol.md lists every route',
  'workspace-untrusted': 'Trust this folder to run anything in it; saved reports stay readable',
  'infer-invalid': 'Send the tensors that `GET /v2/models/<model>` lists, with the names, datatypes and shapes it gives',
  'infer-too-large': 'Send fewer rows at a time, or raise the limit under `serving` in slipway.yaml',
  'encoding-unsupported': 'Send the body as it is, or compress it with gzip or deflate',
  'model-not-served': 'Run `slipway serve` to see what is served, or ask `POST /v2/repository/index`',
  'queue-full': 'Send again after the seconds that Retry-After gives, or raise `queueRows` under `serving` in slipway.yaml',
  'rate-limited': 'Send again after the seconds that Retry-After gives, or raise the limit of this key',
  'not-ready': 'Wait until `GET /v2/models/<model>/ready` answers 200; `POST /v2/repository/index` says why it does not',
  'deadline-passed': 'Send again when there is less to do, or allow more time: `timeoutMs` under `serving` in slipway.yaml',
  'key-missing': 'Send the key as `Authorization: Bearer <key>`',
  'key-refused': 'Send a key that is known here and may do this',
  'remote-failed': 'See that the remote model answers at the address in slipway.yaml, then send again',
  'port-unavailable': 'Choose another port with --port, or 0 for any that is free',
  'internal': 'This is a bug in Slipway; please report it with the log in .slipway/logs',
  'usage': 'Run `slipway --help`',
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof problems;

/** `application/problem+json`, the one shape in which a problem leaves the server. */
export interface ProblemBody {
  type: `urn:slipway:problem:${ProblemCode}`;
  code: ProblemCode;
  title: string;
  detail: string;
  hint: string;
  status: number;
  where?: { path?: string; line?: number; column?: number };
  /** All that is wrong with slipway.yaml, when that is the problem. */
  issues?: ConfigIssue[];
}
