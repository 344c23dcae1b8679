import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of recorded predictions. */
export interface PredictionFile {
  path: string;
  /** Folder of its model. */
  folder: string;
  /** Milliseconds since 1970 of its first and its last row. */
  fromMs: number;
  toMs: number;
  rows: number;
  bytes: number;
}

/** Of a model's predictions: no name of a model leads elsewhere. */
export function modelFolder(model: string): string {
  return encodeURIComponent(model).replace(/^\.+/, (dots) => '%2E'.repeat(dots.length));
}

/** Says when its rows came, so that most files need not be opened. */
export function predictionFileName({ fromMs, toMs, rows }: Pick<PredictionFile, 'fromMs' | 'toMs' | 'rows'>): string {
  return `${Math.max(0, Math.floor(fromMs))}-${Math.max(0, Math.ceil(toMs))}-${rows}-${randomBytes(4).toString('hex')}.parquet`;
}

const fileName = /^(\d+)-(\d+)-(\d+)-[0-9a-f]{8}\.parquet$/;

/** Those that are whole, the one with the earliest row first; of all models unless one is named. */
export async function predictionFiles(folder: string, model?: string): Promise<PredictionFile[]> {
  const folders = model === undefined ? (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name) : [modelFolder(model)];
  const files = await Promise.all(folders.map((name) => filesIn(join(folder, name))));
  return files.flat().sort((a, b) => a.fromMs - b.fromMs || (a.path < b.path ? -1 : 1));
}

async function filesIn(folder: string): Promise<PredictionFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names.map(async (name): Promise<PredictionFile | null> => {
      const told = fileName.exec(name);
      if (told === null) return null;
      const path = join(folder, name);
      // It may just have been removed.
      const found = await stat(path).catch(() => null);
      return found === null ? null : { path, folder, fromMs: Number(told[1]), toMs: Number(told[2]), rows: Number(told[3]), bytes: found.size };
    }),
  );
  return files.filter((file) => file !== null);
}
