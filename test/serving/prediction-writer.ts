import { openPredictionLog } from '../../server/serving/prediction-log.ts';

/** Records one row after the other, and says after each flush how many there are. Killed by the test that starts it. */
const [, , folder] = process.argv;
const log = await openPredictionLog({
  folder,
  settings: { share: 1, errors: true, slowMs: null, inputs: 'all', redact: [], waitingRowsMax: 1e6, waitingBytesMax: 1e9, fileRows: 1e6, fileBytes: 1e9, fileSeconds: 3600, keepDays: 30, keepBytes: 1e9 },
  clock: { nowUs: () => performance.now() * 1000, after: () => () => undefined },
  now: Date.now,
  onProblem: (problem) => {
    throw problem;
  },
});
const X = { name: 'X', datatype: 'float32', shape: [null, 4] };
const recorder = log.recorder({ model: 'flights', version: 'v1', digest: 'abc', provider: 'cpu', signature: { inputs: [X], outputs: [X] }, byRow: true, classes: null });
for (let request = 0; ; request++) {
  const tensors = new Map([['X', { datatype: 'float32' as const, shape: [1, 4], data: new Float32Array(4).fill(request) }]]);
  recorder.record({ atMs: Date.now(), requestId: String(request), traceId: null, source: 'test', caller: null, rows: 1, inputs: tensors, outputs: tensors, queueUs: 0, computeUs: 0, totalUs: 0, batchRows: 1, error: null });
  if (request % 20 !== 19) continue;
  await log.flush();
  process.stdout.write(`${request + 1}\n`);
}
