import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { quoteLiteral } from '../../server/engines/duckdb.ts';

/** The rows of a query as a file, made once. One thread and a fixed seed, so that it is the same file everywhere. */
export async function writeParquet(path: string, query: string): Promise<void> {
  if (existsSync(path)) return;
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '4GiB' });
  const connection = await instance.connect();
  try {
    await connection.run('SELECT setseed(0.42)');
    const unfinished = `${path}.part`;
    await connection.run(`COPY (${query}) TO ${quoteLiteral(unfinished)} (FORMAT parquet)`);
    await rename(unfinished, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A standard normal variable, by Box and Muller. */
export const normal = '(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))';
