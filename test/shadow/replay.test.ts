import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TensorMap } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';
import { replay, type RecordedInputs, type ReplayCounts, type ReplayedPairs, type ReplayOptions, type Runner } from '../../server/shadow/replay.ts';
import { simulatedClock, type SimulatedClock } from '../serving/simulated-clock.ts';

function tensors(values: readonly number[]): TensorMap {
  return new Map([['x', { datatype: 'float64', shape: [values.length], data: Float64Array.from(values) }]]);
}

function valuesIn(map: TensorMap | null): number[] {
  return [...((map?.get('x')?.data ?? []) as Float64Array)];
}

function batch(id: string, atMs: number, values: readonly number[], answered: TensorMap | null = null): RecordedInputs {
  return { atMs, inputs: tensors(values), references: values.map((_, row) => ({ id, row })), answered };
}

function split({ atMs, inputs, references, answered }: RecordedInputs): RecordedInputs[] {
  return references.map((reference, row) => ({ atMs, inputs: tensors([valuesIn(inputs)[row]]), references: [reference], answered: answered === null ? null : tensors([valuesIn(answered)[row]]) }));
}

async function* source(batches: readonly RecordedInputs[]): AsyncGenerator<RecordedInputs> {
  for (const each of batches) {
    await Promise.resolve();
    yield each;
  }
}

const adding = (amount: number): Runner => ({ run: (inputs) => Promise.resolve(tensors(valuesIn(inputs).map((value) => value + amount))) });

function expectExact({ read, compared, failed, dropped, underWay }: ReplayCounts): void {
  const rows = [compared, underWay, ...Object.values(failed), ...Object.values(dropped)];
  expect(rows.reduce((sum, each) => sum + each, 0)).toBe(read);
}

function options(clock: SimulatedClock, changes: Partial<ReplayOptions> = {}): ReplayOptions & { told: ReplayedPairs[] } {
  const told: ReplayedPairs[] = [];
  return { production: adding(0), candidate: adding(1), pace: null, concurrency: 1, warmUps: 0, deadlineMs: null, noise: { share: 0, rowsMin: 0 }, repeats: [], clock, onPairs: (pairs) => void told.push(pairs), onRepeat: () => undefined, onProgress: expectExact, told, ...changes };
}

describe('a replay', () => {
  test('gives each row to both, and accounts for it', async () => {
    const given = options(simulatedClock());
    const counts = await replay(source([batch('a', 0, [1, 2]), batch('b', 1, [3])]), given);
    expect(counts).toEqual({ read: 3, compared: 3, failed: { production: 0, candidate: 0, both: 0 }, dropped: { 'no recorded answer': 0, cancelled: 0 }, underWay: 0, repeated: 0, repeatsFailed: 0, behindMs: 0 });
    expect(given.told.map(({ batch: { references }, production, candidate }) => [references[0].id, valuesIn(production.outputs), valuesIn(candidate.outputs)])).toEqual([['a', [1, 2], [2, 3]], ['b', [3], [4]]]);
  });

  test('asks production first in one batch and the candidate in the next', async () => {
    const asked: string[] = [];
    const named = (name: string): Runner => ({
      run: (inputs) => {
        asked.push(name + valuesIn(inputs).join());
        return Promise.resolve(inputs);
      },
    });
    await replay(source([1, 2, 3].map((value) => batch('r', 0, [value]))), options(simulatedClock(), { production: named('p'), candidate: named('c'), warmUps: 2 }));
    const warmUp = ['p1', 'c1', 'p1', 'c1'];
    expect(asked).toEqual([...warmUp, 'p1', 'c1', 'c2', 'p2', 'p3', 'c3']);
  });

  test('takes production’s answers from the recording, and drops rows that have none', async () => {
    const given = options(simulatedClock(), { production: 'recorded' });
    const counts = await replay(source([batch('a', 0, [1], tensors([7])), batch('b', 0, [2, 3])]), given);
    expect(counts).toMatchObject({ read: 3, compared: 1, dropped: { 'no recorded answer': 2 } });
    expect(given.told.map(({ production }) => [valuesIn(production.outputs), production.totalMs])).toEqual([[[7], null]]);
  });

  test('keeps the recorded pace, or n times it, and does not wait for a clock that went back', async () => {
    for (const [pace, expected] of [[1, [0, 1000, 1000, 3000]], [4, [0, 250, 250, 750]]] as const) {
      const clock = simulatedClock();
      const at: number[] = [];
      const candidate: Runner = {
        run: (inputs) => {
          at.push(clock.nowUs() / 1000);
          return Promise.resolve(inputs);
        },
      };
      const done = replay(source([50_000, 51_000, 10_000, 53_000].map((atMs) => batch('r', atMs, [1]))), options(clock, { candidate, pace }));
      for (let turn = 0; turn < 20; turn++) await clock.pass(200_000);
      expect((await done).compared).toBe(4);
      expect(at).toEqual(expected);
    }
  });

  test('says how far it fell behind when models are slower than the pace', async () => {
    const clock = simulatedClock();
    const candidate: Runner = { run: (inputs) => new Promise((resolve) => clock.after(300_000, () => resolve(inputs))) };
    const done = replay(source([0, 100, 200].map((atMs) => batch('r', atMs, [1]))), options(clock, { candidate, pace: 1 }));
    for (let turn = 0; turn < 20; turn++) await clock.pass(100_000);
    expect((await done).behindMs).toBeGreaterThan(0);
  });

  test('has no more batches under way than it may', async () => {
    let underWay = 0;
    let most = 0;
    const candidate: Runner = {
      async run(inputs) {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return inputs;
      },
    };
    const counts = await replay(source(Array.from({ length: 30 }, (_, at) => batch('r', at, [1]))), options(simulatedClock(), { candidate, concurrency: 3 }));
    expect(counts.compared).toBe(30);
    expect(most).toBe(3);
  });

  test('one bad row of a batch is one bad row, on the side it was bad for', async () => {
    const failingOn = (bad: number): Runner => ({ run: (inputs) => (valuesIn(inputs).includes(bad) ? Promise.reject(new Problem('model-failed', 'no')) : Promise.resolve(inputs)) });
    const given = options(simulatedClock(), { production: failingOn(2), candidate: failingOn(3), split });
    const counts = await replay(source([batch('a', 0, [1, 2, 3, 4])]), given);
    expect(counts).toMatchObject({ read: 4, compared: 2, failed: { production: 1, candidate: 1, both: 0 } });
    expect(given.told.map(({ batch: { references }, production, candidate }) => [references[0].row, production.error, candidate.error])).toEqual([[0, null, null], [1, 'model-failed', null], [2, null, 'model-failed'], [3, null, null]]);
  });

  test('asks production again on a sample, in every way it is given', async () => {
    const repeats: [string, string][] = [];
    const given = options(simulatedClock(), {
      noise: { share: 0.1, rowsMin: 3 },
      repeats: [
        { how: 'alone', run: (each) => Promise.resolve(each.inputs) },
        { how: 'other-batch', run: (each) => (each.references[0].id === '1' ? Promise.reject(new Error('busy')) : Promise.resolve(each.inputs)) },
      ],
      onRepeat: (pairs, how) => void repeats.push([pairs.batch.references[0].id, how]),
    });
    const counts = await replay(source(Array.from({ length: 60 }, (_, at) => batch(String(at), at, [at]))), given);
    expect(counts).toMatchObject({ compared: 60, repeatsFailed: 1, repeated: 5 });
    expect(repeats.slice(0, 4)).toEqual([['0', 'alone'], ['0', 'other-batch'], ['1', 'alone'], ['2', 'alone']]);
  });

  test('cancelled, it ends at once and says what became of what was under way', async () => {
    const stop = new AbortController();
    const candidate: Runner = { run: (_, { signal }) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))) };
    const given = options(simulatedClock(), { candidate, concurrency: 2, signal: stop.signal });
    const done = replay(source(Array.from({ length: 9 }, (_, at) => batch('r', at, [1, 2]))), given);
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    const counts = await done;
    expect(counts).toMatchObject({ compared: 0, underWay: 0, dropped: { cancelled: counts.read } });
    expect(counts.read).toBeLessThanOrEqual(6);
    expect(given.told).toEqual([]);
  });

  test('cancelled while it waits for the recorded time, it leaves no timer behind', async () => {
    const clock = simulatedClock();
    const stop = new AbortController();
    const done = replay(source([batch('a', 0, [1]), batch('b', 3_600_000, [2])]), options(clock, { pace: 1, signal: stop.signal }));
    await clock.pass(1000);
    stop.abort();
    expect(await done).toMatchObject({ read: 2, compared: 1, dropped: { cancelled: 1 } });
    expect(await clock.next()).toBe(false);
  });

  test.each<[string, Partial<ReplayOptions>, AsyncIterable<RecordedInputs>]>([
    ['the source', {}, (async function* () { yield batch('a', 0, [1]); await Promise.reject(new Error('torn')); })()],
    ['the comparison', { onPairs: () => Promise.reject(new Error('torn')) }, source([batch('a', 0, [1]), batch('b', 0, [1])])],
    ['who looks on', { onProgress: () => { throw new Error('torn'); } }, source([batch('a', 0, [1])])],
    ['the split', { split: () => [], candidate: { run: () => Promise.reject(new Error('no')) } }, source([batch('a', 0, [1, 2])])],
  ])('what %s throws ends it, and is thrown', async (what, changes, from) => {
    await expect(replay(from, options(simulatedClock(), changes))).rejects.toThrow(what === 'the split' ? 'was split into 0' : 'torn');
  });
});

test('every row is accounted for at every moment, whatever fails', async () => {
  const behaviour = fc.constantFrom('answer' as const, 'late' as const, 'fail' as const);
  const recorded = fc.record({ rows: fc.integer({ min: 0, max: 5 }), atMs: fc.integer({ min: 0, max: 5000 }), production: behaviour, candidate: behaviour, answered: fc.boolean() });
  const cases = fc.record({ batches: fc.array(recorded, { maxLength: 15 }), concurrency: fc.integer({ min: 1, max: 4 }), pace: fc.constantFrom(null, 1, 10), warmUps: fc.nat(2), fromRecording: fc.boolean(), splits: fc.boolean(), stopAtUs: fc.option(fc.nat(3_000_000)) });
  await fc.assert(
    fc.asyncProperty(cases, async ({ batches, concurrency, pace, warmUps, fromRecording, splits, stopAtUs }) => {
      const clock = simulatedClock();
      const stop = new AbortController();
      if (stopAtUs !== null) clock.after(stopAtUs, () => stop.abort());
      const side = (which: 'production' | 'candidate'): Runner => ({
        async run(inputs) {
          const how = batches[valuesIn(inputs)[0] ?? 0]?.[which] ?? 'answer';
          if (how === 'late') await new Promise<void>((resolve) => clock.after(50_000, resolve));
          if (how === 'fail') throw new Problem('model-failed', 'no');
          return inputs;
        },
      });
      let told = 0;
      const given = options(clock, { production: fromRecording ? 'recorded' : side('production'), candidate: side('candidate'), concurrency, pace, warmUps, signal: stop.signal, ...(splits && { split }), onPairs: ({ batch: { references } }) => void (told += references.length) });
      let counts: ReplayCounts | null = null;
      const done = replay(source(batches.map(({ rows, atMs, answered }, index) => batch(String(index), atMs, Array<number>(rows).fill(index), answered ? tensors(Array<number>(rows).fill(1)) : null))), given).then((ended) => (counts = ended));
      for (let turn = 0; turn < 400 && counts === null; turn++) await clock.pass(50_000);
      const ended = await done;
      expectExact(ended);
      expect(ended.underWay).toBe(0);
      expect(told).toBe(ended.compared + ended.failed.production + ended.failed.candidate + ended.failed.both);
      if (stopAtUs === null) expect(ended).toMatchObject({ read: batches.reduce((sum, { rows }) => sum + rows, 0), dropped: { cancelled: 0 } });
    }),
    { numRuns: 100 },
  );
});
