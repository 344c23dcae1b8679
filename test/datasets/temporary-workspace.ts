import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Analysis, openAnalysis } from '../../server/engines/duckdb.ts';
import { type Dataset, openDataset } from '../../server/datasets/open-dataset.ts';

/** A folder with files in it and a locked-down DuckDB beside it, both gone after `close`. */
export interface TemporaryWorkspace {
  root: string;
  analysis: Analysis;
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Rows of a query as a Parquet file. */
  writeParquet(name: string, query: string, options?: string): Promise<string>;
  open(files: string | string[], name?: string): Promise<Dataset>;
  close(): Promise<void>;
}

export async function openTemporaryWorkspace({ memoryMb = 512, threads = 1 } = {}): Promise<TemporaryWorkspace> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'slipway-datasets-')));
  const root = join(base, 'data');
  const spill = join(base, 'spill');
  await mkdir(root);
  await mkdir(spill);
  const analysis = await openAnalysis({ directories: [root], memoryMb, threads, tempDirectory: spill });
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const writer = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '4GiB' });
  return {
    root,
    analysis,
    async write(name, content) {
      const path = join(root, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    async writeParquet(name, query, options = '') {
      const path = join(root, name);
      const connection = await writer.connect();
      await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options === '' ? '' : `, ${options}`})`);
      connection.closeSync();
      return path;
    },
    open: (files, name = 'data') => openDataset(analysis, { name, files, root }),
    async close() {
      await analysis.close();
      writer.closeSync();
      await rm(base, { recursive: true, force: true });
    },
  };
}
