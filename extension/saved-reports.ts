import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ModelVersionSummary, Snapshot } from '../protocol/feed.ts';
import type { BatchReport, BatchSummary, RunReport, RunSummary } from '../protocol/run.ts';
import * as l10n from './l10n.ts';
import { problemOf } from './problem-of.ts';
import { ProblemError } from './session.ts';

/** What is saved in a workspace, read from its plain files: nothing is started, opened for writing, or believed to be complete. */
export interface SavedReports {
  snapshot(): Promise<Snapshot>;
  readRun(id: string): Promise<RunReport>;
  readBatch(id: string): Promise<BatchReport>;
}

interface Saved {
  models: Map<string, Omit<ModelVersionSummary, 'champion' | 'run'>>;
  runs: { summary: RunSummary; report: string }[];
  batches: { summary: BatchSummary; report: string }[];
}

const journalBytesMax = 64 << 20;
const reportBytesMax = 256 << 20;
const summariesMax = 100;

/** @param folder the workspace's `.slipway`; it may have come with the workspace, so nothing in it is trusted */
export function savedReports(folder: string): SavedReports {
  async function read(): Promise<Saved> {
    const saved: Saved = { models: new Map(), runs: [], batches: [] };
    for (const line of (await journalText(join(folder, 'journal.jsonl'))).split('\n')) {
      const entry = entryOf(line);
      if (entry?.kind === 'model') saved.models.set(`${entry.body.model}\n${entry.body.version}`, entry.body);
      else if (entry?.kind === 'run') saved.runs.push(entry.body);
      else if (entry?.kind === 'batch') saved.batches.push(entry.body);
    }
    saved.runs.reverse();
    saved.batches.reverse();
    return saved;
  }

  async function report(list: (saved: Saved) => { summary: { id: string }; report: string }[], id: string): Promise<unknown> {
    const found = list(await read()).find(({ summary }) => summary.id === id);
    if (found === undefined) throw new ProblemError(problemOf('run-missing', l10n.t('No report {0} is saved', id)));
    return readBlob(folder, found.report);
  }

  return {
    async snapshot() {
      const { models, runs, batches } = await read();
      return {
        problem: null,
        models: [...models.values()].map((version): ModelVersionSummary => {
          const run = runs.find(({ summary }) => summary.model === version.model && summary.digest === version.digest)?.summary ?? null;
          return { ...version, champion: run?.role === 'champion', run };
        }),
        refused: [],
        runs: runs.slice(0, summariesMax).map(({ summary }) => summary),
        batches: batches.slice(0, summariesMax).map(({ summary }) => summary),
        active: [],
        serving: null,
      };
    },
    readRun: async (id) => (await report(({ runs }) => runs, id)) as RunReport,
    readBatch: async (id) => (await report(({ batches }) => batches, id)) as BatchReport,
  };
}

async function journalText(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > journalBytesMax) throw new ProblemError(problemOf('journal-corrupt', l10n.t('The journal is not a file of a size that can be read'), { path }));
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

type Entry =
  | { kind: 'model'; body: Omit<ModelVersionSummary, 'champion' | 'run'> }
  | { kind: 'run'; body: { summary: RunSummary; report: string } }
  | { kind: 'batch'; body: { summary: BatchSummary; report: string } };

/** Null for a line that is torn, foreign or of a later version. */
function entryOf(line: string): Entry | null {
  if (line === '') return null;
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    // A torn line was never told to anybody.
    return null;
  }
  if (!isObject(entry) || !isObject(entry.body)) return null;
  const { kind, body } = entry;
  if (kind === 'model' && typeof body.model === 'string' && typeof body.version === 'string' && typeof body.digest === 'string') return entry as unknown as Entry;
  if ((kind === 'run' || kind === 'batch') && isObject(body.summary) && typeof body.summary.id === 'string' && typeof body.report === 'string' && (kind === 'batch' || isObject(body.summary.decision))) return entry as unknown as Entry;
  return null;
}

/** A gzipped JSON document named after the digest of its text. */
async function readBlob(folder: string, digest: string): Promise<unknown> {
  const corrupt = (cause?: unknown): ProblemError => Object.assign(new ProblemError(problemOf('store-corrupt', l10n.t('Saved report {0} cannot be read', digest.slice(0, 12)), { path: folder })), { cause });
  // The name becomes part of a path.
  if (!/^[0-9a-f]{64}$/.test(digest)) throw corrupt();
  let text: Buffer;
  try {
    text = await promisify(gunzip)(await readFile(join(folder, 'blobs', 'sha256', digest.slice(0, 2), `${digest}.json.gz`)), { maxOutputLength: reportBytesMax });
  } catch (error) {
    throw corrupt(error);
  }
  if (createHash('sha256').update(text).digest('hex') !== digest) throw corrupt();
  return JSON.parse(text.toString('utf8'));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
