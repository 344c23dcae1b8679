import { describe, expect, it } from 'vitest';
import type { Gate, GateRule } from '../../protocol/gates.ts';
import type { Measured } from '../../protocol/measured.ts';
import type { Evidence } from '../../server/gates/evidence.ts';
import { judge } from '../../server/gates/judge.ts';
import { caseResult, columnDrift, compared, declared, finding, interval, judgeOne, latency, measured, parity, passing, passingPolicy, shadow, soundEvidence } from './evidence.ts';

function evaluated(evidence: Evidence): { metrics: Record<string, Measured>; slices: { rows: number; metrics: Record<string, Measured> }[] } {
  return evidence.evaluations.holdout as never;
}

function comparedIn(evidence: Evidence): Extract<Evidence['comparisons']['holdout'], { rows: number }> {
  const { holdout } = evidence.comparisons;
  if ('missing' in holdout) throw new Error('the fixture has a comparison');
  return holdout;
}

function metricGate(rule: Partial<Extract<GateRule, { kind: 'metric' }>>): Gate {
  return { id: 'g', severity: 'block', kind: 'metric', metric: 'roc_auc', on: 'holdout', decide: 'point', minRows: 30, ...rule };
}

function changeGate(rule: Partial<Extract<GateRule, { kind: 'change' }>>): Gate {
  return { id: 'g', severity: 'block', kind: 'change', metric: 'roc_auc', on: 'holdout', min: 0, relative: false, minRows: 30, ...rule };
}

function nonInferior(rule: Partial<Extract<GateRule, { kind: 'non_inferior' }>>): Gate {
  return { id: 'g', severity: 'block', kind: 'non_inferior', metric: 'roc_auc', on: 'holdout', margin: 0.01, alpha: 0.025, superior: false, minRows: 30, ...rule };
}

/** Verdict on a comparison of one metric over all rows. */
function verdictOn(gate: Gate, comparison: ReturnType<typeof compared>): string {
  const evidence = soundEvidence();
  comparedIn(evidence).metrics = [comparison];
  return judgeOne(gate, evidence).verdict;
}

describe('judge', () => {
  it('passes a candidate that is sound and better in every respect', () => {
    const { gates, decision } = judge(passingPolicy, soundEvidence());
    expect(gates.filter(({ verdict }) => verdict !== 'pass').map(({ gate, reason }) => `${gate.id}: ${reason}`)).toEqual([]);
    expect(decision).toMatchObject({ verdict: 'pass', blocking: [], warnings: [], notApplicable: [], sentence: 'v2 may replace v1: better on average (+0.9 pt AUC, 95 % +0.3 pt to +1.5 pt), no carrier worse than allowed.' });
  });

  it('says who is worse when it blocks, and that the average hides it', () => {
    const evidence = soundEvidence();
    comparedIn(evidence).slices[0] = { ...compared('recall', 0.71, 0.669, [-0.06, -0.022], declared('carrier', 'AA')), pValue: 1e-4, adjustedP: 2e-4 };
    const { decision, gates } = judge(passingPolicy, evidence);
    expect(decision.sentence).toBe('v2 is blocked: better on average (+0.9 pt AUC), worse for carrier AA (−4.1 pt recall).');
    expect(gates.find(({ gate }) => gate.id === 'non_inferior.by')).toMatchObject({
      title: 'recall by carrier',
      verdict: 'fail',
      needs: '≥ −2.0 pt',
      difference: { value: expect.closeTo(-0.041, 12) },
      parts: [{ title: 'carrier = AA', verdict: 'fail' }, { title: 'carrier = UA', verdict: 'pass' }],
    });
  });
});

describe('decision', () => {
  const failing: Gate = { id: 'fails', severity: 'block', kind: 'size', maxMb: 0.1 };
  const broken: Gate = { id: 'breaks', severity: 'block', kind: 'latency', quantile: 'p50', maxMs: 1, batch: 64 };
  const unknown: Gate = { id: 'unknown', severity: 'block', kind: 'metric', metric: 'roc_auc', on: 'holdout', min: 0.1, decide: 'point', minRows: 1e6 };
  const fine: Gate = { id: 'fine', severity: 'block', kind: 'size', maxMb: 10 };

  it.each([
    ['a failure outranks everything', [fine, unknown, broken, failing], 'fail', ['unknown', 'breaks', 'fails']],
    ['an error outranks what cannot be told', [fine, unknown, broken], 'error', ['unknown', 'breaks']],
    ['what cannot be told outranks a pass', [fine, unknown], 'inconclusive', ['unknown']],
    ['nothing but passes is a pass', [fine], 'pass', []],
  ])('%s', (_title, policy, verdict, blocking) => {
    expect(judge(policy, soundEvidence()).decision).toMatchObject({ verdict, blocking });
  });

  it('a failing gate of severity warn is listed and blocks nothing', () => {
    const { decision } = judge([fine, { ...failing, severity: 'warn' }, { ...broken, severity: 'info' }], soundEvidence());
    expect(decision).toMatchObject({ verdict: 'pass', blocking: [], warnings: ['fails'], counts: { pass: 4, fail: 1, inconclusive: 0, error: 1 } });
  });

  it.each([['an empty policy', []], ['a policy of warnings only', [{ ...fine, severity: 'warn' as const }]]])('%s is inconclusive: sound outputs say nothing about quality', (_title, policy) => {
    expect(judge(policy, soundEvidence()).decision).toMatchObject({ verdict: 'inconclusive', sentence: 'v2 may not replace v1 yet: no gate says anything about its quality.' });
  });

  it('the champion itself is not compared with anything, and is judged on the rest', () => {
    const { gates, decision } = judge(passingPolicy, { ...soundEvidence(), role: 'champion', champion: null });
    expect(decision).toMatchObject({ verdict: 'pass', notApplicable: ['signature', 'change', 'change.relative', 'non_inferior', 'non_inferior.by', 'flips', 'shadow'] });
    expect(gates.map(({ gate }) => gate.id)).not.toContain('non_inferior');
  });

  it('a champion with nothing but comparison gates is inconclusive', () => {
    expect(judge([passing('non_inferior')], { ...soundEvidence(), role: 'champion' }).decision.verdict).toBe('inconclusive');
  });

  it('without a known champion every comparison is inconclusive', () => {
    const { gates, decision } = judge(passingPolicy, { ...soundEvidence(), champion: null });
    const unknown = gates.filter(({ verdict }) => verdict === 'inconclusive');
    expect(unknown.map(({ gate }) => gate.id)).toEqual(['signature', 'change', 'change.relative', 'non_inferior', 'non_inferior.by', 'flips', 'shadow']);
    expect(new Set(unknown.map(({ reason }) => reason))).toEqual(new Set(['there is no champion to compare with']));
    expect(decision.verdict).toBe('inconclusive');
  });

  it('outputs and signature are judged, and block, whatever the policy says of them', () => {
    const { gates } = judge([{ id: 'mine', severity: 'info', kind: 'outputs' }, fine], soundEvidence());
    expect(gates.map(({ gate: { id, severity } }) => [id, severity])).toEqual([['outputs', 'block'], ['signature', 'block'], ['export', 'block'], ['fine', 'block']]);
  });

  it('two gates of one name are refused, since one verdict would stand for both', () => {
    expect(() => judge([fine, { ...failing, id: 'fine' }], soundEvidence())).toThrow(new RangeError('two gates are called fine'));
  });

  it('evidence of a wrong shape is an error of the gates that read it and of no other', () => {
    const evidence = { ...soundEvidence(), cases: null as never };
    const { gates } = judge(passingPolicy, evidence);
    expect(gates.filter(({ verdict }) => verdict !== 'pass').map(({ gate, verdict }) => [gate.id, verdict])).toEqual([['cases', 'error']]);
  });
});

describe('metric gate', () => {
  it.each<[string, Partial<Measured> | undefined, Partial<Extract<GateRule, { kind: 'metric' }>>, string]>([
    ['a value at the bound passes', { value: 0.7 }, { min: 0.7 }, 'pass'],
    ['0.8 − 0.7 is at least 0.1, though floating point says less', { value: 0.8 - 0.7 }, { min: 0.1 }, 'pass'],
    ['a value that only rounds to the bound fails', { value: 0.69999 }, { min: 0.7 }, 'fail'],
    ['a value above a maximum fails', { value: 0.71 }, { max: 0.7 }, 'fail'],
    ['a metric that was not evaluated is an error', undefined, { min: 0.7 }, 'error'],
    ['NaN is an error', { value: NaN }, { min: 0.7 }, 'error'],
    ['NaN does not slip under a maximum', { value: NaN }, { max: 0.7 }, 'error'],
    ['a value outside the range of its metric is an error', { value: 1.7 }, { min: 0.7 }, 'error'],
    ['null without a reason is an error', { value: null }, { min: 0.7 }, 'error'],
    ['undefined for a stated reason is inconclusive', { value: null, reason: 'no actual positives' }, { min: 0.7 }, 'inconclusive'],
    ['too few rows are inconclusive, however good the value', { value: 0.99, rows: 29 }, { min: 0.7 }, 'inconclusive'],
    ['too few rows are inconclusive, however bad the value', { value: 0.1, rows: 29 }, { min: 0.7 }, 'inconclusive'],
    ['an unknown number of rows is an error', { value: 0.99, rows: NaN }, { min: 0.7 }, 'error'],
    ['an interval on the good side passes', { value: 0.75, interval: interval(0.7, 0.8) }, { min: 0.7, decide: 'interval' }, 'pass'],
    ['an interval on the bad side fails', { value: 0.65, interval: interval(0.6, 0.69) }, { min: 0.7, decide: 'interval' }, 'fail'],
    ['an interval on both sides is inconclusive', { value: 0.75, interval: interval(0.69, 0.8) }, { min: 0.7, decide: 'interval' }, 'inconclusive'],
    ['an interval inside two bounds passes', { value: 0.75, interval: interval(0.72, 0.78) }, { min: 0.7, max: 0.8, decide: 'interval' }, 'pass'],
    ['deciding by an interval that is not there is an error', { value: 0.75, interval: undefined }, { min: 0.7, decide: 'interval' }, 'error'],
    ['an interval that resampling could not give is inconclusive', { value: 0.75, interval: undefined, resamples: { drawn: 2000, degenerate: 900, seed: 7 } }, { min: 0.7, decide: 'interval' }, 'inconclusive'],
    ['an interval the wrong way round is an error', { value: 0.75, interval: interval(0.8, 0.7) }, { min: 0.7, decide: 'interval' }, 'error'],
    ['a bound that is NaN is an error', { value: 0.75 }, { min: NaN }, 'error'],
    ['a gate without a bound is an error', { value: 0.75 }, {}, 'error'],
    ['a metric nobody knows is an error', { value: 0.75 }, { metric: 'rock_auc', min: 0.1 }, 'error'],
  ])('%s', (_title, value, rule, verdict) => {
    const evidence = soundEvidence();
    if (value) evaluated(evidence).metrics.roc_auc = { ...measured(0.74), ...value };
    else delete evaluated(evidence).metrics.roc_auc;
    expect(judgeOne(metricGate(rule), evidence).verdict).toBe(verdict);
  });

  it('a near miss is written with as many digits as it takes to see it', () => {
    const evidence = soundEvidence();
    evaluated(evidence).metrics.roc_auc = { value: 0.6999996, rows: 500 };
    expect(judgeOne(metricGate({ min: 0.7 }), evidence).reason).toBe('AUC is 0.6999996, needs ≥ 0.700');
  });

  it('says how many more rows are needed', () => {
    const evidence = soundEvidence();
    evaluated(evidence).metrics.roc_auc = { value: 0.8, rows: 18 };
    expect(judgeOne(metricGate({ min: 0.7 }), evidence)).toMatchObject({ verdict: 'inconclusive', rowsNeeded: 12, reason: '18 rows are too few to tell, 30 are needed' });
    evaluated(evidence).metrics.roc_auc = { value: 0.75, rows: 400, interval: interval(0.65, 0.85) };
    expect(judgeOne(metricGate({ min: 0.7, decide: 'interval' }), evidence)).toMatchObject({ verdict: 'inconclusive', rowsNeeded: 1200 });
  });

  it('a slice that was not evaluated is an error, and so is a column without slices', () => {
    expect(judgeOne(metricGate({ metric: 'recall', slice: 'carrier = DL', min: 0.1 }), soundEvidence())).toMatchObject({ verdict: 'error', reason: 'slice carrier = DL was not evaluated' });
    expect(judgeOne(metricGate({ metric: 'recall', by: 'origin', min: 0.1 }), soundEvidence())).toMatchObject({ verdict: 'error', reason: 'nothing was evaluated by origin' });
  });

  it('a tiny slice is inconclusive, and a failing one outranks it', () => {
    const evidence = soundEvidence();
    const { slices } = evaluated(evidence);
    slices[0].metrics.recall = { value: 1, rows: 12 };
    const gate = metricGate({ metric: 'recall', by: 'carrier', min: 0.6, minRows: 100 });
    expect(judgeOne(gate, evidence)).toMatchObject({ verdict: 'inconclusive', rowsNeeded: 88, parts: [{ title: 'carrier = AA', verdict: 'inconclusive' }, { verdict: 'pass' }] });
    slices[1].metrics.recall = measured(0.5);
    expect(judgeOne(gate, evidence)).toMatchObject({ verdict: 'fail', parts: [{ title: 'carrier = UA', verdict: 'fail' }, { title: 'carrier = AA' }] });
  });

  it('a slice without positives has no recall: inconclusive, never 0 or 1', () => {
    const evidence = soundEvidence();
    evaluated(evidence).slices[0].metrics.recall = { value: null, reason: 'no actual positives', rows: 0 };
    expect(judgeOne(passing('metric.by'), evidence)).toMatchObject({ verdict: 'inconclusive', parts: [{ reason: 'recall is undefined: no actual positives' }, {}] });
  });

  it('an evaluation of another model is an error', () => {
    const evidence = soundEvidence();
    evidence.candidate = { version: 'v9', digest: 'other' };
    expect(judgeOne(metricGate({ min: 0.1 }), evidence)).toMatchObject({ verdict: 'error', reason: 'the evaluation is of model candidate, not of the candidate other' });
  });

  it('an evaluation that was refused is an error, with its reason', () => {
    const evidence = soundEvidence();
    Object.assign(evidence.evaluations.holdout, { refused: '12 predictions are not finite numbers' });
    expect(judgeOne(metricGate({ min: 0.1 }), evidence)).toMatchObject({ verdict: 'error', reason: 'holdout was not evaluated: 12 predictions are not finite numbers' });
  });
});

describe('change gate', () => {
  it.each([
    ['a loss within what is allowed passes', changeGate({ min: -0.01 }), compared('roc_auc', 0.74, 0.731, [-0.02, 0.01]), 'pass'],
    ['a loss of exactly what is allowed passes', changeGate({ min: -0.1 }), compared('roc_auc', 0.8, 0.7, [-0.2, 0]), 'pass'],
    ['a greater loss fails', changeGate({ min: -0.01 }), compared('roc_auc', 0.74, 0.729, [-0.02, 0.01]), 'fail'],
    ['an improvement of any size passes a gate that allows a loss', changeGate({ min: -0.01 }), compared('roc_auc', 0.5, 0.99, [0.4, 0.6]), 'pass'],
    ['a smaller improvement than is asked for fails', changeGate({ min: 0.01 }), compared('roc_auc', 0.74, 0.745, [0, 0.01]), 'fail'],
    ['lower is better where the registry says so', changeGate({ metric: 'log_loss', min: 0 }), compared('log_loss', 0.41, 0.4, [-0.02, 0]), 'pass'],
    ['and then higher fails', changeGate({ metric: 'log_loss', min: 0 }), compared('log_loss', 0.4, 0.41, [0, 0.02]), 'fail'],
    ['a relative loss within what is allowed passes', changeGate({ min: -0.05, relative: true }), compared('roc_auc', 0.8, 0.76, [-0.1, 0]), 'pass'],
    ['a greater relative loss fails', changeGate({ min: -0.05, relative: true }), compared('roc_auc', 0.8, 0.75, [-0.1, 0]), 'fail'],
    ['a relative loss from 0 fails', changeGate({ metric: 'r2', min: -0.5, relative: true }), compared('r2', 0, -0.1, [-0.2, 0]), 'fail'],
    ['no change from 0 passes a gate that allows a loss', changeGate({ metric: 'log_loss', min: -0.05, relative: true }), compared('log_loss', 0, 0, [0, 0]), 'pass'],
    ['a rise from 0 in what should be low fails', changeGate({ metric: 'log_loss', min: -0.5, relative: true }), compared('log_loss', 0, 0.1, [0, 0.2]), 'fail'],
    ['a loss from a negative champion fails, though the ratio is positive', changeGate({ metric: 'r2', min: -0.1, relative: true }), compared('r2', -0.5, -1, [-0.6, -0.4]), 'fail'],
    ['an improvement on a negative champion passes, though the ratio is negative', changeGate({ metric: 'r2', min: -0.1, relative: true }), compared('r2', -0.5, -0.2, [0.2, 0.4]), 'pass'],
    ['a gain that is asked for cannot be relative to a negative champion', changeGate({ metric: 'r2', min: 0.1, relative: true }), compared('r2', -0.5, 0.5, [0.9, 1.1]), 'fail'],
    ['falling through 0 fails, however large a loss is allowed', changeGate({ metric: 'r2', min: -5, relative: true }), compared('r2', 0.1, -0.1, [-0.3, -0.1]), 'fail'],
    ['too few rows are inconclusive', changeGate({ min: -0.01, minRows: 20_001 }), compared('roc_auc', 0.7, 0.7, [0, 0]), 'inconclusive'],
    ['a metric that was not compared is an error', changeGate({ metric: 'f1' }), compared('roc_auc', 0.7, 0.7, [0, 0]), 'error'],
    ['a metric that is best in the middle is an error', changeGate({ metric: 'bias' }), compared('bias', 0.1, 0, [-0.1, 0]), 'error'],
    ['a difference that contradicts its two sides is an error', changeGate({ min: -0.01 }), { ...compared('roc_auc', 0.7, 0.5, [-0.3, 0]), difference: measured(0.2) }, 'error'],
    ['a NaN champion is an error', changeGate({ min: -0.01 }), compared('roc_auc', NaN, 0.7, [0, 0.1]), 'error'],
    ['a NaN bound is an error', changeGate({ min: NaN }), compared('roc_auc', 0.7, 0.9, [0, 0.1]), 'error'],
  ])('%s', (_title, gate, comparison, verdict) => {
    expect(verdictOn(gate, comparison)).toBe(verdict);
  });
});

describe('non-inferiority gate', () => {
  it.each([
    ['an interval above −margin passes', nonInferior({}), compared('roc_auc', 0.74, 0.738, [-0.009, 0.005]), 'pass'],
    ['an interval that touches −margin passes', nonInferior({ margin: 0.1 }), compared('roc_auc', 0.74, 0.738, [0.7 - 0.8, 0.005]), 'pass'],
    ['an interval that reaches below −margin is inconclusive', nonInferior({}), compared('roc_auc', 0.74, 0.738, [-0.011, 0.005]), 'inconclusive'],
    ['worse on the point, yet not significantly, is inconclusive', nonInferior({}), compared('roc_auc', 0.74, 0.725, [-0.035, 0.005]), 'inconclusive'],
    ['significantly worse, yet by less than the margin on the point, is inconclusive', nonInferior({}), compared('roc_auc', 0.74, 0.735, [-0.0105, -0.001]), 'inconclusive'],
    ['significantly worse and by more than the margin fails', nonInferior({}), compared('roc_auc', 0.74, 0.725, [-0.025, -0.005]), 'fail'],
    ['an interval wholly below −margin fails', nonInferior({}), compared('roc_auc', 0.74, 0.7, [-0.06, -0.02]), 'fail'],
    ['a loss within the margin passes even when it is significant', nonInferior({}), compared('roc_auc', 0.74, 0.735, [-0.008, -0.002]), 'pass'],
    ['no difference at all passes a margin of 0', nonInferior({ margin: 0 }), compared('roc_auc', 0.74, 0.74, [0, 0]), 'pass'],
    ['superiority needs the interval above 0', nonInferior({ superior: true }), compared('roc_auc', 0.74, 0.75, [0.001, 0.019]), 'pass'],
    ['an interval that holds 0 does not show superiority', nonInferior({ superior: true }), compared('roc_auc', 0.74, 0.75, [-0.001, 0.021]), 'inconclusive'],
    ['an interval that ends at 0 shows there is none', nonInferior({ superior: true }), compared('roc_auc', 0.74, 0.735, [-0.01, 0]), 'fail'],
    ['of a loss, lower is better', nonInferior({ metric: 'log_loss' }), compared('log_loss', 0.4, 0.395, [-0.02, 0.009]), 'pass'],
    ['of a loss, higher fails', nonInferior({ metric: 'log_loss' }), compared('log_loss', 0.4, 0.42, [0.012, 0.028]), 'fail'],
    ['a narrower interval than alpha needs is an error', nonInferior({ alpha: 0.01 }), compared('roc_auc', 0.74, 0.75, [0.001, 0.019]), 'error'],
    ['a wider interval than alpha needs is used as it is', nonInferior({ alpha: 0.05 }), compared('roc_auc', 0.74, 0.75, [0.001, 0.019]), 'pass'],
    ['without an interval it is an error', nonInferior({}), { ...compared('roc_auc', 0.74, 0.75, [0, 0]), difference: { value: 0.75 - 0.74, rows: 500 } }, 'error'],
    ['where resampling gives no interval it is inconclusive', nonInferior({}), { ...compared('roc_auc', 0.74, 0.75, [0, 0]), difference: { value: 0.75 - 0.74, rows: 500, resamples: { drawn: 2000, degenerate: 1000, seed: 1 } } }, 'inconclusive'],
    ['too few rows are inconclusive', nonInferior({ minRows: 1e6 }), compared('roc_auc', 0.74, 0.75, [0.001, 0.019]), 'inconclusive'],
    ['a negative margin is an error', nonInferior({ margin: -0.01 }), compared('roc_auc', 0.74, 0.8, [0.05, 0.07]), 'error'],
    ['an undefined metric is inconclusive', nonInferior({}), { ...compared('roc_auc', 0.74, 0.75, [0, 0]), candidate: { value: null, reason: 'no actual negatives', rows: 500 } }, 'inconclusive'],
  ])('%s', (_title, gate, comparison, verdict) => {
    expect(verdictOn(gate, comparison)).toBe(verdict);
  });

  it('a slice fails only if it is still significantly worse after correction over the slices', () => {
    const worse = compared('recall', 0.71, 0.66, [-0.09, -0.01], declared('carrier', 'AA'));
    const verdictAt = (adjustedP: number | null): string => {
      const evidence = soundEvidence();
      comparedIn(evidence).slices[0] = { ...worse, adjustedP };
      return judgeOne(passing('non_inferior.by'), evidence).verdict;
    };
    expect([verdictAt(0.01), verdictAt(0.05), verdictAt(0.06), verdictAt(null)]).toEqual(['fail', 'fail', 'inconclusive', 'inconclusive']);
  });

  it('says about how many more rows would decide', () => {
    const evidence = soundEvidence();
    comparedIn(evidence).metrics = [compared('roc_auc', 0.74, 0.74, [-0.02, 0.02])];
    expect(judgeOne(nonInferior({}), evidence)).toMatchObject({ verdict: 'inconclusive', rowsNeeded: 60_000 });
  });
});

describe('comparisons', () => {
  it.each<[string, (evidence: Evidence) => void, string]>([
    ['that were refused are an error with both sides named', (evidence) => (comparedIn(evidence).refused = 'the champion saw other rows: abc, not def'), 'holdout was not compared: the champion saw other rows: abc, not def'],
    ['that are missing are an error', (evidence) => (evidence.comparisons.holdout = { missing: 'the champion could not be loaded' }), 'holdout was not compared: the champion could not be loaded'],
    ['of a model with itself are an error', (evidence) => (comparedIn(evidence).champion.digest = 'candidate'), 'model candidate was compared with itself'],
    ['with another champion are an error', (evidence) => (evidence.champion = { version: 'v0', digest: 'older' }), 'the comparison is of candidate with champion, not of this candidate with this champion'],
    ['on other data than the evaluation are an error', (evidence) => (comparedIn(evidence).dataset = { ...comparedIn(evidence).dataset, digest: 'elsewhere' }), 'compared on data elsewhere, evaluated on rows'],
  ])('%s', (_title, spoil, reason) => {
    const evidence = soundEvidence();
    spoil(evidence);
    for (const id of ['change', 'non_inferior', 'flips']) expect(judgeOne(passing(id), evidence)).toMatchObject({ verdict: 'error', reason });
  });
});

describe('fairness gate', () => {
  const report = (evidence: Evidence) => (evidence.evaluations.holdout as unknown as { fairness: ReturnType<typeof import('./evidence.ts').groupFairness>[] }).fairness[0];

  it('a tiny group is inconclusive: nobody can tell how it fares', () => {
    const evidence = soundEvidence();
    Object.assign(report(evidence).groups[1], { rows: 12, tooSmall: true });
    expect(judgeOne(passing('fairness'), evidence)).toMatchObject({ verdict: 'inconclusive', rowsNeeded: 18 });
  });

  it('the other groups can fail it all the same', () => {
    const evidence = soundEvidence();
    Object.assign(report(evidence).groups[1], { rows: 12, tooSmall: true });
    report(evidence).disparities.demographic_parity_difference = measured(0.4, 12_000);
    expect(judgeOne(passing('fairness'), evidence).verdict).toBe('fail');
  });

  it('an empty intersection is nobody: named, and no obstacle', () => {
    const evidence = soundEvidence();
    Object.assign(report(evidence).groups[1], { rows: 0, tooSmall: true });
    expect(judgeOne(passing('fairness'), evidence)).toMatchObject({ verdict: 'pass', reason: expect.stringContaining('without rows: JFK') });
  });

  it('an undefined disparity is inconclusive and shown as undefined', () => {
    const evidence = soundEvidence();
    report(evidence).disparities.demographic_parity_difference = { value: null, reason: 'fewer than two groups have this metric', rows: 12_000 };
    expect(judgeOne(passing('fairness'), evidence)).toMatchObject({ verdict: 'inconclusive', reason: 'demographic parity difference is undefined: fewer than two groups have this metric', candidate: { value: null } });
  });

  it('groups or a measure that were not assessed are an error', () => {
    expect(judgeOne({ ...passing('fairness'), by: ['carrier'] } as Gate, soundEvidence()).verdict).toBe('error');
    expect(judgeOne({ ...passing('fairness'), measure: 'equalized_odds_ratio' } as Gate, soundEvidence()).verdict).toBe('error');
  });
});

describe('counting gates', () => {
  it.each([
    ['every case right passes', ['pass', 'pass'], 1, 'pass'],
    ['one wrong case fails a gate that wants all', ['pass', 'fail'], 1, 'fail'],
    ['one wrong case in four passes at 0.75', ['pass', 'pass', 'pass', 'fail'], 0.75, 'pass'],
    ['a case that could not be judged is an error, even where the rest would do', ['pass', 'pass', 'pass', 'error'], 0.75, 'error'],
    ['a case that cannot be told is inconclusive', ['pass', 'inconclusive'], 1, 'inconclusive'],
    ['a failure is known whatever the others come to', ['fail', 'error', 'inconclusive'], 1, 'fail'],
    ['no cases are inconclusive', [], 1, 'inconclusive'],
  ] as const)('curated cases: %s', (_title, verdicts, minShare, verdict) => {
    const cases = verdicts.map((each, index) => caseResult(`case ${index}`, each));
    expect(judgeOne({ id: 'g', severity: 'block', kind: 'cases', minShare }, { ...soundEvidence(), cases }).verdict).toBe(verdict);
  });

  it.each([
    ['within the budget passes', ['moved', 'still'], 1, 'pass'],
    ['over the budget fails', ['moved', 'moved', 'error'], 1, 'fail'],
    ['a column that could not be compared is an error', ['still', 'error'], 1, 'error'],
    ['undecided columns that could break the budget are inconclusive', ['moved', 'inconclusive'], 1, 'inconclusive'],
    ['undecided columns that could not are no obstacle', ['still', 'inconclusive'], 1, 'pass'],
    ['no columns are an error', [], 1, 'error'],
  ] as const)('drift: %s', (_title, verdicts, maxColumns, verdict) => {
    const evidence = soundEvidence();
    Object.assign(evidence.drift, { columns: verdicts.map((each, index) => columnDrift(`c${index}`, 'feature', each)) });
    expect(judgeOne({ id: 'g', severity: 'block', kind: 'drift', of: 'features', maxColumns }, evidence).verdict).toBe(verdict);
  });

  it('drift: a jump in nulls counts, and a named column that was not compared is an error', () => {
    const evidence = soundEvidence();
    const gate: Gate = { id: 'g', severity: 'block', kind: 'drift', of: 'features', columns: ['temp'] };
    const column = columnDrift('temp', 'feature');
    column.nulls.moved = true;
    Object.assign(evidence.drift, { columns: [column] });
    expect(judgeOne(gate, evidence).verdict).toBe('fail');
    expect(judgeOne({ ...gate, columns: ['temp', 'tailnum'] } as Gate, evidence)).toMatchObject({ verdict: 'error', reason: 'not compared: tailnum (an identifier)' });
  });

  it.each([
    ['no failing check passes', [finding('a', 'pass'), finding('b', 'fail', 'warn')], 'pass'],
    ['a failing check fails', [finding('a', 'fail')], 'fail'],
    ['a check that could not be applied is an error', [finding('a', 'error'), finding('b', 'inconclusive')], 'error'],
    ['an undecided check is inconclusive', [finding('a', 'pass'), finding('b', 'inconclusive')], 'inconclusive'],
    ['no checks at all are inconclusive', [], 'inconclusive'],
  ] as const)('data quality: %s', (_title, findings, verdict) => {
    const evidence = soundEvidence();
    Object.assign(evidence.dataQuality.holdout, { findings });
    expect(judgeOne(passing('data_quality'), evidence).verdict).toBe(verdict);
  });

  it('harmful flips are bounded by their share, and a share that contradicts its count is an error', () => {
    const evidence = soundEvidence();
    const { flips } = comparedIn(evidence);
    expect(judgeOne({ id: 'g', severity: 'block', kind: 'flips', on: 'holdout', maxHarmfulShare: 0.01, decide: 'point' }, evidence).verdict).toBe('fail');
    if (flips) flips.harmful = 3770;
    expect(judgeOne(passing('flips'), evidence).verdict).toBe('error');
  });
});

describe('runtime gates', () => {
  it.each([
    ['p50', 5, 4],
    ['p95', 59, 58],
    ['p99', 299, 298],
  ] as const)('%s is known from %i runs and not from %i', (quantile, enough, tooFew) => {
    const gate: Gate = { id: 'g', severity: 'block', kind: 'latency', quantile, maxMs: 5, batch: 1 };
    const verdictAt = (runs: number): string => {
      const evidence = soundEvidence();
      Object.assign(evidence.runtime, { latency: [{ ...latency(), runs }] });
      return judgeOne(gate, evidence).verdict;
    };
    expect([verdictAt(enough), verdictAt(tooFew)]).toEqual(['pass', 'inconclusive']);
  });

  it.each([
    ['latency', { quantile: 'p99', maxMs: 1.9, batch: 1 }, 'pass'],
    ['latency', { quantile: 'p99', maxMs: 1.8, batch: 1 }, 'fail'],
    ['latency', { quantile: 'p99', maxMs: 5, batch: 64 }, 'error'],
    ['throughput', { minRowsPerSecond: 1200, batch: 1 }, 'pass'],
    ['throughput', { minRowsPerSecond: 1201, batch: 1 }, 'fail'],
    ['throughput', { minRowsPerSecond: 1, batch: 64 }, 'error'],
    ['size', { maxMb: 1.2 }, 'pass'],
    ['size', { maxMb: 1.1 }, 'fail'],
  ] as const)('%s %o: %s', (kind, rule, verdict) => {
    expect(judgeOne({ id: 'g', severity: 'block', kind, ...rule } as Gate, soundEvidence()).verdict).toBe(verdict);
  });

  it.each([
    ['agreement passes', {}, {}, 'pass'],
    ['a difference fails', { verdict: 'differ', outputs: [{ ...parity().outputs[0], overTolerance: 3 }] }, {}, 'fail'],
    ['a changed decision fails', { decisionsChanged: { rows: 1, of: 500 } }, {}, 'fail'],
    ['a changed decision within the allowance passes', { decisionsChanged: { rows: 1, of: 500 } }, { maxDecisionsChanged: 1 }, 'pass'],
    ['a crashed provider is an error', { verdict: 'error' }, {}, 'error'],
    ['a looser measurement than the gate asks for is an error', { tolerance: { relative: 1e-2, absolute: 1e-5 } }, {}, 'error'],
    ['no rows are inconclusive', { rows: 0 }, {}, 'inconclusive'],
    ['a single provider is inconclusive', { verdict: 'unavailable' }, {}, 'inconclusive'],
    ['a provider asked for by name and absent is inconclusive', { verdict: 'unavailable' }, { providers: ['webgpu'] }, 'inconclusive'],
    ['a provider that was never tried is an error', {}, { providers: ['cuda'] }, 'error'],
    ['a sibling that was not compared is an error', {}, { sibling: 'v2-int8' }, 'error'],
  ])('parity: %s', (_title, change, rule, verdict) => {
    const evidence = soundEvidence();
    Object.assign(evidence.runtime, { parity: [{ ...parity(), ...change }] });
    expect(judgeOne({ ...passing('parity'), ...rule } as Gate, evidence).verdict).toBe(verdict);
  });
});

describe('shadow gates', () => {
  it.each([
    ['better is enough where equivalent is asked for', {}, {}, 'pass', /beside v1 it is better: on 20,000 labelled pairs/],
    ['equivalent is not better', { verdict: 'equivalent' }, { needs: 'better' }, 'fail', /only equivalent/],
    ['equivalent is not worse', { verdict: 'equivalent' }, { needs: 'nonInferior' }, 'pass', /equivalent/],
    ['worse fails whatever its labels', { verdict: 'worse' }, { needs: 'nonInferior' }, 'fail', /worse/],
    ['one that is not settled cannot tell', { verdict: 'keep-going' }, {}, 'inconclusive', /not settled/],
    ['one that ended unsettled cannot tell', { verdict: 'inconclusive' }, {}, 'inconclusive', /not settled/],
    ['labels may show that an unsettled one is not worse', { verdict: 'inconclusive' }, { needs: 'nonInferior' }, 'pass', /not worse than allowed/],
    ['without such labels it cannot tell', { verdict: 'inconclusive', nonInferior: false }, { needs: 'nonInferior' }, 'inconclusive', /not settled/],
    ['one that failed is an error', { verdict: 'error', sentence: 'The two could not be compared: boom.' }, {}, 'error', /could not be compared|boom/],
    ['too few pairs are inconclusive', { compared: 400 }, {}, 'inconclusive', /400 pairs are too few/],
    ['an old one is inconclusive', { ageDays: 7.5 }, {}, 'inconclusive', /8 days old, 7 are allowed/],
    ['an old one counts where age does not', { ageDays: 700 }, { maxAgeDays: undefined }, 'pass', /better/],
    ['another intent is another comparison', { intent: 'same-build' }, {}, 'inconclusive', /no comparison with v1 as new-model/],
    ['a replay is not live', {}, { source: 'live' }, 'inconclusive', /no live comparison/],
    ['of other files it is an error', { digests: { production: 'champion', candidate: 'other' } }, {}, 'error', /not of this candidate/],
    ['too much disagreement fails although it is better', { disagreement: measured(0.2) }, {}, 'fail', /needs ≤/],
    ['disagreement about the bound is inconclusive', { disagreement: measured(0.05) }, {}, 'inconclusive', /both sides/],
    ['without an interval the bound cannot be judged', { disagreement: { value: 0.01, rows: 20_000 } }, {}, 'error', /no interval/],
  ] as const)('%s', (_title, change, rule, verdict, reason) => {
    const evidence = { ...soundEvidence(), shadows: [{ ...shadow(), ...change }] };
    const result = judgeOne({ ...passing('shadow'), ...rule } as Gate, evidence);
    expect(result).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  it('the newest one decides, whatever the older say', () => {
    const older = { ...shadow(), id: 's-0', ageDays: 3 };
    const verdictOf = (...shadows: ReturnType<typeof shadow>[]): string => judgeOne(passing('shadow'), { ...soundEvidence(), shadows }).verdict;
    expect(verdictOf(older, { ...shadow(), verdict: 'worse' })).toBe('fail');
    expect(verdictOf({ ...older, verdict: 'worse' }, shadow())).toBe('pass');
  });

  it('says nothing of the champion itself, and cannot tell without one', () => {
    expect(judge([passing('shadow')], { ...soundEvidence(), role: 'champion' }).decision.notApplicable).toContain('shadow');
    expect(judgeOne(passing('shadow'), { ...soundEvidence(), champion: null }).verdict).toBe('inconclusive');
  });

  it('tells the decision in a sentence', () => {
    const blocked = judge([passing('shadow')], { ...soundEvidence(), shadows: [{ ...shadow(), verdict: 'worse', sentence: 'Worse: for 3 of 200 inputs the answer is not a finite number.' }] });
    expect(blocked.decision.sentence).toBe('v2 is blocked: beside v1 it is worse: for 3 of 200 inputs the answer is not a finite number.');
  });
});

describe('built-in gates', () => {
  const outputs: Gate = { id: 'outputs', severity: 'block', kind: 'outputs' };
  const signature: Gate = { id: 'signature', severity: 'block', kind: 'signature' };

  it.each([
    ['sound predictions pass', {}, 'pass'],
    ['a NaN prediction fails', { notFinite: 1, message: '1 of 20,000 predictions is not finite' }, 'fail'],
    ['a missing prediction fails', { missing: 1 }, 'fail'],
    ['a wrong shape fails', { message: 'the output has 3 columns, the task has 2 classes' }, 'fail'],
    ['no rows are inconclusive', { rows: 0 }, 'inconclusive'],
    ['faults that were not counted are an error', { notFinite: NaN }, 'error'],
  ])('outputs: %s', (_title, change, verdict) => {
    const evidence = soundEvidence();
    Object.assign((evidence.predictions as { faults: object }[])[0].faults, change);
    expect(judgeOne(outputs, evidence).verdict).toBe(verdict);
  });

  it('outputs: a dataset that was not predicted on is an error', () => {
    const evidence = soundEvidence();
    (evidence.predictions as object[]).push({ on: 'current', faults: { missing: 'the model host was killed' } });
    expect(judgeOne(outputs, evidence)).toMatchObject({ verdict: 'error', reason: '1 of 2 could not be judged; current: nothing was predicted: the model host was killed' });
    expect(judgeOne(outputs, { ...soundEvidence(), predictions: [] }).verdict).toBe('error');
  });

  const input = { name: 'temp', datatype: 'float32', shape: ['batch', 1] };
  const output = { name: 'probabilities', datatype: 'float32', shape: ['batch', 2] };
  it.each([
    ['another name for the open dimension passes', { inputs: [{ ...input, shape: ['N', 1] }], outputs: [output] }, 'pass'],
    ['a further output passes', { inputs: [input], outputs: [output, { ...output, name: 'label' }] }, 'pass'],
    ['an input that takes more passes', { inputs: [{ ...input, shape: [null, null] }], outputs: [output] }, 'pass'],
    ['a renamed input fails', { inputs: [{ ...input, name: 'temperature' }], outputs: [output] }, 'fail'],
    ['a further input fails', { inputs: [input, { ...input, name: 'wind' }], outputs: [output] }, 'fail'],
    ['another type fails', { inputs: [{ ...input, datatype: 'float64' }], outputs: [output] }, 'fail'],
    ['a fixed batch fails', { inputs: [{ ...input, shape: [1, 1] }], outputs: [output] }, 'fail'],
    ['an output that is gone fails', { inputs: [input], outputs: [{ ...output, name: 'scores' }] }, 'fail'],
    ['an output of unknown width fails', { inputs: [input], outputs: [{ ...output, shape: ['batch', null] }] }, 'fail'],
    ['no outputs are an error', { inputs: [input], outputs: [] }, 'error'],
  ])('signature: %s', (_title, candidate, verdict) => {
    const evidence = soundEvidence();
    Object.assign(evidence.signatures, { candidate });
    expect(judgeOne(signature, evidence).verdict).toBe(verdict);
  });
});
