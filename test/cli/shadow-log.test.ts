import { createHash } from 'node:crypto';
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ShadowRecord } from '../../protocol/shadow.ts';
import type { TensorMap } from '../../server/engines/tensor.ts';
import { openPredictionLog } from '../../server/serving/prediction-log.ts';
import { createRandom } from '../../server/stats/random.ts';
import { simulatedClock } from '../serving/simulated-clock.ts';
import { buildSlipway, makeWorkspace, type Slipway } from './slipway.ts';
import { scorer, tinyWorkspace } from './tiny-workspace.ts';

const requests = 100;
const rowsOf = 20;
const start = Date.parse('2026-03-01T00:00:00Z');

const files = tinyWorkspace();

let slipway: Slipway;
let workspace: string;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeAll(async () => {
  workspace = await makeWorkspace(files);
  await record(workspace, createHash('sha256').update(files['models/toy/v1/model.onnx']).digest('hex'));
});
afterAll(() => rm(workspace, { recursive: true }));

const column = (name: string): { name: string; datatype: string; shape: (number | null)[] } => ({ name, datatype: 'float32', shape: [null, 1] });

/** A request each minute, answered as v1 does; what is right follows 2a + b, which v2 knows and v1 does not. */
async function record(folder: string, digest: string): Promise<void> {
  const predictions = join(folder, '.slipway', 'predictions');
  await mkdir(predictions, { recursive: true });
  const log = await openPredictionLog({
    folder: await realpath(predictions),
    settings: { share: 1, errors: true, slowMs: null, inputs: 'all', redact: [], waitingRowsMax: 1e5, waitingBytesMax: 1e8, fileRows: 1e5, fileBytes: 1e8, fileSeconds: 60, keepDays: 36_500, keepBytes: 1e9 },
    clock: simulatedClock(),
    now: () => start + requests * 60_000,
    onProblem: (problem) => {
      throw problem;
    },
  });
  const recorder = log.recorder({ model: 'toy', version: 'v1', digest, provider: 'cpu', signature: { inputs: [column('a'), column('b')], outputs: [column('score')] }, byRow: true, classes: null });
  const random = createRandom(5);
  const labels = ['request_id,row,label'];
  for (let request = 0; request < requests; request++) {
    const [a, b] = [0, 1].map(() => Float32Array.from({ length: rowsOf }, () => random.normal()));
    const tensor = (data: Float32Array) => ({ datatype: 'float32' as const, shape: [rowsOf, 1], data });
    const outputs: TensorMap = new Map([['score', tensor(a.map((value) => 1 / (1 + Math.exp(-value))))]]);
    recorder.record({ atMs: start + request * 60_000, requestId: `r${request}`, traceId: null, source: 'live', caller: null, rows: rowsOf, inputs: new Map([['a', tensor(a)], ['b', tensor(b)]]), outputs, queueUs: 0, computeUs: 900, totalUs: 1_000, batchRows: rowsOf, error: null });
    a.forEach((value, row) => labels.push(`r${request},${row},${2 * value + b[row] > 0 ? 1 : 0}`));
  }
  await log.close();
  await writeFile(join(folder, 'labels.csv'), labels.join('\n'));
}

async function replayed(...args: string[]): Promise<ShadowRecord> {
  const { stdout, stderr } = await slipway.run(workspace, ['shadow', '--replay', 'log', '--candidate', 'v2', '--json', ...args]);
  if (stdout.trim() === '') throw new Error(stderr);
  return JSON.parse(stdout) as ShadowRecord;
}

it('what was served is asked of a candidate, and labels that came later say who is right', async () => {
  const { report: unlabelled } = await replayed();
  expect(unlabelled.pairs).toMatchObject({ compared: requests * rowsOf, candidateFailed: 0 });
  expect([unlabelled.verdict, unlabelled.labels]).toEqual(['inconclusive', null]);
  // The recorded answers are those that v1 gives again.
  expect(unlabelled.noise?.share.value).toBe(0);

  const imported = await slipway.run(workspace, ['labels', 'import', 'labels.csv', '--by', 'request_id', '--json']);
  expect(JSON.parse(imported.stdout)).toMatchObject({ given: requests * rowsOf, labelled: requests * rowsOf, unmatched: 0 });

  const { report, worst } = await replayed();
  expect([report.verdict, report.labels?.pairs]).toEqual(['better', requests * rowsOf]);
  expect(worst[0].input.id).toMatch(/^r\d+$/);

  const window = await replayed('--from', '2026-03-01T00:10:00Z', '--to', '2026-03-01T00:20:00Z');
  expect(window.report.pairs.compared).toBe(10 * rowsOf);
  expect(window.report.source).toMatchObject({ from: '2026-03-01T00:10:00.000Z', to: '2026-03-01T00:19:00.000Z' });
});

it('of what another file called v1 answered, nothing is taken for production’s, and it is counted', async () => {
  await writeFile(join(workspace, 'models/toy/v1/model.onnx'), scorer(1, 0.5));
  const { report } = await replayed();
  expect(report.pairs.compared).toBe(0);
  expect(report.pairs.dropped).toEqual([{ reason: 'answered by another file called v1', pairs: requests * rowsOf }]);
  expect(report.verdict).toBe('error');
});
