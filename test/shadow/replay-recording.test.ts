import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAnalysis } from '../../server/engines/duckdb.ts';
import type { TensorMap } from '../../server/engines/tensor.ts';
import { openPredictionLog } from '../../server/serving/prediction-log.ts';
import { readPredictions } from '../../server/serving/read-predictions.ts';
import { replay, type RecordedInputs } from '../../server/shadow/replay.ts';
import { simulatedClock } from '../serving/simulated-clock.ts';

const requests = 500;

test('what the log recorded is replayed against production’s own answers, row for row', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-replay-')));
  const clock = simulatedClock();
  const log = await openPredictionLog({
    folder,
    settings: { share: 1, errors: true, slowMs: null, inputs: 'all', redact: [], waitingRowsMax: 1e5, waitingBytesMax: 1e8, fileRows: 300, fileBytes: 1e8, fileSeconds: 60, keepDays: 30, keepBytes: 1e9 },
    clock,
    now: () => 1e6,
    onProblem: (problem) => {
      throw problem;
    },
  });
  const column = (name: string) => ({ name, datatype: 'float64', shape: [null, 1] });
  const recorder = log.recorder({ model: 'm', version: 'v1', digest: 'abc', provider: 'cpu', signature: { inputs: [column('x')], outputs: [column('y')] }, byRow: true, classes: null });
  const tensors = (name: string, values: readonly number[]): TensorMap => new Map([[name, { datatype: 'float64', shape: [values.length, 1], data: Float64Array.from(values) }]]);
  for (let request = 0; request < requests; request++) {
    const x = [request, request + 0.5];
    const failed = request % 50 === 0;
    recorder.record({ atMs: 1e6 + request * 10, requestId: `r${request}`, traceId: null, source: 'live', caller: null, rows: 2, inputs: tensors('x', x), outputs: failed ? null : tensors('y', x.map((value) => value * 2)), queueUs: 0, computeUs: 0, totalUs: 0, batchRows: 2, error: failed ? 'model-failed' : null });
  }
  await log.close();

  const analysis = await openAnalysis({ directories: [folder], memoryMb: 256, threads: 1 });
  async function* recorded(): AsyncGenerator<RecordedInputs> {
    for await (const { atMs, requestIds, rows, inputs, outputs } of readPredictions(analysis, folder, { model: 'm', version: 'v1', batchRows: 64 })) {
      if (inputs !== null) yield { atMs: atMs[0], inputs, references: requestIds.map((id, at) => ({ id, row: rows[at] })), answered: outputs };
    }
  }
  const differing: string[] = [];
  const counts = await replay(recorded(), {
    production: 'recorded',
    // Wrong on one row of all.
    candidate: { run: (inputs) => Promise.resolve(new Map([['y', { datatype: 'float64', shape: [inputs.get('x')?.shape[0] ?? 0, 1], data: (inputs.get('x')?.data as Float64Array).map((value) => (value === 123.5 ? 0 : value * 2)) }]])) },
    pace: null,
    concurrency: 2,
    warmUps: 1,
    deadlineMs: null,
    noise: { share: 0, rowsMin: 0 },
    repeats: [],
    clock,
    onPairs: ({ batch, production, candidate }) => {
      const [before, after] = [production, candidate].map(({ outputs }) => outputs?.get('y')?.data as Float64Array);
      batch.references.forEach(({ id, row }, at) => {
        if (before[at] !== after[at]) differing.push(`${id}/${row}`);
      });
    },
    onRepeat: () => undefined,
  });
  await analysis.close();
  rmSync(folder, { recursive: true });
  expect(counts).toMatchObject({ read: 2 * requests, compared: 2 * requests - 20, dropped: { 'no recorded answer': 20, cancelled: 0 }, underWay: 0 });
  expect(differing).toEqual(['r123/1']);
});
