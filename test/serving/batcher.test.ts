import { describe, expect, test } from 'vitest';
import type { TensorMap } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';
import { openBatcher, type Answered, type BatchRun, type BatchSettings, type Batcher, type Priority, type Runner, type Submitted } from '../../server/serving/batcher.ts';
import { simulatedClock, type SimulatedClock } from './simulated-clock.ts';

const settings: BatchSettings = { maxBatchRows: 8, preferredBatchRows: [], maxQueueDelayUs: 0, preserveOrdering: false, maxQueueRows: { interactive: 64, batch: 64, shadow: 64 }, timeoutMs: 30_000, timeoutAction: 'reject' };

/** Answers each row with itself plus a half, after a millisecond. */
function fakeRunner(clock: SimulatedClock, ran: number[][] = [], odd: (rows: number[]) => TensorMap | Error | null = () => null): Runner {
  return {
    run: (inputs, { outputs, signal }) =>
      new Promise((resolve, reject) => {
        const rows = rowsIn(inputs, 'x');
        ran.push(rows);
        const callOff = clock.after(1000, () => {
          const other = odd(rows);
          if (other instanceof Error) reject(other);
          else resolve(other ?? new Map([['y', vector(rows.map((row) => row + 0.5))], ['z', vector(rows)]].filter(([name]) => outputs?.includes(name as string) ?? true) as [string, ReturnType<typeof vector>][]));
        });
        signal?.addEventListener('abort', () => {
          callOff();
          reject(new Error('stopped'));
        });
      }),
  };
}

function vector(rows: number[]): { datatype: 'float64'; shape: number[]; data: Float64Array } {
  return { datatype: 'float64', shape: [rows.length], data: Float64Array.from(rows) };
}

function rowsIn(tensors: TensorMap, name: string): number[] {
  return Array.from(tensors.get(name)?.data as Float64Array);
}

function asking(rows: number[], more: Partial<Submitted> = {}): Submitted {
  return { inputs: new Map([['x', vector(rows)]]), rows: rows.length, outputs: null, priority: 'interactive', timeoutMs: null, ...more };
}

interface Bench {
  clock: SimulatedClock;
  batcher: Batcher;
  ran: number[][];
  batches: BatchRun[];
  /** Submits, and notes the end by name. */
  ask(name: string, rows: number[], more?: Partial<Submitted>): void;
  ends: Map<string, Answered | Error>;
  /** In the order in which replies left. */
  order: string[];
}

function bench(changed: Partial<BatchSettings> = {}, { runners = 1, odd }: { runners?: number; odd?: (rows: number[]) => TensorMap | Error | null } = {}): Bench {
  const clock = simulatedClock();
  const ran: number[][] = [];
  const batches: BatchRun[] = [];
  const batcher = openBatcher(Array.from({ length: runners }, () => fakeRunner(clock, ran, odd)), { ...settings, ...changed }, clock);
  batcher.onBatch((batch) => batches.push(batch));
  const ends: Bench['ends'] = new Map();
  const order: string[] = [];
  return {
    clock,
    batcher,
    ran,
    batches,
    ends,
    order,
    ask(name, rows, more) {
      batcher.submit(asking(rows, more)).then(
        (answer) => {
          ends.set(name, answer);
          order.push(name);
        },
        (error: Error) => {
          ends.set(name, error);
          order.push(name);
        },
      );
    },
  };
}

function rowsOf(end: Answered | Error | undefined): number[] {
  if (end === undefined || end instanceof Error) throw end ?? new Error('unanswered');
  return rowsIn(end.outputs, 'y');
}

function codeOf(end: Answered | Error | undefined): string | undefined {
  return end instanceof Problem ? end.code : undefined;
}

describe('forming batches', () => {
  test('a request that finds a runner idle is computed at once, and those that come meanwhile together', async () => {
    const { clock, ask, ran, ends, batches } = bench();
    ask('a', [1]);
    ask('b', [2, 3]);
    ask('c', [4]);
    await clock.pass(2000);
    expect(ran).toEqual([[1], [2, 3, 4]]);
    expect([...ends].map(([name, end]) => [name, rowsOf(end)])).toEqual([['a', [1.5]], ['b', [2.5, 3.5]], ['c', [4.5]]]);
    expect(ends.get('c')).toMatchObject({ queueUs: 1000, computeUs: 1000, batchRows: 3, closedBy: 'idle-runner' });
    expect(batches).toEqual([
      { rows: 1, requests: 1, priority: 'interactive', closedBy: 'idle-runner', queueUs: 0, inputUs: 0, computeUs: 1000, outputUs: 0, outcome: 'answered', unbatched: null, traces: [] },
      { rows: 3, requests: 2, priority: 'interactive', closedBy: 'idle-runner', queueUs: 1000, inputUs: 0, computeUs: 1000, outputUs: 0, outcome: 'answered', unbatched: null, traces: [] },
    ]);
  });

  const waits: { title: string; changed: Partial<BatchSettings>; asked: [number[], Partial<Submitted>?][]; ran: number[][]; closedBy: string[] }[] = [
    { title: 'a request that does not fit any more opens the next batch, and none overtakes it', changed: {}, asked: [[[1, 2, 3, 4, 5]], [[6, 7, 8, 9]], [[10]]], ran: [[0], [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]], closedBy: ['idle-runner', 'max-rows', 'idle-runner'] },
    { title: 'a batch is closed by its largest size', changed: {}, asked: [[[1, 2, 3, 4]], [[5, 6, 7, 8]], [[9]]], ran: [[0], [1, 2, 3, 4, 5, 6, 7, 8], [9]], closedBy: ['idle-runner', 'max-rows', 'idle-runner'] },
    { title: 'a preferred size is taken, and the rest stays for the next batch', changed: { preferredBatchRows: [2, 4] }, asked: [[[1, 2]], [[3, 4]], [[5]]], ran: [[0], [1, 2, 3, 4], [5]], closedBy: ['idle-runner', 'preferred', 'idle-runner'] },
    { title: 'requests for other outputs are not put together', changed: {}, asked: [[[1]], [[2], { outputs: ['y'] }], [[3], { outputs: ['y', 'y'] }]], ran: [[0], [1], [2, 3]], closedBy: ['idle-runner', 'incompatible', 'idle-runner'] },
    { title: 'interactive requests go before those in bulk, which share their batch, and shadows after all of them, alone', changed: {}, asked: [[[1], { priority: 'shadow' }], [[2], { priority: 'batch' }], [[3]], [[4], { priority: 'shadow' }]], ran: [[0], [3, 2], [1, 4]], closedBy: ['idle-runner', 'idle-runner', 'idle-runner'] },
    { title: 'without batching each request is run as it came', changed: { maxBatchRows: 1 }, asked: [[[1, 2, 3]], [[4]]], ran: [[0], [1, 2, 3], [4]], closedBy: ['alone', 'alone', 'alone'] },
    { title: 'a request larger than a batch is cut, and more urgent ones get in between', changed: { maxBatchRows: 2 }, asked: [[[1, 2, 3, 4, 5], { priority: 'batch' }]], ran: [[0], [1, 2], [3, 4], [5]], closedBy: ['idle-runner', 'alone', 'alone', 'alone'] },
    { title: 'requests without rows are answered without rows', changed: {}, asked: [[[]], [[1]], [[]]], ran: [[0], [1]], closedBy: ['idle-runner', 'idle-runner'] },
  ];
  test.each(waits)('$title', async ({ changed, asked, ran: expected, closedBy }) => {
    const { clock, ask, ran, ends, batches } = bench(changed);
    ask('first', [0]);
    asked.forEach(([rows, more], index) => ask(String(index), rows, more));
    await clock.pass(10_000);
    expect(ran).toEqual(expected);
    expect(batches.map((batch) => batch.closedBy)).toEqual(closedBy);
    expect(asked.map((_, index) => rowsOf(ends.get(String(index))))).toEqual(asked.map(([rows]) => rows.map((row) => row + 0.5)));
  });

  test('an urgent request does not wait for all of a large one', async () => {
    const { clock, ask, ran } = bench({ maxBatchRows: 2 });
    ask('large', [1, 2, 3, 4, 5], { priority: 'batch' });
    ask('urgent', [6]);
    await clock.pass(10_000);
    expect(ran).toEqual([[1, 2], [6], [3, 4], [5]]);
  });

  test('an idle runner waits for a fuller batch as long as it may, and not when it is full', async () => {
    const { clock, ask, ran, batches, ends } = bench({ maxQueueDelayUs: 500 });
    ask('a', [1]);
    await clock.pass(400);
    ask('b', [2]);
    expect(ran).toEqual([]);
    await clock.pass(100);
    expect(ran).toEqual([[1, 2]]);
    await clock.pass(1000);
    ask('full', [1, 2, 3, 4, 5, 6, 7, 8]);
    await clock.pass(1000);
    expect(ends.get('full')).toMatchObject({ queueUs: 0, closedBy: 'max-rows' });
    expect(batches.map(({ closedBy }) => closedBy)).toEqual(['delay', 'max-rows']);
  });

  test('several runners compute at the same time', async () => {
    const { clock, ask, ends } = bench({}, { runners: 2 });
    ask('a', [1]);
    ask('b', [2]);
    await clock.pass(1000);
    expect([...ends.keys()]).toEqual(['a', 'b']);
  });

  test('only the outputs that were asked for are given', async () => {
    const clock = simulatedClock();
    const generous: Runner = { run: (inputs) => Promise.resolve(new Map([['y', vector(rowsIn(inputs, 'x'))], ['z', vector(rowsIn(inputs, 'x'))]])) };
    const batcher = openBatcher([generous], settings, clock);
    expect([...(await batcher.submit(asking([1], { outputs: ['z'] }))).outputs.keys()]).toEqual(['z']);
    await expect(batcher.submit(asking([1], { outputs: ['w'] }))).rejects.toMatchObject({ code: 'model-failed', message: 'The model gave no output w' });
  });

  test('a request that has other rows than it says is refused, as it would get those of another', async () => {
    const { batcher } = bench();
    await expect(batcher.submit({ ...asking([1, 2]), rows: 1 })).rejects.toMatchObject({ code: 'infer-invalid' });
  });

  test('replies keep their order within a priority where that is wanted', async () => {
    const { clock, ask, order } = bench({ preserveOrdering: true, maxBatchRows: 2 }, { runners: 2 });
    ask('slow', [1, 2, 3, 4, 5]);
    ask('quick', [6]);
    ask('shadow', [7], { priority: 'shadow' });
    await clock.pass(2000);
    expect(order).toEqual(['shadow']);
    await clock.pass(2000);
    expect(order).toEqual(['shadow', 'slow', 'quick']);
  });
});

describe('limits of the queue', () => {
  test('beyond its rows a request is refused, and one that finds nobody waiting is taken whatever its size', async () => {
    const { clock, ask, ends } = bench({ maxQueueRows: { interactive: 2, batch: 2, shadow: 2 } });
    ask('running', [0]);
    ask('large', [1, 2, 3]);
    ask('refused', [4]);
    ask('other level', [5], { priority: 'batch' });
    await clock.pass(5000);
    expect([...ends].map(([name, end]) => [name, codeOf(end) ?? 'answered'])).toEqual([['refused', 'queue-full'], ['running', 'answered'], ['large', 'answered'], ['other level', 'answered']]);
  });

  test('of shadows the oldest make room, and their callers are told', async () => {
    const { clock, ask, ends, batcher } = bench({ maxQueueRows: { interactive: 2, batch: 2, shadow: 2 } });
    ask('running', [0]);
    for (const name of ['one', 'two', 'three']) ask(name, [1], { priority: 'shadow' });
    expect(batcher.queued).toEqual({ requests: 2, rows: 2 });
    await clock.pass(5000);
    expect([...ends].map(([name, end]) => [name, codeOf(end) ?? 'answered'])).toEqual([['one', 'queue-full'], ['running', 'answered'], ['two', 'answered'], ['three', 'answered']]);
  });

  test('whoever has waited as long as he may is told so; less may be asked for, not more', async () => {
    const { clock, ask, ends, ran } = bench({ timeoutMs: 0.9 });
    ask('running', [0]);
    ask('patient', [1], { timeoutMs: 5 });
    ask('hasty', [2], { timeoutMs: 0.5 });
    await clock.pass(500);
    expect([...ends].map(([name, end]) => [name, codeOf(end)])).toEqual([['hasty', 'deadline-passed']]);
    await clock.pass(5000);
    expect(codeOf(ends.get('patient'))).toBe('deadline-passed');
    expect(ran).toEqual([[0]]);
  });

  test('or is served after all that are not late', async () => {
    const { clock, ask, ran } = bench({ timeoutMs: 0.5, timeoutAction: 'delay', maxBatchRows: 2 });
    ask('running', [0]);
    ask('late', [1, 1]);
    await clock.pass(800);
    ask('new', [2, 2]);
    await clock.pass(5000);
    expect(ran).toEqual([[0], [2, 2], [1, 1]]);
  });
});

describe('callers that leave', () => {
  test('a request that was called off is not computed', async () => {
    const { clock, ask, ran, ends, batcher } = bench();
    const left = new AbortController();
    ask('running', [0]);
    ask('left', [1], { signal: left.signal });
    ask('stays', [2]);
    left.abort(new Error('gone'));
    expect(batcher.queued).toEqual({ requests: 1, rows: 1 });
    await clock.pass(5000);
    expect(ran).toEqual([[0], [2]]);
    expect(ends.get('left')).toEqual(new Error('gone'));
  });

  test('a batch is stopped when nobody waits for it any more, and not before', async () => {
    const { clock, ask, batches, ran } = bench();
    const [one, two] = [new AbortController(), new AbortController()];
    ask('running', [0]);
    ask('one', [1], { signal: one.signal });
    ask('two', [2], { signal: two.signal });
    await clock.pass(1200);
    one.abort();
    await clock.pass(100);
    expect(batches).toHaveLength(1);
    two.abort();
    ask('next', [3]);
    await clock.pass(100);
    expect(batches[1]).toMatchObject({ outcome: 'cancelled', computeUs: 300 });
    expect(ran[2]).toEqual([3]);
  });

  test('who has already left is not taken', async () => {
    const { batcher } = bench();
    await expect(batcher.submit(asking([1], { signal: AbortSignal.abort(new Error('gone')) }))).rejects.toThrow('gone');
    expect(batcher.queued).toEqual({ requests: 0, rows: 0 });
  });
});

describe('models that fail', () => {
  test('one request that spoils a batch spoils no other', async () => {
    const { clock, ask, ends, ran, batches } = bench({}, { odd: (rows) => (rows.includes(13) ? new Problem('model-failed', 'unlucky') : null) });
    ask('first', [0]);
    for (const row of [1, 13, 2]) ask(String(row), [row]);
    await clock.pass(10_000);
    expect(ran).toEqual([[0], [1, 13, 2], [1], [13], [2]]);
    expect([...ends].map(([name, end]) => [name, codeOf(end) ?? rowsOf(end)])).toEqual([['first', [0.5]], ['1', [1.5]], ['13', 'model-failed'], ['2', [2.5]]]);
    expect(batches.map(({ closedBy, outcome }) => `${closedBy} ${outcome}`)).toEqual(['idle-runner answered', 'idle-runner failed', 'retry-alone answered', 'retry-alone failed', 'retry-alone answered']);
  });

  test('rows that cannot be told apart are nobody\'s, and from then on requests are run one by one', async () => {
    const { clock, ask, ends, ran, batches } = bench({}, { odd: (rows) => (rows.length > 1 ? new Map([['y', vector([rows[0] + 0.5])]]) : null) });
    ask('first', [0]);
    ask('a', [1]);
    ask('b', [2]);
    await clock.pass(2000);
    ask('c', [3]);
    ask('d', [4, 5]);
    await clock.pass(5000);
    expect(ran).toEqual([[0], [1, 2], [3], [4, 5]]);
    expect([codeOf(ends.get('a')), codeOf(ends.get('b')), rowsOf(ends.get('c')), rowsOf(ends.get('d'))]).toEqual(['model-failed', 'model-failed', [3.5], [4.5]]);
    expect(batches.map(({ unbatched }) => unbatched)).toEqual([null, 'output y has shape [1] for 2 rows', null, null]);
  });

  test('a request that was cut is run whole once rows are not put together any more', async () => {
    const { clock, ask, ends, ran } = bench({ maxBatchRows: 2 }, { runners: 2, odd: (rows) => (rows.includes(9) ? new Map([['y', vector([9])]]) : null) });
    ask('odd', [9, 9]);
    ask('large', [1, 2, 3]);
    await clock.pass(5000);
    expect(ran).toEqual([[9, 9], [1, 2], [1, 2, 3]]);
    expect(rowsOf(ends.get('large'))).toEqual([1.5, 2.5, 3.5]);
  });

  test('answers to parts of a request that are not of one shape are no answer', async () => {
    const { clock, ask, ends } = bench({ maxBatchRows: 2 }, { odd: (rows) => new Map([['y', { datatype: 'float64', shape: [rows.length, rows[0]], data: new Float64Array(rows.length * rows[0]) }]]) });
    ask('a', [1, 2, 3]);
    await clock.pass(5000);
    expect(codeOf(ends.get('a'))).toBe('model-failed');
  });
});

describe('the end', () => {
  test('draining answers what was taken, without waiting for more, and takes nothing new', async () => {
    const { clock, ask, ends, batcher } = bench({ maxQueueDelayUs: 1_000_000 });
    ask('taken', [1]);
    const drained = batcher.drain();
    ask('new', [2]);
    await clock.pass(1000);
    await drained;
    expect([rowsOf(ends.get('taken')), codeOf(ends.get('new'))]).toEqual([[1.5], 'not-ready']);
    await batcher.drain();
  });

  test('closing refuses what waits, stops what is computed, and leaves no timer', async () => {
    const { clock, ask, ends, batcher, batches } = bench();
    ask('running', [0]);
    ask('waiting', [1]);
    await clock.pass(100);
    await batcher.close();
    expect([codeOf(ends.get('running')), codeOf(ends.get('waiting'))]).toEqual(['not-ready', 'not-ready']);
    expect(batches).toMatchObject([{ outcome: 'cancelled' }]);
    expect(await clock.next()).toBe(false);
  });
});

// ---- a million rows

/** Seeded (mulberry32), so that a failure can be had again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const rowsWanted = 250_000;
const storms: { seed: number; changed: Partial<BatchSettings>; runners: number }[] = [
  { seed: 1, changed: { maxBatchRows: 32 }, runners: 3 },
  { seed: 2, changed: { maxBatchRows: 16, preferredBatchRows: [4, 8], maxQueueDelayUs: 300, preserveOrdering: true }, runners: 2 },
  { seed: 3, changed: { maxBatchRows: 24, timeoutMs: 2, timeoutAction: 'delay' }, runners: 1 },
  { seed: 4, changed: { maxBatchRows: 64, timeoutMs: 1 }, runners: 4 },
];

describe('a million rows', () => {
  test.each(storms)('of all sizes and priorities, through failures, deadlines and callers that leave: none is answered wrongly, and none not at all (seed $seed)', async ({ seed, changed, runners }) => {
    const random = randomOf(seed);
    const clock = simulatedClock();
    const storm = openBatcher(Array.from({ length: runners }, () => stormRunner(clock, random)), { ...settings, maxQueueRows: { interactive: 200, batch: 200, shadow: 100 }, ...changed }, clock);
    let [submitted, ended, answeredRows, wrong, sent] = [0, 0, 0, 0, 0];
    const refusals = new Map<string, number>();
    const mixed = { batches: 0, rows: 0 };
    storm.onBatch((batch) => {
      mixed.batches++;
      mixed.rows += batch.rows;
    });

    while (sent < rowsWanted) {
      for (let burst = Math.floor(random() * 12); burst >= 0; burst--) {
        const rows = random() < 0.01 ? Math.floor(random() * 200) : Math.floor(random() * 9);
        const data = Float64Array.from({ length: rows * 2 }, (_, index) => (index % 2 === 0 ? sent + (index >> 1) : Math.floor(random() * 1000)));
        if (random() < 0.002 && rows > 0) data[1] = poison;
        const left = random() < 0.05 ? new AbortController() : null;
        if (left !== null) clock.after(random() * 3000, () => left.abort(new Error('left')));
        const outputs = random() < 0.1 ? ['sum'] : null;
        const priority: Priority = (['interactive', 'interactive', 'batch', 'shadow'] as const)[Math.floor(random() * 4)];
        sent += rows;
        submitted++;
        storm.submit({ inputs: new Map([['x', { datatype: 'float64', shape: [rows, 2], data }]]), rows, outputs, priority, timeoutMs: random() < 0.1 ? random() * 4 : null, signal: left?.signal }).then(
          (answer) => {
            ended++;
            answeredRows += rows;
            if (!isRight(answer.outputs, data, outputs)) wrong++;
          },
          (error: Error) => {
            ended++;
            const kind = error instanceof Problem ? error.code : error.message;
            refusals.set(kind, (refusals.get(kind) ?? 0) + 1);
          },
        );
      }
      await clock.pass(Math.floor(random() * 1500));
    }
    const drained = storm.drain();
    while (await clock.next());
    await drained;

    expect({ wrong, unanswered: submitted - ended, queued: storm.queued }).toEqual({ wrong: 0, unanswered: 0, queued: { requests: 0, rows: 0 } });
    expect(answeredRows).toBeGreaterThan(rowsWanted / 3);
    expect(mixed.rows / mixed.batches).toBeGreaterThan(3);
    // Had the storm been too mild, this would have shown nothing.
    expect([...refusals.keys()]).toEqual(expect.arrayContaining(['left', 'queue-full', 'model-failed']));
  });
});

const poison = -1;

/** Answers a row of two numbers with their sum and with the first; now and then it fails for no reason. */
function stormRunner(clock: SimulatedClock, random: () => number): Runner {
  return {
    run: (inputs, { outputs, signal }) =>
      new Promise((resolve, reject) => {
        const data = inputs.get('x')?.data as Float64Array;
        const rows = data.length / 2;
        const fails = random() < 0.01 || data.includes(poison);
        const callOff = clock.after(100 + random() * 900, () => {
          if (fails) return reject(new Problem('model-failed', 'it failed'));
          const answer: TensorMap = new Map();
          answer.set('sum', { datatype: 'float64', shape: [rows], data: Float64Array.from({ length: rows }, (_, row) => data[2 * row] + data[2 * row + 1]) });
          if (outputs === undefined) answer.set('name', { datatype: 'string', shape: [rows, 1], data: { codes: Int32Array.from({ length: rows }, (_, row) => row), dictionary: Array.from({ length: rows }, (_, row) => `row ${data[2 * row]}`) } });
          resolve(answer);
        });
        signal?.addEventListener('abort', () => {
          callOff();
          reject(new Error('stopped'));
        });
      }),
  };
}

function isRight(answer: TensorMap, data: Float64Array, outputs: readonly string[] | null): boolean {
  const rows = data.length / 2;
  const sum = answer.get('sum');
  const name = answer.get('name');
  if (sum?.datatype !== 'float64' || sum.data.length !== rows || (name === undefined) === (outputs === null)) return false;
  for (let row = 0; row < rows; row++) if (sum.data[row] !== data[2 * row] + data[2 * row + 1]) return false;
  if (name === undefined) return true;
  if (name.datatype !== 'string' || name.data.codes.length !== rows) return false;
  for (let row = 0; row < rows; row++) if (name.data.dictionary[name.data.codes[row]] !== `row ${data[2 * row]}`) return false;
  return true;
}
