import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteLiteral } from '../../../server/engines/duckdb.ts';
import { stripZipMap } from '../../../server/engines/onnx-zipmap.ts';
import { createRandom } from '../../../server/stats/random.ts';
import { type BenchCase, differ, ratio } from '../bench-case.ts';
import { monthsOfFlights } from '../checks/case.ts';
import { writeParquet } from '../write-parquet.ts';
import { denseModel } from './dense-model.ts';

const trees = fileURLToPath(new URL('../../../samples/flight-delay/models/flight-delay/v2/model.onnx', import.meta.url));
const denseColumns = Array.from({ length: 16 }, (_, index) => `x${String(index).padStart(2, '0')}`);
const rowsPerBatch = 4096;
const seed = 20240601;

/** Every row of a Parquet file through a model, at one size. `goal` is held at a million rows; the other sizes draw the curve. */
export function scoringCase(folder: string, threads: number, kind: 'trees' | 'dense', rows: number, { goal, repeatsMax }: { goal: boolean; repeatsMax?: number }): BenchCase {
  const file = join(folder, `scoring-${kind}-${rows}.parquet`);
  const model = join(folder, `scoring-${kind}.onnx`);
  const positive = kind === 'trees' ? 1 : 0;
  const input = { folder, file, model, rows, rowsPerBatch, threads, positive, columns: kind === 'dense' ? denseColumns : [] };
  return {
    id: `scoring-${kind}-${rows}`,
    title: `${kind === 'trees' ? 'Gradient-boosted trees, 14 inputs with text' : 'Small dense network, 16 numbers'}: ${rows.toLocaleString('en')} rows`,
    work: `Read the Parquet file, ${rowsPerBatch} rows a run, keep every output. Slipway: verify the file while the model's process starts and its batch axis is found, then send each batch there. Python: pyarrow \`iter_batches\` → numpy → \`InferenceSession.run\` with defaults but for the threads. Bare loop: \`session.run\` on one batch again and again, inside the model's process.`,
    rows,
    repeatsMax,
    sides: [
      { name: 'Slipway', role: 'ours', program: 'scoring/slipway.ts', input },
      { name: 'Python', role: 'peer', program: 'scoring/score.py', input },
      { name: 'bare loop', role: 'limit', program: 'scoring/session-loop.ts', input },
    ],
    goals: goal ? [{ text: 'at least 0.8 times the rate of Python', unit: '×', atLeast: 0.8, measured: (of) => ratio(of('Python')?.workSeconds, of('Slipway')?.workSeconds) }] : [],
    async prepare() {
      await writeParquet(file, kind === 'trees' ? flightsOver(rows) : numbersOf(rows));
      // Without its ZipMap, which would cost Python a dictionary a row and cannot leave Node's runtime at all.
      if (!existsSync(model)) await writeFile(model, kind === 'trees' ? stripZipMap(await readFile(trees)).bytes : denseModel(denseColumns.length, createRandom(seed)));
    },
    disagreements(factsOf) {
      const [ours, theirs] = [factsOf('Slipway'), factsOf('Python')];
      if (ours === null || theirs === null) return [];
      return [...differ('rows', ours.rows as number, theirs.rows as number, 0), ...differ('mean score', ours.mean as number, theirs.mean as number, 1e-6)];
    },
  };
}

/** The flights again and again, until there are enough rows. */
function flightsOver(rows: number): string {
  const source = `read_parquet([${monthsOfFlights().map(quoteLiteral).join(', ')}])`;
  return `SELECT flights.* FROM range(${Math.ceil(rows / 300_000)}) AS again, (SELECT * FROM ${source}) AS flights LIMIT ${rows}`;
}

function numbersOf(rows: number): string {
  return `SELECT ${denseColumns.map((name) => `CAST(random() AS FLOAT) AS ${name}`).join(', ')} FROM range(${rows})`;
}
