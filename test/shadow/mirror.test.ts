import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TensorMap } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';
import { openMirror, shadowHeader, type Answering, type MirroredPair, type MirroredRepeat, type MirroredRequest, type MirrorOptions, type ShadowAnswer } from '../../server/shadow/mirror.ts';
import { simulatedClock } from '../serving/simulated-clock.ts';

function tensors(value: number, rows = 1): TensorMap {
  return new Map([['x', { datatype: 'float64', shape: [rows], data: new Float64Array(rows).fill(value) }]]);
}

function answer(value: number, rows = 1, batchRows = rows): ShadowAnswer {
  return { outputs: tensors(value, rows), queueUs: 1, computeUs: 2, batchRows };
}

function request(changes: Partial<MirroredRequest> = {}): MirroredRequest {
  const { rows = 1 } = changes;
  return { requestId: 'r', traceId: null, atMs: 0, headers: {}, inputs: tensors(1, rows), rows, wanted: null, production: { ...answer(2, rows), version: 'v1', totalUs: 1000 }, ...changes };
}

interface Call {
  inputs: TensorMap;
  timeoutMs: number | null;
  signal?: AbortSignal;
  resolve: (answer: ShadowAnswer) => void;
  reject: (error: unknown) => void;
}

/** Answers when it is told to. */
function patientShadow(): { answering: Answering; calls: Call[] } {
  const calls: Call[] = [];
  return { calls, answering: { infer: ({ inputs, timeoutMs, signal }) => new Promise((resolve, reject) => calls.push({ inputs, timeoutMs, signal, resolve, reject })) } };
}

const nobody: Answering = { infer: () => Promise.reject(new Error('was not to be asked')) };

function open(shadow: Answering, changes: Partial<MirrorOptions> = {}) {
  const clock = simulatedClock();
  const pairs: MirroredPair[] = [];
  const repeats: MirroredRepeat[] = [];
  const mirror = openMirror({ shadows: new Map([['v2', shadow]]), waitingRowsMax: 10, waitingBytesMax: 1e6, concurrency: 2, noise: { share: 0, rowsMin: 0 }, clock, onPair: (_, pair) => pairs.push(pair), onRepeat: (_, repeat) => repeats.push(repeat), ...changes });
  const take = (taken: MirroredRequest, production: Answering = nobody): void => mirror.take(taken, ['v2'], production);
  const expectExact = (): void => {
    const { mirrored, paired, failed, waiting, dropped } = mirror.counts('v2');
    expect(paired + failed + waiting + Object.values(dropped).reduce((sum, rows) => sum + rows, 0)).toBe(mirrored);
  };
  return { mirror, take, clock, pairs, repeats, expectExact };
}

describe('a mirror', () => {
  test('pairs what a shadow answers with what production did', async () => {
    const { calls, answering } = patientShadow();
    const { take, clock, pairs, mirror } = open(answering);
    const asked = request({ rows: 3 });
    take(asked);
    calls[0].resolve(answer(5, 3));
    await clock.pass(0);
    expect(pairs).toEqual([{ request: asked, candidate: answer(5, 3), error: null }]);
    expect(mirror.counts('v2')).toMatchObject({ mirrored: 3, paired: 3, waiting: 0, waitingBytes: 0 });
  });

  test('serves several shadows, each with a queue of its own', async () => {
    const quick: Answering = { infer: () => Promise.resolve(answer(1)) };
    const { answering: hung } = patientShadow();
    const { mirror, clock } = open(nobody, { shadows: new Map([['quick', quick], ['hung', hung]]) });
    for (let n = 0; n < 30; n++) {
      mirror.take(request(), ['quick', 'hung'], nobody);
      await clock.pass(10);
    }
    expect(mirror.counts('quick')).toMatchObject({ mirrored: 30, paired: 30 });
    expect(mirror.counts('hung')).toMatchObject({ mirrored: 30, paired: 0, waiting: 10, dropped: { 'queue-full': 20 } });
  });

  test('refuses what a shadow is asked, or two that mirror each other would never end', () => {
    const { mirror, take } = open(nobody);
    take(request({ headers: { [shadowHeader]: '1' } }));
    expect(mirror.refused).toBe(1);
    expect(mirror.counts('v2').mirrored).toBe(0);
  });

  test('keeps its own copy of a part of a batch, and not the batch', async () => {
    const { calls, answering } = patientShadow();
    const { take } = open(answering);
    const batch = Float64Array.of(1, 2, 3);
    take(request({ inputs: new Map([['x', { datatype: 'float64', shape: [1], data: batch.subarray(1, 2) }]]) }));
    const kept = calls[0].inputs.get('x');
    expect(kept).toEqual({ datatype: 'float64', shape: [1], data: Float64Array.of(2) });
    expect((kept?.data as Float64Array).buffer.byteLength).toBe(8);
  });

  test('drops the oldest that wait when there is no room, by rows and by bytes', async () => {
    for (const limit of [{ waitingRowsMax: 3 }, { waitingBytesMax: 3 * 16 }]) {
      const { calls, answering } = patientShadow();
      const { take, clock, pairs, mirror, expectExact } = open(answering, { ...limit, concurrency: 1 });
      for (const id of ['asked', 'b', 'c', 'd', 'e']) take(request({ requestId: id }));
      expectExact();
      for (let n = 0; n < 3; n++) {
        calls[n].resolve(answer(1));
        await clock.pass(0);
      }
      expect(pairs.map(({ request: { requestId } }) => requestId)).toEqual(['asked', 'd', 'e']);
      expect(mirror.counts('v2').dropped).toEqual({ 'queue-full': 2, deadline: 0, error: 0, stopped: 0 });
    }
  });

  test('a request larger than the queue costs nobody else’s place', () => {
    const { take, mirror } = open(patientShadow().answering);
    take(request());
    take(request({ rows: 11 }));
    expect(mirror.counts('v2')).toMatchObject({ waiting: 1, dropped: { 'queue-full': 11 } });
  });

  test.each([
    ['a second', 1000, 1_000_000],
    ['three times as long as production took', 2_000_000, 6_000_000],
  ])('a shadow has %s', async (_, totalUs, deadlineUs) => {
    const { calls, answering } = patientShadow();
    const { take, clock, mirror, expectExact, pairs } = open(answering);
    take(request({ production: { ...answer(2), version: 'v1', totalUs } }));
    expect(calls[0].timeoutMs).toBe(deadlineUs / 1000);
    await clock.pass(deadlineUs - 1);
    expect(mirror.counts('v2').waiting).toBe(1);
    await clock.pass(1);
    expect(mirror.counts('v2')).toMatchObject({ waiting: 0, waitingBytes: 0, dropped: { deadline: 1 } });
    expect(calls[0].signal?.aborted).toBe(true);
    calls[0].resolve(answer(9));
    await clock.pass(0);
    expect(pairs).toEqual([]);
    expectExact();
  });

  test('a shadow that hangs on past its deadline is asked no more than it can hold', async () => {
    const { calls, answering } = patientShadow();
    const { take, clock, mirror, expectExact } = open(answering, { concurrency: 2 });
    for (let n = 0; n < 50; n++) {
      take(request());
      await clock.pass(100_000);
      expectExact();
    }
    expect(calls).toHaveLength(2);
    expect(mirror.counts('v2').waiting).toBeLessThanOrEqual(10);
  });

  test('an error of a shadow is its own: it is paired, counted, and reaches nobody else', async () => {
    const errors = [new Problem('host-crashed', 'gone'), new Error('a bug'), new Problem('queue-full', 'busy'), new Problem('deadline-passed', 'late'), new Problem('not-ready', 'unloaded')];
    const { take, clock, pairs, mirror, expectExact } = open({ infer: () => Promise.reject(errors.shift()) });
    for (let n = 0; n < 5; n++) take(request());
    await clock.pass(0);
    expect(pairs.map(({ candidate, error }) => [candidate, error])).toEqual([[null, 'host-crashed'], [null, 'internal']]);
    expect(mirror.counts('v2')).toMatchObject({ failed: 2, paired: 0, waiting: 0, dropped: { 'queue-full': 1, deadline: 1, stopped: 1, error: 0 } });
    expectExact();
  });

  test('a comparison that fails costs its pair', async () => {
    const { take, clock, mirror } = open({ infer: () => Promise.resolve(answer(1)) }, {
      onPair: () => {
        throw new Error('cannot compare');
      },
    });
    take(request());
    await clock.pass(0);
    expect(mirror.counts('v2')).toMatchObject({ paired: 0, waiting: 0, dropped: { error: 1 } });
  });

  test('closing drops what waits, and nothing comes in or out any more', async () => {
    const { calls, answering } = patientShadow();
    const { take, clock, mirror, pairs, expectExact } = open(answering);
    for (let n = 0; n < 4; n++) take(request());
    mirror.close();
    take(request());
    for (const call of calls) call.resolve(answer(1));
    await clock.pass(1e7);
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
    expect(pairs).toEqual([]);
    expect(mirror.counts('v2')).toMatchObject({ mirrored: 5, waiting: 0, dropped: { stopped: 5 } });
    expect(await clock.next()).toBe(false);
    expectExact();
  });
});

describe('production is asked again', () => {
  test('alone and with others, and it is told what came of it', async () => {
    let together = 0;
    const production: Answering = {
      async infer() {
        together++;
        await Promise.resolve();
        const batchRows = together;
        await Promise.resolve();
        together--;
        return answer(2, 1, batchRows);
      },
    };
    const { take, clock, repeats, mirror } = open({ infer: () => Promise.resolve(answer(3)) }, { noise: { share: 0.01, rowsMin: 8 }, waitingRowsMax: 100 });
    for (let n = 0; n < 20; n++) take(request({ requestId: String(n) }), production);
    await clock.pass(0);
    expect(mirror.counts('v2')).toMatchObject({ paired: 20, repeated: 8, repeatsFailed: 0 });
    const by = (how: string): string[] => repeats.filter((repeat) => repeat.how === how).map(({ pair }) => pair.request.requestId);
    expect(by('alone').slice(0, 8)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(by('other-batch').length).toBeGreaterThan(0);
    expect(repeats).toHaveLength(16);
    expect(repeats[0]).toMatchObject({ again: tensors(2), pair: { candidate: answer(3) } });
  });

  test('of so many pairs at first, then of a share of them', async () => {
    const production: Answering = { infer: () => Promise.resolve(answer(2)) };
    const { take, clock, mirror } = open({ infer: () => Promise.resolve(answer(3)) }, { noise: { share: 0.05, rowsMin: 40 } });
    const repeated: number[] = [];
    for (let n = 1; n <= 2000; n++) {
      take(request(), production);
      await clock.pass(1);
      if (n === 100 || n === 2000) repeated.push(mirror.counts('v2').repeated);
    }
    expect(repeated[0]).toBe(40);
    expect(repeated[1]).toBeGreaterThanOrEqual(96);
    expect(repeated[1]).toBeLessThanOrEqual(104);
  });

  test('and when it cannot answer, that is no noise', async () => {
    const { take, clock, mirror, repeats, expectExact } = open({ infer: () => Promise.resolve(answer(3)) }, { noise: { share: 1, rowsMin: 8 }, waitingRowsMax: 100 });
    for (let n = 0; n < 8; n++) take(request());
    await clock.pass(0);
    expect(repeats).toEqual([]);
    expect(mirror.counts('v2')).toMatchObject({ paired: 8, repeated: 0, repeatsFailed: 8 });
    expectExact();
  });
});

test('sums are exact at every moment, whatever a shadow does', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), rows: fc.integer({ min: 0, max: 14 }), totalUs: fc.integer({ min: 0, max: 1_000_000 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('answer' as const, 'fail' as const, 'refuse' as const), which: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), us: fc.integer({ min: 0, max: 2_000_000 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('break' as const, 'close' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (steps, concurrency) => {
      const { calls, answering } = patientShadow();
      let broken = false;
      let told = 0;
      const { take, clock, mirror, expectExact } = open(answering, {
        concurrency,
        noise: { share: 0.5, rowsMin: 5 },
        onPair: (_, { request: { rows } }) => {
          if (broken) throw new Error('cannot compare');
          told += rows;
        },
      });
      let mirrored = 0;
      for (const each of steps) {
        const call = 'which' in each ? calls[each.which % Math.max(1, calls.length)] : undefined;
        if (each.kind === 'take') {
          take(request({ rows: each.rows, production: { ...answer(2, each.rows), version: 'v1', totalUs: each.totalUs } }), { infer: () => Promise.resolve(answer(2)) });
          mirrored += each.rows;
        } else if (each.kind === 'answer') call?.resolve(answer(3));
        else if (each.kind === 'fail') call?.reject(new Error('crashed'));
        else if (each.kind === 'refuse') call?.reject(new Problem('queue-full', 'busy'));
        else if (each.kind === 'pass') await clock.pass(each.us);
        else if (each.kind === 'break') broken = !broken;
        else mirror.close();
        expectExact();
        await clock.pass(0);
        expectExact();
        const { waiting, paired, failed } = mirror.counts('v2');
        expect(waiting).toBeLessThanOrEqual(10);
        expect(paired + failed).toBe(told);
      }
      mirror.close();
      expectExact();
      expect(mirror.counts('v2')).toMatchObject({ mirrored, waiting: 0, waitingBytes: 0 });
    }),
    { numRuns: 200 },
  );
});
