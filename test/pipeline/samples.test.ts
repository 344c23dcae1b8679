import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EvaluationReport } from '../../protocol/evaluation.ts';
import type { EvaluationRole } from '../../protocol/gates.ts';
import type { RunReport } from '../../protocol/run.ts';
import { rejudge } from '../../server/rejudge.ts';
import { judgeCopy, verdictsOf, type Judged } from './judge-workspace.ts';

const samples = join(import.meta.dirname, '../../samples');
/** A whole run resamples everything 2,000 times. */
const wholeRunMs = 600_000;

type Golden = Record<string, unknown>;
const expectedOf = (sample: string): Golden => JSON.parse(readFileSync(join(samples, sample, 'expected.json'), 'utf8')) as Golden;
const at = (golden: unknown, ...path: string[]): unknown => path.reduce<unknown>((value, key) => (value as Golden)[key], golden);

/** Verdict of each version, and of each gate that did not pass. */
function outcome({ runs }: Judged): Record<string, { verdict: string; notPassed: Record<string, string> }> {
  return Object.fromEntries([...runs].map(([name, run]) => [name, { verdict: run.decision.verdict, notPassed: Object.fromEntries(Object.entries(verdictsOf(run)).filter(([, verdict]) => verdict !== 'pass')) }]));
}

function runOf({ runs }: Judged, name: string): RunReport {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`${name} was not judged; ${[...runs.keys()].join(', ')} were`);
  return run;
}

function evaluationOf(judged: Judged, name: string, on: EvaluationRole = 'holdout'): EvaluationReport {
  const evaluation = runOf(judged, name).evaluations[on];
  if (evaluation === undefined) throw new Error(`${name} was not evaluated on ${on}`);
  return evaluation;
}

/** Every metric against what Python made of the same file; Python's own arithmetic is in float32 where the model's output is. */
function expectMetrics(judged: Judged, name: string, on: EvaluationRole, golden: unknown, names: Record<string, string>, digits = 6): void {
  const { metrics } = evaluationOf(judged, name, on);
  for (const [metric, key] of Object.entries(names)) expect(metrics[metric].value, `${name} on ${on}: ${metric}`).toBeCloseTo(at(golden, key) as number, digits);
}

/** Every interval contains its value, every step says how it ended, rows add up, and the record gives the same verdict again. */
function expectCompleteEvidence({ runs, problems }: Judged): void {
  expect(problems).toEqual([]);
  for (const [name, run] of runs) {
    expect(run.steps.filter(({ state, problem, reason }) => (state === 'failed' && !problem) || (state === 'skipped' && !reason)), name).toEqual([]);
    for (const evaluation of Object.values(run.evaluations)) {
      const { read, judged, leftOut } = evaluation.rows;
      expect(judged + leftOut.reduce((sum, { rows }) => sum + rows, 0), name).toBe(read);
      for (const [metric, { value, reason, interval }] of Object.entries(evaluation.metrics)) {
        if (value === null) expect(reason, `${name} ${metric}`).toBeTruthy();
        else if (interval) expect(interval.low <= value + 1e-9 && value - 1e-9 <= interval.high, `${name} ${metric} ${value} in ${interval.low}…${interval.high}`).toBe(true);
      }
    }
    for (const { gate, reason, needs } of run.gates) expect(reason && needs, `${name} ${gate.id}`).toBeTruthy();
    expect(rejudge(run), name).toMatchObject({ same: true });
  }
}

function stepsOf(run: RunReport): string[] {
  return [...new Set(run.steps.filter(({ state }) => state === 'done').map(({ step }) => step))];
}

describe('flight-delay', () => {
  const golden = expectedOf('flight-delay');
  let judged: Judged;
  beforeAll(async () => {
    judged = await judgeCopy(join(samples, 'flight-delay'));
  }, wholeRunMs);

  it('lets v2 replace v1, and blocks v3 for one carrier and v4 for its export', () => {
    expect(outcome(judged)).toMatchObject({
      'flight-delay/v1': { verdict: 'pass', notPassed: {} },
      'flight-delay/v2': { verdict: 'pass', notPassed: { 'drift.predictions': 'fail' } },
      'flight-delay/v3': { verdict: 'fail' },
      'flight-delay/v4': { verdict: 'fail' },
    });
    expect(runOf(judged, 'flight-delay/v3').decision.blocking).toEqual(['recall.non_inferior.slice.carrier = AA', 'cases']);
    expect(verdictsOf(runOf(judged, 'flight-delay/v4'))).toMatchObject({ outputs: 'fail', signature: 'fail', 'roc_auc.superior': 'error', cases: 'error', size: 'pass', 'latency.p99': 'pass', 'data_quality.holdout': 'pass' });
  });

  it('measures what scikit-learn measures on the same files', () => {
    for (const version of ['v1', 'v2', 'v3']) {
      const name = `flight-delay/${version}`;
      const expected = at(golden, 'holdout', version);
      expectMetrics(judged, name, 'holdout', expected, { roc_auc: 'auc', brier: 'brier' });
      const { confusion, slices } = evaluationOf(judged, name);
      expect(confusion?.counts, name).toEqual([[at(expected, 'tn'), at(expected, 'fp')], [at(expected, 'fn'), at(expected, 'tp')]]);
      const byCarrier = at(expected, 'recallByCarrier') as Record<string, number>;
      const carriers = slices.filter(({ slice: { where } }) => where.length === 1 && where[0].column === 'carrier' && where[0].value !== undefined);
      expect(carriers.length).toBeGreaterThan(10);
      for (const { slice, metrics } of carriers) expect(metrics.recall.value, `${name} ${slice.name}`).toBeCloseTo(byCarrier[String(slice.where[0].value)], 12);
    }
    const { predictions, cases } = runOf(judged, 'flight-delay/v4');
    expect(predictions.find(({ role }) => role === 'holdout')?.faults.notFinite).toBe(at(golden, 'holdout', 'v4', 'nanScores'));
    expect(cases.filter(({ verdict }) => verdict === 'pass').length).toBeLessThan(cases.length);
  });

  it('gets exactly the curated cases wrong that Python gets wrong', () => {
    for (const version of ['v1', 'v2', 'v3']) {
      const wrong = runOf(judged, `flight-delay/${version}`).cases.filter(({ verdict }) => verdict !== 'pass').map(({ name }) => name);
      expect(wrong, version).toEqual(at(golden, 'cases', version, 'wrong'));
    }
  });

  it('has complete evidence, month by month', () => {
    expectCompleteEvidence(judged);
    const run = runOf(judged, 'flight-delay/v2');
    expect(run.missing).toEqual({});
    expect(run.history.map(({ name }) => name)).toEqual(['04', '05', '06', '07', '08', '09', '10', '11', '12'].map((month) => `current/2013-${month}`));
    expect(run.batches.map(({ role }) => role)).toEqual(['reference', 'holdout', 'current', 'cases']);
    expect(stepsOf(run)).toEqual(['check', 'detect drift', 'predict', 'evaluate', 'compare', 'trace']);
    expect(run.comparisons.holdout?.flips).toBeDefined();
    expect(run.estimates.length).toBeGreaterThan(0);
  });
});

describe('income', () => {
  const golden = expectedOf('income');
  let judged: Judged;
  beforeAll(async () => {
    judged = await judgeCopy(join(samples, 'income'));
  }, wholeRunMs);

  it('blocks the more accurate and more biased candidate by its gap between women and men alone', () => {
    expect(outcome(judged)).toMatchObject({ 'income/v1': { verdict: 'pass' }, 'income/v2': { verdict: 'fail' } });
    expect(runOf(judged, 'income/v2').decision.blocking).toEqual(['equal_opportunity_difference.by.sex']);
    expect(verdictsOf(runOf(judged, 'income/v2'))).toMatchObject({ 'roc_auc.non_inferior': 'pass', 'demographic_parity_ratio.by.sex': 'fail', 'equal_opportunity_difference.by.race': 'inconclusive' });
  });

  it('measures what scikit-learn measures, for everybody and by group', () => {
    for (const version of ['v1', 'v2']) {
      for (const on of ['holdout', 'current'] as const) {
        const name = `income/${version}`;
        const expected = at(golden, on, version);
        expectMetrics(judged, name, on, expected, { roc_auc: 'auc', accuracy: 'accuracy', recall: 'recall', brier: 'brier' });
        for (const [by, key] of [['sex', 'bySex'], ['race', 'byRace']]) {
          const groups = evaluationOf(judged, name, on).fairness.find((fairness) => fairness.by.join() === by)?.groups ?? [];
          const found = Object.fromEntries(groups.map(({ group, rows, positives, rates: { selection_rate, tpr, fpr } }) => [group, { rows, positives, selection_rate: selection_rate.value, tpr: tpr.value, fpr: fpr.value }]));
          expect(found, `${name} on ${on} by ${by}`).toEqual(at(expected, key));
        }
      }
    }
  });

  it('has complete evidence, with missing values a group of their own', () => {
    expectCompleteEvidence(judged);
    expect(evaluationOf(judged, 'income/v1').fairness.find(({ by }) => by.join() === 'hispanic')?.groups.map(({ group }) => group)).toContain('hispanic missing');
    expect(runOf(judged, 'income/v2').missing).toEqual({ 'dataQuality.cases': 'slipway.yaml has no cases dataset for income', cases: 'slipway.yaml has no cases dataset for income' });
  });
});

describe('digits', () => {
  const golden = expectedOf('digits');
  let judged: Judged;
  let quantized: Judged;
  beforeAll(async () => {
    judged = await judgeCopy(join(samples, 'digits'));
    quantized = await judgeCopy(join(samples, 'digits'), async (copy) => {
      const { mkdir, readFile, rename, writeFile } = await import('node:fs/promises');
      await mkdir(join(copy, 'models/digits/v2-int8'));
      await rename(join(copy, 'models/digits/v2/model.int8.onnx'), join(copy, 'models/digits/v2-int8/model.onnx'));
      const config = await readFile(join(copy, 'slipway.yaml'), 'utf8');
      await writeFile(join(copy, 'slipway.yaml'), config.replace(/^.*parity.*$/m, '  - {latency: p95, maxMs: 20, batch: 256}'));
    });
  }, wholeRunMs);

  it('lets v2 replace v1, and finds that its quantized sibling answers alike', () => {
    expect(outcome(judged)).toEqual({
      'digits/v1': { verdict: 'pass', notPassed: { 'parity.model.int8.onnx': 'inconclusive' } },
      'digits/v2': { verdict: 'pass', notPassed: {} },
    });
    const [parity] = runOf(judged, 'digits/v2').runtime?.parity ?? [];
    expect(parity).toMatchObject({ between: ['v2', 'model.int8.onnx'], rows: 400, tolerance: { relative: 0.05, absolute: 0.05 } });
    expect(parity.decisionsChanged).toEqual({ rows: expect.any(Number) as number, of: 400 });
    expect(parity.outputs.find(({ name }) => name === 'probabilities')?.maxAbsolute).toBeCloseTo(0.024, 2);
  });

  it('measures what scikit-learn measures', () => {
    for (const on of ['holdout', 'current'] as const) {
      for (const version of ['v1', 'v2']) expectMetrics(judged, `digits/${version}`, on, at(golden, on, version), { accuracy: 'accuracy', f1_macro: 'f1_macro', log_loss: 'log_loss' });
      expectMetrics(quantized, 'digits/v2-int8', on, at(golden, on, 'v2-int8'), { accuracy: 'accuracy', f1_macro: 'f1_macro', log_loss: 'log_loss' });
    }
  });

  it('asks a model whose rows influence each other one row at a time, and says so', () => {
    expect(runOf(judged, 'digits/v2').runtime?.rowsPerRun).toBeNull();
    const run = runOf(quantized, 'digits/v2-int8');
    expect(run.runtime?.rowsPerRun).toEqual({ rows: 1, reason: expect.stringContaining('changes with the rows beside it') as string });
    expect(run.runtime?.latency.map(({ batch }) => batch)).toEqual([1]);
    const gate = run.gates.find(({ gate: { id } }) => id === 'latency.p95.batch_256');
    expect(gate).toMatchObject({ verdict: 'error', reason: expect.stringContaining('takes one row') as string });
  });

  it('has complete evidence', () => expectCompleteEvidence(judged));
});

describe('arrival-delay', () => {
  const golden = expectedOf('arrival-delay');
  let judged: Judged;
  beforeAll(async () => {
    judged = await judgeCopy(join(samples, 'arrival-delay'));
  }, wholeRunMs);

  it('lets the trees replace the line, and warns that both fail in July', () => {
    expect(outcome(judged)).toEqual({
      'arrival-delay/v1': { verdict: 'pass', notPassed: { 'r2.min.current': 'fail', 'drift.features': 'fail' } },
      'arrival-delay/v2': { verdict: 'pass', notPassed: { 'r2.min.current': 'fail', 'drift.features': 'fail' } },
    });
  });

  it('measures what scikit-learn measures, which computes in float32 there', () => {
    for (const on of ['holdout', 'current'] as const) {
      for (const version of ['v1', 'v2']) expectMetrics(judged, `arrival-delay/${version}`, on, at(golden, on, version), { mae: 'mae', rmse: 'rmse', r2: 'r2', bias: 'bias' }, 5);
    }
  });

  it('has complete evidence', () => expectCompleteEvidence(judged));
});

describe('ranking and generation from columns of the data', () => {
  const judged = new Map<string, Judged>();
  beforeAll(async () => {
    for (const sample of ['ranking', 'generation']) judged.set(sample, await judgeCopy(join(samples, sample)));
  }, wholeRunMs);
  const of = (sample: string): Judged => judged.get(sample) as Judged;

  it('let v2 replace v1', () => {
    expect(outcome(of('ranking'))).toEqual({ 'image-search/v1': { verdict: 'pass', notPassed: {} }, 'image-search/v2': { verdict: 'pass', notPassed: {} } });
    expect(outcome(of('generation'))).toEqual({ 'summaries/v1': { verdict: 'pass', notPassed: {} }, 'summaries/v2': { verdict: 'pass', notPassed: {} } });
  });

  it('measure what scikit-learn, sacrebleu and rouge-score measure', () => {
    const [ranking, generation] = [expectedOf('ranking'), expectedOf('generation')];
    for (const version of ['v1', 'v2']) {
      expectMetrics(of('ranking'), `image-search/${version}`, 'holdout', ranking[version], { ndcg_at_10: 'ndcg@10' }, 12);
      expectMetrics(of('generation'), `summaries/${version}`, 'holdout', generation[version], { bleu: 'bleu', chrf: 'chrf', rouge1: 'rouge1', rouge2: 'rouge2', rouge_l: 'rougeL' }, 9);
    }
    // v1 gives equal scores, which are averaged over their orders here; Python takes them as they come, or all at once.
    expectMetrics(of('ranking'), 'image-search/v2', 'holdout', ranking.v2, { map_at_30: 'map', mrr: 'mrr' }, 12);
    expectMetrics(of('ranking'), 'image-search/v1', 'holdout', ranking.v1, { map_at_30: 'map', mrr: 'mrr' }, 3);
  });

  it('have no signature that could break, and say so', () => {
    const run = runOf(of('ranking'), 'image-search/v2');
    expect(run.decision.notApplicable).toEqual(['signature']);
    expect(run.signatures).toEqual({ candidate: null, champion: null });
    expect(run.missing.runtime).toBe('predictions are columns of the data, so there is nothing to time');
  });

  it('have complete evidence', () => {
    for (const sample of ['ranking', 'generation']) expectCompleteEvidence(of(sample));
  });
});
