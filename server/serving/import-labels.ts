import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { moveDurably, syncFile } from '../engines/durable-file.ts';
import { quoteIdentifier, quoteLiteral, type Analysis, type ParquetWriter } from '../engines/duckdb.ts';
import { Problem } from '../problem.ts';
import { modelFolder, predictionFiles } from './prediction-files.ts';

/** What turned out to be right. */
export interface LabelRow {
  key: string;
  /** Row in the request, where keys are request ids; the first by default. */
  row?: number;
  label: string | number;
}

export interface LabelsImported {
  /** Labels given, and those of them for which nothing is recorded. */
  given: number;
  unmatched: number;
  /** Recorded rows that have a label now. */
  labelled: number;
}

export interface LabelsOptions {
  /** `.slipway/predictions`; both must be open on it. */
  folder: string;
  model: string;
  /** Column of the log that keys are values of, such as `input.order_id`; every row that has the value gets the label. */
  by?: string;
  analysis: Analysis;
  parquet: ParquetWriter;
}

export const labelsFile = 'labels.parquet';

/**
 * Keeps labels beside the predictions they belong to, by request and row. A later label takes the place of an earlier one,
 * so the same import twice is once. Labels without a prediction are counted and not kept, and those whose prediction has
 * been removed go with it.
 *
 * @throws Problem `file-missing` where nothing of the model is recorded, `column-missing` where `by` is no column of it
 */
export async function importLabels({ folder, model, by = 'request_id', analysis, parquet }: LabelsOptions, rows: Iterable<LabelRow> | AsyncIterable<LabelRow>): Promise<LabelsImported> {
  const real = await realpath(folder);
  const place = join(real, modelFolder(model));
  const files = await predictionFiles(real, model);
  if (files.length === 0) throw new Problem('file-missing', `No predictions of ${model} are recorded yet`, { where: { path: place } });
  const recorded = `read_parquet([${files.map(({ path }) => quoteLiteral(path)).join(', ')}], union_by_name = true)`;
  const columns = await analysis.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${recorded})`);
  if (!columns.some(({ column_name: name }) => name === by)) throw new Problem('column-missing', `Predictions of ${model} have no column ${by}; ${columns.map(({ column_name: name }) => String(name)).join(', ')} are there`);

  const path = join(place, labelsFile);
  const incoming = join(place, `labels-${randomBytes(4).toString('hex')}.tmp`);
  const next = `${incoming}.next.tmp`;
  try {
    const given = await writeIncoming(parquet, incoming, rows);
    const key = by === 'request_id' ? `p.request_id = i.key AND p.row = i.row` : `CAST(p.${quoteIdentifier(by)} AS VARCHAR) = i.key`;
    const offered = `read_parquet(${quoteLiteral(incoming)})`;
    const [{ matched }] = await analysis.rows(`SELECT count(*) AS matched FROM ${offered} i WHERE EXISTS (SELECT 1 FROM ${recorded} p WHERE ${key})`);
    const earlier = existsSync(path) ? ` UNION ALL SELECT request_id, row, label, number, -1 AS place FROM read_parquet(${quoteLiteral(path)}) WHERE (request_id, row) IN (SELECT (request_id, row) FROM ${recorded})` : '';
    const all = `SELECT p.request_id, p.row, i.label, i.number, i.place FROM ${offered} i JOIN ${recorded} p ON ${key}${earlier}`;
    const labelled = await parquet.copy(`SELECT request_id, row, label, number FROM (${all}) QUALIFY row_number() OVER (PARTITION BY request_id, row ORDER BY place DESC) = 1 ORDER BY request_id, row`, next);
    await syncFile(next);
    await moveDurably(next, path);
    return { given, unmatched: given - Number(matched), labelled };
  } finally {
    await Promise.all([incoming, next].map((file) => rm(file, { force: true })));
  }
}

async function writeIncoming(parquet: ParquetWriter, path: string, rows: Iterable<LabelRow> | AsyncIterable<LabelRow>): Promise<number> {
  const keys: string[] = [];
  const places: number[] = [];
  const labels: string[] = [];
  const numbers: number[] = [];
  for await (const { key, row = 0, label } of rows) {
    keys.push(key);
    places.push(row);
    labels.push(String(label));
    numbers.push(typeof label === 'number' ? label : NaN);
  }
  await parquet.write(path, [
    { name: 'key', type: 'VARCHAR', values: keys },
    { name: 'row', type: 'INTEGER', values: Int32Array.from(places) },
    { name: 'label', type: 'VARCHAR', values: labels },
    { name: 'number', type: 'DOUBLE', values: Float64Array.from(numbers), nulls: Uint8Array.from(labels, (_, at) => (Number.isNaN(numbers[at]) ? 1 : 0)) },
    { name: 'place', type: 'INTEGER', values: Int32Array.from(keys.keys()) },
  ]);
  return keys.length;
}
