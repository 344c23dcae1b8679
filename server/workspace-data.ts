import { basename, join, relative, sep } from 'node:path';
import type { ColumnKind, DatasetProfile } from '../protocol/datasets.ts';
import type { DatasetConfig } from '../protocol/config.ts';
import type { Progress } from '../protocol/feed.ts';
import type { DatasetRef } from '../protocol/measured.ts';
import { digestDataset, type DigestCache } from './datasets/digest-dataset.ts';
import { openDataset, type Dataset } from './datasets/open-dataset.ts';
import { profileDataset } from './datasets/profile-dataset.ts';
import { readTable } from './datasets/read-columns.ts';
import type { Analysis } from './engines/duckdb.ts';
import { glob, mustBeInside } from './engines/glob.ts';
import { Problem } from './problem.ts';
import type { Table } from './stats/vector.ts';

/** One dataset, or one file of a dataset that comes in several: a batch. What is asked for twice is read once. */
export interface Batch {
  /** Dataset name; of a dataset in batches, the name and the file: `current/2013-07`. */
  name: string;
  /** Name of the dataset in slipway.yaml; null for a file that is none of them. */
  dataset: string | null;
  config: DatasetConfig;
  /** Absolute. */
  files: string[];
  ref(): Promise<DatasetRef>;
  open(): Promise<Dataset>;
  profile(): Promise<DatasetProfile>;
  /** All columns, kinds as the profile decided them. */
  table(): Promise<Table>;
  /** Lets go of the rows; asked for again, they are read again. */
  forget(): void;
}

/** The data of a workspace for one pass of work: opened when first asked for, closed with the pass. */
export interface WorkspaceData {
  /** All files of the dataset together. */
  whole(name: string): Promise<Batch>;
  /** Each file by itself, in name order, oldest first. */
  batches(name: string): Promise<Batch[]>;
  /** A file that need not be in slipway.yaml; it is read as the dataset it belongs to, if it belongs to one. */
  file(path: string): Promise<Batch>;
  close(): Promise<void>;
}

export function openWorkspaceData({ workspace, allow, datasets, analysis, digests, signal, onProgress }: {
  workspace: string;
  allow: readonly string[];
  datasets: readonly DatasetConfig[];
  analysis: Analysis;
  digests: DigestCache;
  signal: AbortSignal;
  onProgress: (progress: Omit<Progress, 'work' | 'step'>) => void;
}): WorkspaceData {
  const opened: Promise<Dataset>[] = [];
  const batches = new Map<string, Batch>();

  const inWorkspace = (path: string): string => pathIn(workspace, path);

  function batchOf(name: string, config: DatasetConfig, files: string[]): Batch {
    const known = batches.get(files.join('\0'));
    if (known !== undefined) return known;
    const open = once(async () => {
      const dataset = openDataset(analysis, { name, files, root: workspace }, { signal });
      opened.push(dataset);
      return dataset;
    });
    const profile = once(async () => {
      const dataset = await open();
      const made = await profileDataset(dataset, { digests, now: () => performance.now(), signal, onProgress: (done, total) => onProgress({ subject: name, done, total, unit: 'rows' }) });
      // Reports travel: a path on this machine means nothing elsewhere, and tells more than it should.
      return { ...made, files: made.files.map((file) => ({ ...file, path: inWorkspace(file.path) })), differences: made.differences.map((difference) => ({ ...difference, path: inWorkspace(difference.path) })) };
    });
    const readRows = async () => {
      const [dataset, { columns }] = [await open(), await profile()];
      const kinds = new Map<string, ColumnKind>(columns.map((column) => [column.name, column.kind]));
      return readTable(dataset, columns.map((column) => column.name), { signal, kinds, shared: true, onProgress: (done, total) => onProgress({ subject: name, done, total, unit: 'rows' }) });
    };
    let rows = once(readRows);
    const batch: Batch = {
      name,
      dataset: datasets.includes(config) ? config.name : null,
      config,
      files,
      open,
      profile,
      ref: once(async () => {
        const dataset = await open();
        return { name, files: files.map(inWorkspace), digest: await digestDataset(dataset.files, digests, { signal }), rows: dataset.rows };
      }),
      table: () => rows(),
      forget() {
        rows = once(readRows);
      },
    };
    batches.set(files.join('\0'), batch);
    return batch;
  }

  async function filesOf(config: DatasetConfig): Promise<string[]> {
    const files = await glob(config.files, workspace, allow);
    if (files.length === 0) throw new Problem('file-missing', `Dataset ${config.name}: ${config.files.join(', ')} matches no file`, { where: { path: join(workspace, 'slipway.yaml'), line: config.line } });
    return files;
  }

  function configOf(name: string): DatasetConfig {
    const config = datasets.find((dataset) => dataset.name === name);
    if (config === undefined) throw new Problem('file-missing', `No dataset is called ${name} in slipway.yaml`);
    return config;
  }

  return {
    async whole(name) {
      const config = configOf(name);
      return batchOf(name, config, await filesOf(config));
    },
    async batches(name) {
      const config = configOf(name);
      const files = await filesOf(config);
      return files.length > 1 ? files.map((file) => batchOf(batchName(name, file), config, [file])) : [batchOf(name, config, files)];
    },
    async file(path) {
      const real = await mustBeInside(path, workspace, allow).catch((error: unknown) => {
        if (error instanceof Problem) throw error;
        throw new Problem('file-missing', `${path} cannot be read`, { cause: error, where: { path } });
      });
      for (const config of datasets) {
        const files = await glob(config.files, workspace, allow);
        if (files.includes(real)) return batchOf(files.length > 1 ? batchName(config.name, real) : config.name, config, [real]);
      }
      // A batch that is nobody's yet is judged as a batch of `current` would be: same checks, same key, same time column.
      const like = datasets.find(({ name }) => name === 'current');
      const name = basename(real);
      return batchOf(name, { line: 0, time: null, key: [], target: null, checks: [], ...like, name, files: [real] }, [real]);
    },
    async close() {
      for (const dataset of opened) await dataset.then((open) => open.close(), () => undefined);
    },
  };
}

/** The newest batch of a dataset by its files, none of which is read; null when no file is there. */
export async function newestBatch({ name, files: patterns }: DatasetConfig, workspace: string, allow: readonly string[]): Promise<{ name: string; files: string[] } | null> {
  const files = await glob(patterns, workspace, allow);
  const newest = files.at(-1);
  if (newest === undefined) return null;
  return files.length > 1 ? { name: batchName(name, newest), files: [pathIn(workspace, newest)] } : { name, files: files.map((file) => pathIn(workspace, file)) };
}

function pathIn(workspace: string, path: string): string {
  return relative(workspace, path).split(sep).join('/');
}

function batchName(dataset: string, file: string): string {
  return `${dataset}/${basename(file).replace(/\.(parquet|csv|csv\.gz|jsonl|jsonl\.gz)$/i, '')}`;
}

function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => (result ??= compute());
}
