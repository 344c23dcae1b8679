import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pc } from './colours.ts';
import { countText } from '../protocol/number-text.ts';
import { loadConfig } from './config.ts';
import { openDataset } from './datasets/open-dataset.ts';
import { readBatches } from './datasets/read-columns.ts';
import { openAnalysis, openParquetWriter } from './engines/duckdb.ts';
import { Problem } from './problem.ts';
import { importLabels, type LabelRow, type LabelsImported } from './serving/import-labels.ts';
import type { Table, Vector } from './stats/vector.ts';

export interface LabelsCommandOptions {
  workspace: string;
  model: string;
  /** Column of the log that keys are values of. */
  by: string;
  /** Columns of the file. */
  key?: string;
  label: string;
  signal: AbortSignal;
}

const rowsTogether = 8192;

/** Reads labels from Parquet, CSV or JSON lines and keeps them beside the predictions they belong to. */
export async function importLabelsFrom(path: string, { workspace, model, by, key = by.replace(/^input\./, ''), label, signal }: LabelsCommandOptions): Promise<LabelsImported> {
  const config = await loadConfig(workspace);
  if (!config.models.some(({ name }) => name === model)) throw new Problem('model-missing', `slipway.yaml has no model ${model}`);
  const folder = join(workspace, '.slipway', 'predictions');
  const predictions = await realpath(folder).catch((cause: unknown) => {
    throw new Problem('file-missing', `No predictions of ${model} are recorded yet: they are while \`slipway serve\` runs`, { cause, where: { path: folder } });
  });
  const file = await realpath(path).catch((cause: unknown) => {
    throw new Problem('file-missing', `${path} cannot be read`, { cause, where: { path } });
  });
  const tempDirectory = join(workspace, '.slipway', 'tmp');
  await mkdir(tempDirectory, { recursive: true, mode: 0o700 });
  const directories = [predictions, dirname(file)];
  const analysis = await openAnalysis({ directories, tempDirectory });
  const parquet = await openParquetWriter({ directories: [predictions] });
  try {
    const dataset = await openDataset(analysis, { name: basename(file), files: [file], root: workspace }, { signal });
    try {
      const columns = dataset.columns.some(({ name }) => name === 'row') && by === 'request_id' ? [key, label, 'row'] : [key, label];
      return await importLabels({ folder: predictions, model, by, analysis, parquet }, labelRows(readBatches(dataset, columns, rowsTogether, { signal }), key, label));
    } finally {
      await dataset.close();
    }
  } finally {
    await parquet.close();
    await analysis.close();
  }
}

/** A row without a key or a label says nothing. */
async function* labelRows(tables: AsyncIterable<Table>, key: string, label: string): AsyncGenerator<LabelRow> {
  for await (const { rows, columns } of tables) {
    const vectorOf = (name: string): Vector | undefined => columns.find((column) => column.name === name)?.vector;
    const [keys, labels, places] = [vectorOf(key), vectorOf(label), vectorOf('row')];
    for (let row = 0; row < rows; row++) {
      const [named, right] = [valueAt(keys, row), valueAt(labels, row)];
      if (named === null || right === null) continue;
      const place = valueAt(places, row);
      yield { key: String(named), label: right, ...(typeof place === 'number' && { row: place }) };
    }
  }
}

function valueAt(vector: Vector | undefined, row: number): string | number | null {
  if (vector === undefined) return null;
  if (vector.kind === 'categorical') return vector.codes[row] < 0 ? null : vector.dictionary[vector.codes[row]];
  if (vector.nulls?.[row] === 1) return null;
  const exact = vector.exact?.[row];
  return exact === undefined ? vector.values[row] : String(exact);
}

export function labelsText({ given, unmatched, labelled }: LabelsImported): string {
  const lines = [`${pc.green('✓')} ${countText(given)} labels given; ${countText(labelled)} recorded predictions have one now`];
  if (unmatched > 0) lines.push(`${pc.yellow('!')} for ${countText(unmatched)} of them nothing is recorded`);
  return lines.join('\n');
}
