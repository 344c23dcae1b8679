import { afterEach, describe, expect, it } from 'vitest';
import { openJudgingPool, type JudgingPool } from '../../server/judging-pool.ts';
import type { Job } from '../../server/judging-thread.ts';

const dataset = { name: 'd', files: ['d.csv'], digest: 'd', rows: 2000 };
const pools: JudgingPool[] = [];
const open = (threads: number): JudgingPool => {
  const pool = openJudgingPool(threads);
  pools.push(pool);
  return pool;
};
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function evaluation(rows: number, resamples = 200): Extract<Job, { kind: 'evaluate' }> {
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
  const scores = Float64Array.from({ length: rows }, (_, row) => ((row * 7919) % rows) / rows);
  return { kind: 'evaluate', input: { dataset: { ...dataset, rows }, model: { name: 'm', version: 'v', digest: 'x' }, subject: { task: 'binary', labels, classes: ['0', '1'], predictions: { kind: 'scores', scores }, threshold: 0.5 }, resamples, seed: 1 } };
}

describe('the judging pool', () => {
  it('computes on a thread what the room computes, and more jobs than threads', async () => {
    const pool = open(2);
    const signal = new AbortController().signal;
    const reports = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run(evaluation(2000), { signal })));
    expect(reports.map((report) => report.metrics.roc_auc)).toEqual(reports.map(() => reports[0].metrics.roc_auc));
    expect(reports[0].rows.judged).toBe(2000);
  });

  it('passes a failure on and goes on with the next job', async () => {
    const pool = open(1);
    const signal = new AbortController().signal;
    const wrong = evaluation(10);
    (wrong.input.subject as { predictions: unknown }).predictions = null;
    await expect(pool.run(wrong, { signal })).rejects.toThrow();
    expect((await pool.run(evaluation(100), { signal })).rows.judged).toBe(100);
  });

  it('ends a running and a waiting job when they are cancelled, and takes new ones', async () => {
    const pool = open(1);
    const cancel = new AbortController();
    let moved: () => void = () => {};
    const moving = new Promise<void>((resolve) => (moved = resolve));
    const running = pool.run(evaluation(200_000, 1_000_000), { signal: cancel.signal, onProgress: () => moved() });
    const waiting = pool.run(evaluation(100), { signal: cancel.signal });
    await moving;
    cancel.abort(new Error('cancelled by the test'));
    await expect(running).rejects.toThrow('cancelled by the test');
    await expect(waiting).rejects.toThrow('cancelled by the test');
    expect((await pool.run(evaluation(100), { signal: new AbortController().signal })).rows.judged).toBe(100);
  });
});
