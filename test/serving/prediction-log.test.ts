import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAnalysis, openParquetWriter, type Analysis, type ParquetWriter } from '../../server/engines/duckdb.ts';
import { encodeStrings, type Tensor, type TensorMap } from '../../server/engines/tensor.ts';
import type { Problem } from '../../server/problem.ts';
import { importLabels } from '../../server/serving/import-labels.ts';
import { predictionFiles } from '../../server/serving/prediction-files.ts';
import { openPredictionLog, type Prediction, type PredictionLog, type PredictionLogOptions, type PredictionLogSettings, type RecordedModel } from '../../server/serving/prediction-log.ts';
import { readPredictions, type RecordedBatch, type RecordedWindow } from '../../server/serving/read-predictions.ts';
import { simulatedClock, type SimulatedClock } from './simulated-clock.ts';

const startMs = Date.UTC(2026, 0, 5, 12);

let folder: string;
let analysis: Analysis;
let clock: SimulatedClock;
let problems: Problem[];

beforeEach(async () => {
  folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'slipway-predictions-'))), 'predictions');
  mkdirSync(folder);
  analysis = await openAnalysis({ directories: [folder], memoryMb: 256, threads: 1 });
  clock = simulatedClock();
  problems = [];
});

afterEach(async () => {
  await analysis.close();
  rmSync(join(folder, '..'), { recursive: true });
});

const settings: PredictionLogSettings = {
  share: 1,
  errors: true,
  slowMs: null,
  inputs: 'all',
  redact: [],
  waitingRowsMax: 10_000,
  waitingBytesMax: 1e8,
  fileRows: 5_000,
  fileBytes: 1e8,
  fileSeconds: 10,
  keepDays: 30,
  keepBytes: 1e9,
};

const flights: RecordedModel = {
  model: 'flights',
  version: 'v1',
  digest: 'abc',
  provider: 'cpu',
  signature: {
    inputs: [
      { name: 'carrier', datatype: 'string', shape: [null, 1] },
      { name: 'numbers', datatype: 'float32', shape: [null, 2] },
    ],
    outputs: [
      { name: 'label', datatype: 'int64', shape: [null] },
      { name: 'probabilities', datatype: 'float32', shape: [null, 2] },
    ],
  },
  byRow: true,
  classes: ['on time', 'late'],
  columnNames: new Map([['numbers', ['distance', 'hour']]]),
};

function openLog(changes: Partial<PredictionLogSettings> = {}, options: Partial<PredictionLogOptions> = {}): Promise<PredictionLog> {
  return openPredictionLog({ folder, settings: { ...settings, ...changes }, clock, now: () => startMs, onProblem: (problem) => problems.push(problem), ...options });
}

function prediction(changes: Partial<Prediction> = {}): Prediction {
  const { rows = 1 } = changes;
  return {
    atMs: startMs,
    requestId: 'r',
    traceId: null,
    source: 'live',
    caller: null,
    rows,
    inputs: flightInputs(rows),
    outputs: flightOutputs(rows),
    queueUs: 1,
    computeUs: 2,
    totalUs: 5,
    batchRows: rows,
    error: null,
    ...changes,
  };
}

function flightInputs(rows: number): TensorMap {
  return new Map<string, Tensor>([
    ['carrier', { datatype: 'string', shape: [rows, 1], data: encodeStrings(Array.from({ length: rows }, (_, row) => `carrier ${row}`)) }],
    ['numbers', { datatype: 'float32', shape: [rows, 2], data: Float32Array.from({ length: rows * 2 }, (_, at) => at / 3) }],
  ]);
}

function flightOutputs(rows: number): TensorMap {
  return new Map<string, Tensor>([
    ['label', { datatype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, row) => BigInt(row % 2)) }],
    ['probabilities', { datatype: 'float32', shape: [rows, 2], data: Float32Array.from({ length: rows * 2 }, (_, at) => (at % 2 === 0 ? 0.25 : 0.75)) }],
  ]);
}

async function readAll(window: Partial<RecordedWindow> = {}): Promise<RecordedBatch[]> {
  const batches: RecordedBatch[] = [];
  for await (const batch of readPredictions(analysis, folder, { model: 'flights', ...window })) batches.push(batch);
  return batches;
}

function expectWhole(log: PredictionLog): void {
  const { seen, unsampled, written, waiting, dropped } = log.counts();
  expect(unsampled + written + waiting + Object.values(dropped).reduce((sum, rows) => sum + rows, 0)).toBe(seen);
}

describe('what is recorded', () => {
  test('a request comes back row by row as it was, with its answers', async () => {
    const log = await openLog();
    log.recorder(flights).record(prediction({ rows: 3, requestId: 'abc', totalUs: 2500 }));
    await log.close();
    const [batch, ...others] = await readAll();
    expect(others).toEqual([]);
    expect(batch).toEqual({ version: 'v1', digest: 'abc', atMs: Float64Array.of(startMs, startMs, startMs), requestIds: ['abc', 'abc', 'abc'], rows: Int32Array.of(0, 1, 2), inputs: flightInputs(3), outputs: flightOutputs(3), totalMs: Float64Array.of(2.5, 2.5, 2.5), labels: [null, null, null] });
  });

  test('files can be asked in SQL, by the names of the data’s columns', async () => {
    const log = await openLog();
    log.recorder(flights).record(prediction({ rows: 2, requestId: 'abc', traceId: 't', caller: 'web' }));
    await log.close();
    const [file] = await predictionFiles(folder);
    const rows = await analysis.rows(`SELECT request_id, row, trace_id, model, version, digest, provider, source, caller, status, error, sampled_by, probability, label, round(score, 4) AS score, "input.carrier" AS carrier, "input.hour" AS hour FROM read_parquet('${file.path}') ORDER BY row`);
    const same = { request_id: 'abc', trace_id: 't', model: 'flights', version: 'v1', digest: 'abc', provider: 'cpu', source: 'live', caller: 'web', status: 'ok', error: null, sampled_by: 'share', probability: 1, score: 0.75 };
    expect(rows).toEqual([
      { ...same, row: 0, label: '0', carrier: 'carrier 0', hour: Math.fround(1 / 3) },
      { ...same, row: 1, label: '1', carrier: 'carrier 1', hour: 1 },
    ]);
  });

  test('a failed request has its class of error and no answer', async () => {
    const log = await openLog();
    log.recorder(flights).record(prediction({ error: 'queue-full', outputs: null }));
    await log.close();
    const [file] = await predictionFiles(folder);
    expect(await analysis.rows(`SELECT status, error, label, score FROM read_parquet('${file.path}')`)).toEqual([{ status: 'failed', error: 'queue-full', label: null, score: null }]);
    expect((await readAll())[0]).toMatchObject({ inputs: flightInputs(1), outputs: null });
  });

  const datatypes: [what: string, tensor: Tensor][] = [
    ['whole numbers beyond 2^53', { datatype: 'int64', shape: [2, 1], data: BigInt64Array.of(2n ** 62n + 1n, -(2n ** 63n)) }],
    ['the largest unsigned number', { datatype: 'uint64', shape: [2], data: BigUint64Array.of(2n ** 64n - 1n, 0n) }],
    ['numbers that are none', { datatype: 'float64', shape: [2], data: Float64Array.of(NaN, -Infinity) }],
    ['half precision', { datatype: 'float16', shape: [2], data: Uint16Array.of(0x3c01, 0xfc00) }],
    ['truth values', { datatype: 'bool', shape: [2], data: Uint8Array.of(1, 0) }],
    ['rows with dimensions', { datatype: 'int8', shape: [2, 2, 1], data: Int8Array.of(-128, 127, 0, 1) }],
    ['unsigned words', { datatype: 'uint32', shape: [2], data: Uint32Array.of(4294967295, 0) }],
    ['texts, empty ones too', { datatype: 'string', shape: [2, 2], data: encodeStrings(['', '"ü\'', 'a', '']) }],
    ['rows too wide for columns', { datatype: 'float32', shape: [2, 100], data: Float32Array.from({ length: 200 }, (_, at) => at / 7) }],
    ['wide rows of texts', { datatype: 'string', shape: [2, 70], data: encodeStrings(Array.from({ length: 140 }, (_, at) => `x,:${at}`)) }],
  ];
  test.each(datatypes)('%s come back exactly', async (_, tensor) => {
    const log = await openLog();
    const signature = { inputs: [{ name: 'X', datatype: tensor.datatype, shape: [null, ...tensor.shape.slice(1)] }, { name: 'x', datatype: tensor.datatype, shape: [null, null] }], outputs: flights.signature.outputs };
    const inputs = new Map([['X', tensor], ['x', tensor]]);
    log.recorder({ ...flights, signature }).record(prediction({ rows: 2, inputs }));
    await log.close();
    expect((await readAll())[0].inputs).toEqual(inputs);
  });

  test('a model whose rows are no rows has one row a request', async () => {
    const log = await openLog();
    const signature = { inputs: [{ name: 'X', datatype: 'float32', shape: [null, null] }], outputs: [{ name: 'Y', datatype: 'float32', shape: [] }] };
    const recorder = log.recorder({ ...flights, signature, byRow: false });
    const inputs = (rows: number): TensorMap => new Map([['X', { datatype: 'float32', shape: [rows, 2], data: new Float32Array(rows * 2).fill(rows) }]]);
    const outputs: TensorMap = new Map([['Y', { datatype: 'float32', shape: [], data: Float32Array.of(7) }]]);
    for (const rows of [3, 1]) recorder.record(prediction({ atMs: startMs - rows, inputs: inputs(rows), outputs }));
    await log.close();
    expect((await readAll()).map((batch) => [batch.inputs, batch.outputs])).toEqual([[inputs(3), outputs], [inputs(1), outputs]]);
  });
});

describe('what may be kept', () => {
  test('redacted inputs are nowhere in the files, and such rows cannot be run again', async () => {
    const log = await openLog({ redact: ['carrier', 'hour'] });
    log.recorder(flights).record(prediction());
    await log.close();
    const [file] = await predictionFiles(folder);
    const columns = (await analysis.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('${file.path}'))`)).map(({ column_name: name }) => String(name));
    expect(columns.filter((name) => name.startsWith('input.'))).toEqual(['input.distance']);
    expect((await readAll())[0].inputs).toBeNull();
  });

  test('one redacted element keeps a whole row out where rows are texts', async () => {
    const signature = { inputs: [{ name: 'wide', datatype: 'float32', shape: [null, 70] }], outputs: flights.signature.outputs };
    const log = await openLog({ redact: ['c9'] });
    const names = Array.from({ length: 70 }, (_, at) => `c${at}`);
    log.recorder({ ...flights, signature, columnNames: new Map([['wide', names]]) }).record(prediction({ inputs: new Map([['wide', { datatype: 'float32', shape: [1, 70], data: new Float32Array(70) }]]) }));
    await log.close();
    const [file] = await predictionFiles(folder);
    const columns = await analysis.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('${file.path}')) WHERE starts_with(column_name, 'input.')`);
    expect(columns).toEqual([]);
  });

  test('hashes tell equal inputs from others, also after a restart, and without the redacted parts', async () => {
    const hashes: unknown[] = [];
    for (const [first, distance] of [['a', 0], ['b', 0], ['a', 1]] as const) {
      const log = await openLog({ inputs: 'hash', redact: ['carrier'] });
      const inputs = flightInputs(1);
      inputs.set('carrier', { datatype: 'string', shape: [1, 1], data: encodeStrings([first]) });
      inputs.set('numbers', { datatype: 'float32', shape: [1, 2], data: Float32Array.of(distance, 0) });
      log.recorder(flights).record(prediction({ inputs }));
      await log.close();
    }
    for (const file of await predictionFiles(folder)) hashes.push(...(await analysis.rows(`SELECT input_hash, "input_hash" IS NULL AS none FROM read_parquet('${file.path}')`)));
    const distinct = new Set(hashes.map((row) => JSON.stringify(row)));
    expect(hashes).toHaveLength(3);
    expect(distinct.size).toBe(2);
    expect(hashes).not.toContainEqual({ input_hash: null, none: true });
  });

  test('failed and slow requests are recorded whatever the share, and say how probable that was', async () => {
    const log = await openLog({ share: 0.25, slowMs: 10 });
    const recorder = log.recorder(flights);
    for (let request = 0; request < 400; request++) recorder.record(prediction({ requestId: `id-${request}` }));
    recorder.record(prediction({ requestId: 'slow', totalUs: 10_001 }));
    recorder.record(prediction({ requestId: 'failed', error: 'model-failed', outputs: null }));
    await log.close();
    const [file] = await predictionFiles(folder);
    const found = await analysis.rows(`SELECT sampled_by, probability, count(*) AS rows FROM read_parquet('${file.path}') GROUP BY ALL ORDER BY ALL`);
    const share = 402 - 2 - log.counts().unsampled;
    expect(found).toEqual([{ sampled_by: 'error', probability: 1, rows: 1 }, { sampled_by: 'share', probability: 0.25, rows: share }, { sampled_by: 'slow', probability: 1, rows: 1 }]);
    expect(share).toBeGreaterThan(70);
    expect(share).toBeLessThan(130);
    expectWhole(log);
  });

  test('names of models lead nowhere else', async () => {
    const log = await openLog();
    for (const model of ['..', '../../x', 'a/b', 'ü']) log.recorder({ ...flights, model }).record(prediction());
    await log.close();
    expect(readdirSync(folder).sort()).toEqual(['%2E%2E', '%2E%2E%2F..%2Fx', '%C3%BC', 'a%2Fb']);
    expect(await readAll({ model: '../../x' })).toHaveLength(1);
  });
});

describe('files', () => {
  test('a file is due by rows, by bytes and by age', async () => {
    const log = await openLog({ fileRows: 3 });
    const recorder = log.recorder(flights);
    recorder.record(prediction({ rows: 2 }));
    expect(log.counts()).toMatchObject({ waiting: 2, written: 0 });
    recorder.record(prediction());
    await log.flush();
    expect(log.counts()).toMatchObject({ waiting: 0, waitingBytes: 0, written: 3, files: 1 });
    recorder.record(prediction());
    await clock.pass(9.9e6);
    expect(log.counts()).toMatchObject({ waiting: 1, files: 1 });
    await clock.pass(0.2e6);
    await log.flush();
    expect(log.counts()).toMatchObject({ waiting: 0, written: 4, files: 2 });
    await log.close();
    const small = await openLog({ fileBytes: 1 });
    small.recorder(flights).record(prediction());
    small.recorder(flights).record(prediction());
    await small.flush();
    expect(small.counts().files).toBe(2);
    await small.close();
  });

  test('old files go, then the oldest until the rest have room', async () => {
    const day = 86_400_000;
    const log = await openLog({ keepDays: 2 });
    for (const age of [3, 1, 0]) {
      log.recorder(flights).record(prediction({ atMs: startMs - age * day }));
      await log.flush();
    }
    expect((await predictionFiles(folder)).map(({ toMs }) => (startMs - toMs) / day)).toEqual([1, 0]);
    await log.close();
    const [, { bytes }] = await predictionFiles(folder);
    const smaller = await openLog({ keepBytes: bytes });
    expect((await predictionFiles(folder)).map(({ toMs }) => (startMs - toMs) / day)).toEqual([0]);
    await smaller.close();
  });

  test('parts of files that a killed process left are removed once nobody can be writing them', async () => {
    const place = join(folder, 'flights');
    mkdirSync(place);
    for (const [name, ageMs] of [['old.parquet.tmp', 2 * 3_600_000], ['new.parquet.tmp', 1000]] as const) {
      writeFileSync(join(place, name), 'PAR1');
      utimesSync(join(place, name), new Date(startMs - ageMs), new Date(startMs - ageMs));
    }
    await (await openLog()).close();
    expect(readdirSync(place)).toEqual(['new.parquet.tmp']);
  });

  test('a clock that goes back loses nothing', async () => {
    const log = await openLog();
    const recorder = log.recorder(flights);
    for (const [index, atMs] of [startMs, startMs - 5000, startMs - 4000, -1].entries()) recorder.record(prediction({ atMs, requestId: String(index) }));
    await log.close();
    expect((await readAll()).flatMap(({ requestIds }) => requestIds)).toEqual(['3', '1', '2', '0']);
    expect((await readAll({ fromMs: startMs - 5000, toMs: startMs })).flatMap(({ requestIds }) => requestIds)).toEqual(['1', '2']);
  });

  test('versions that were recorded side by side are read in the order of time, or one of them alone', async () => {
    const log = await openLog();
    const recorders = ['v1', 'v2'].map((version) => log.recorder({ ...flights, version }));
    for (let request = 0; request < 10; request++) recorders[request % 2].record(prediction({ atMs: startMs + request, requestId: String(request) }));
    await log.close();
    expect((await readAll({ batchRows: 1 })).map(({ requestIds }) => requestIds[0])).toEqual(Array.from({ length: 10 }, (_, request) => String(request)));
    expect((await readAll({ version: 'v2' })).flatMap(({ requestIds }) => requestIds)).toEqual(['1', '3', '5', '7', '9']);
  });

  test('a batch has at most so many rows, and what came within so long', async () => {
    const log = await openLog();
    const recorder = log.recorder(flights);
    for (const offset of [0, 10, 20, 500, 501, 502, 503]) recorder.record(prediction({ atMs: startMs + offset }));
    await log.close();
    expect((await readAll({ batchRows: 3, spanMs: 100 })).map(({ atMs }) => atMs.length)).toEqual([3, 3, 1]);
  });
});

describe('reading', () => {
  test('a file that retention takes meanwhile is left out', async () => {
    const log = await openLog({ fileRows: 1 });
    for (const atMs of [startMs, startMs + 1]) log.recorder(flights).record(prediction({ atMs, requestId: String(atMs - startMs) }));
    await log.close();
    const read: string[] = [];
    const [, second] = await predictionFiles(folder);
    for await (const { requestIds } of readPredictions(analysis, folder, { model: 'flights' })) {
      read.push(...requestIds);
      rmSync(second.path, { force: true });
    }
    expect(read).toEqual(['0']);
  });

  test.each([
    ['is damaged', async (path: string) => writeFileSync(path, 'PAR1 torn'), 'cannot be read'],
    ['is somebody else’s', async (path: string, parquet: ParquetWriter) => parquet.write(path, [{ name: 'a', type: 'VARCHAR', values: ['b'] }]), 'no file of recorded predictions'],
  ])('a file that %s is named', async (_, write, message) => {
    const parquet = await openParquetWriter({ directories: [folder] });
    mkdirSync(join(folder, 'flights'));
    await write(join(folder, 'flights', `${startMs}-${startMs}-1-00000000.parquet`), parquet);
    await parquet.close();
    await expect(readAll()).rejects.toMatchObject({ code: 'dataset-corrupt', message: expect.stringContaining(message) as string });
  });

  test('whoever stops reading leaves nothing running', async () => {
    const log = await openLog();
    const recorder = log.recorder(flights);
    for (let request = 0; request < 3000; request++) recorder.record(prediction({ atMs: startMs + request }));
    await log.close();
    for await (const { atMs } of readPredictions(analysis, folder, { model: 'flights' })) {
      expect(atMs[0]).toBe(startMs);
      break;
    }
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(readAll({ signal: stop.signal })).rejects.toThrow('enough');
  });
});

describe('what is lost is counted', () => {
  test('what finds no room in memory is dropped, by rows and by bytes', async () => {
    for (const limit of [{ waitingRowsMax: 5 }, { waitingBytesMax: 1500 }]) {
      const log = await openLog(limit);
      const recorder = log.recorder(flights);
      for (let request = 0; request < 100; request++) recorder.record(prediction());
      const { dropped, waiting } = log.counts();
      expect(dropped.memory).toBe(100 - waiting);
      expect(waiting).toBeGreaterThan(0);
      expect(waiting).toBeLessThan(20);
      await log.close();
      expectWhole(log);
    }
  });

  test('a full disk is told once, costs no request, and is forgotten when there is room', async () => {
    const parquet = await openParquetWriter({ directories: [folder] });
    let full = true;
    const log = await openLog({}, {
      writeFile: async (path, columns, about) => {
        if (!full) return parquet.write(path, columns, about);
        writeFileSync(path, 'PAR1 and then no room');
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      },
    });
    const recorder = log.recorder(flights);
    for (let file = 0; file < 3; file++) {
      recorder.record(prediction({ rows: 4 }));
      await log.flush();
    }
    expect(problems.map(({ code, message }) => [code, message.includes('no space left')])).toEqual([['file-unwritable', true]]);
    expect(log.counts()).toMatchObject({ written: 0, waiting: 0, waitingBytes: 0, dropped: { disk: 12 } });
    expect(readdirSync(join(folder, 'flights'))).toEqual([]);
    full = false;
    recorder.record(prediction());
    await log.flush();
    full = true;
    recorder.record(prediction());
    await log.close();
    await parquet.close();
    expect(problems).toHaveLength(2);
    expect(log.counts()).toMatchObject({ written: 1, dropped: { disk: 13 } });
    expectWhole(log);
  });

  test('tensors that are not as the signature says, and requests after the end, are counted', async () => {
    const log = await openLog();
    const recorder = log.recorder(flights);
    recorder.record(prediction({ rows: 2, inputs: flightInputs(3) }));
    recorder.record(prediction({ outputs: new Map([['label', { datatype: 'float32', shape: [1], data: Float32Array.of(1) }]]) }));
    recorder.end();
    recorder.record(prediction({ rows: 3 }));
    await log.close();
    expect(log.counts()).toMatchObject({ seen: 6, dropped: { unreadable: 3, closed: 3 } });
    expectWhole(log);
  });

  test('sums are exact at every moment, whatever happens', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('record' as const), version: fc.integer({ min: 0, max: 2 }), rows: fc.integer({ min: 0, max: 9 }), id: fc.string({ maxLength: 4 }), failed: fc.boolean(), odd: fc.boolean() }),
      fc.record({ kind: fc.constant('pass' as const), us: fc.integer({ min: 0, max: 20_000_000 }) }),
      fc.record({ kind: fc.constant('disk' as const), full: fc.boolean() }),
      fc.record({ kind: fc.constant('flush' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let full = false;
        let rowsWritten = 0;
        const log = await openLog({ share: 0.5, waitingRowsMax: 30, fileRows: 12, fileSeconds: 5 }, {
          writeFile: async (path, columns) => {
            await Promise.resolve();
            if (full) throw new Error('ENOSPC');
            rowsWritten += columns[0].values.length;
            writeFileSync(path, '');
          },
        });
        const recorders = ['v1', 'v2', 'v3'].map((version) => log.recorder({ ...flights, version }));
        for (const each of steps) {
          if (each.kind === 'record') recorders[each.version].record(prediction({ rows: each.rows, requestId: each.id, ...(each.failed && { error: 'model-failed', outputs: null }), ...(each.odd && { inputs: flightInputs(each.rows + 1) }) }));
          else if (each.kind === 'pass') await clock.pass(each.us);
          else if (each.kind === 'disk') full = each.full;
          else await log.flush();
          expectWhole(log);
          expect(log.counts().waiting).toBeLessThanOrEqual(30);
        }
        await log.close();
        expectWhole(log);
        expect(log.counts()).toMatchObject({ waiting: 0, waitingBytes: 0, written: rowsWritten });
      }),
      { numRuns: 40 },
    );
  });

  test('what was flushed before a kill is there, whole, and nothing else is', async () => {
    const writer = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('prediction-writer.ts', import.meta.url)), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(writer, 'close');
    let flushed = 0;
    let said = '';
    for await (const text of writer.stdout.setEncoding('utf8')) {
      said += text as string;
      flushed = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
      // In the middle of writing: it flushes all the time.
      if (flushed >= 400) writer.kill('SIGKILL');
    }
    await ended;
    expect(writer.signalCode).toBe('SIGKILL');
    const ids = (await readAll()).flatMap(({ requestIds }) => requestIds.map(Number)).sort((a, b) => a - b);
    expect(ids.length).toBeGreaterThanOrEqual(flushed);
    expect(ids).toEqual(Array.from(ids.keys()));
  });
});

describe('labels that come later', () => {
  const labelled = async (): Promise<unknown> => analysis.rows(`SELECT request_id, row, label, number FROM read_parquet('${join(folder, 'flights', 'labels.parquet')}')`);

  test('labels find their rows; the same import twice is once; later ones win; the rest are counted', async () => {
    const log = await openLog();
    const recorder = log.recorder(flights);
    for (const requestId of ['a', 'b', 'c']) recorder.record(prediction({ requestId, rows: 2 }));
    await log.close();
    const parquet = await openParquetWriter({ directories: [folder] });
    const options = { folder, model: 'flights', analysis, parquet };
    const first = [{ key: 'a', label: 'late' }, { key: 'b', row: 1, label: 1 }, { key: 'nobody', label: 'late' }, { key: 'a', row: 2, label: 'late' }];
    expect(await importLabels(options, first)).toEqual({ given: 4, unmatched: 2, labelled: 2 });
    const once = await labelled();
    expect(once).toEqual([{ request_id: 'a', row: 0, label: 'late', number: null }, { request_id: 'b', row: 1, label: '1', number: 1 }]);
    expect(await importLabels(options, first)).toEqual({ given: 4, unmatched: 2, labelled: 2 });
    expect(await labelled()).toEqual(once);
    expect(await importLabels(options, [{ key: 'a', label: 'cancelled' }, { key: 'a', label: 'on time' }])).toEqual({ given: 2, unmatched: 0, labelled: 2 });
    expect(await labelled()).toEqual([{ request_id: 'a', row: 0, label: 'on time', number: null }, { request_id: 'b', row: 1, label: '1', number: 1 }]);
    expect(await importLabels({ ...options, by: 'input.carrier' }, [{ key: 'carrier 1', label: 'x' }])).toEqual({ given: 1, unmatched: 0, labelled: 4 });
    expect((await readAll()).flatMap(({ requestIds, rows, labels }) => requestIds.map((id, at) => [id, rows[at], labels[at]]))).toEqual([['a', 0, 'on time'], ['a', 1, 'x'], ['b', 0, null], ['b', 1, 'x'], ['c', 0, null], ['c', 1, 'x']]);
    await expect(importLabels({ ...options, by: 'order' }, [])).rejects.toMatchObject({ code: 'column-missing' });
    await expect(importLabels({ ...options, model: 'none' }, [])).rejects.toMatchObject({ code: 'file-missing' });
    await parquet.close();
    expect(readdirSync(join(folder, 'flights')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
