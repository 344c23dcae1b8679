import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gate } from '../../protocol/gates.ts';
import type { ComparisonReport } from '../../protocol/evaluation.ts';
import type { Evidence } from '../../server/gates/evidence.ts';
import { judge } from '../../server/gates/judge.ts';
import { caseResult, compared, declared, faults, passing, soundEvidence } from './evidence.ts';

const auc = passing('non_inferior');
const byCarrier = passing('non_inferior.by');
const forAa = { ...passing('non_inferior'), id: 'aa', metric: 'recall', slice: 'carrier = AA' } as Gate;
const cases = passing('cases');

function comparison(evidence: Evidence): ComparisonReport {
  if ('missing' in evidence.comparisons.holdout) throw new Error('no comparison');
  return evidence.comparisons.holdout;
}

/** Recall of one carrier, significantly if its interval says so. */
function recallOf(carrier: string, difference: number, ends: [number, number]): ComparisonReport['slices'][number] {
  return { ...compared('recall', 0.71, 0.71 + difference, ends, declared('carrier', carrier)), pValue: 1e-4, adjustedP: 2e-4 };
}

function sentence(policy: Gate[], change: (evidence: Evidence) => void): string {
  const evidence = soundEvidence();
  change(evidence);
  return judge(policy, evidence).decision.sentence;
}

describe('the sentence of a decision', () => {
  const worseForAa = (evidence: Evidence): void => void (comparison(evidence).slices = [recallOf('AA', -0.2, [-0.26, -0.14]), recallOf('UA', 0.01, [-0.01, 0.03])]);

  it.each<[string, Gate[], (evidence: Evidence) => void, string]>([
    ['what is better, then for whom it is worse, then what is wrong', [auc, byCarrier, cases], (evidence) => {
      worseForAa(evidence);
      evidence.cases = [...Array.from({ length: 17 }, (_, index) => caseResult(`sound ${index}`, 'pass')), ...Array.from({ length: 8 }, (_, index) => caseResult(`wrong ${index}`, 'fail'))];
    }, 'v2 is blocked: better on average (+0.9 pt AUC), worse for carrier AA (−20.0 pt recall) and 8 of 25 curated cases are wrong.'],
    ['a slice of one gate like a slice of many', [auc, forAa], worseForAa, 'v2 is blocked: better on average (+0.9 pt AUC), worse for carrier AA (−20.0 pt recall).'],
    ['slices past the second are counted', [byCarrier], (evidence) => void (comparison(evidence).slices = ['AA', 'B6', 'DL', 'UA'].map((carrier) => recallOf(carrier, -0.2, [-0.26, -0.14]))), 'v2 is blocked: worse for carrier AA (−20.0 pt recall), worse for carrier B6 (−20.0 pt recall), and for 2 more.'],
    ['a gain beside a failure of another kind', [auc, cases], (evidence) => void (evidence.cases = [caseResult('storm', 'fail')]), 'v2 is blocked: better on average (+0.9 pt AUC), but 1 of 1 curated case is wrong.'],
    ['a loss without a gain', [auc], (evidence) => void (comparison(evidence).metrics[0] = compared('roc_auc', 0.74, 0.7, [-0.06, -0.02])), 'v2 is blocked: worse on average (−4.0 pt AUC).'],
    ['a missed change that may be chance, as the gate says it', [{ ...passing('change'), min: 0 } as Gate], (evidence) => void (comparison(evidence).metrics[0] = compared('roc_auc', 0.74, 0.73, [-0.03, 0.01])), 'v2 is blocked: AUC is 1.0 pt worse, needs ≥ 0.'],
    ['faults', [auc], (evidence) => {
      evidence.predictions = [{ on: 'holdout', faults: { ...faults(), rows: 24_814, notFinite: 18_785, message: '18,785 of 24,814 predictions are not finite numbers' } }];
      evidence.comparisons.holdout = { missing: 'predictions are at fault' };
      Object.assign(evidence.signatures, { champion: { inputs: [{ name: 'humid', datatype: 'float32', shape: [null, 1] }], outputs: [{ name: 'probabilities', datatype: 'float32', shape: ['batch', 2] }] } });
    }, 'v2 is blocked: 18,785 of 24,814 predictions are not finite numbers; input humid is gone.'],
    ['evidence that is missing, once', [auc, byCarrier, cases, passing('latency')], (evidence) => {
      evidence.comparisons.holdout = { missing: 'the model host ran out of memory' };
      evidence.cases = { missing: 'the file is gone' };
      evidence.runtime = { missing: 'the model host ran out of memory' };
    }, 'v2 cannot be judged: holdout was not compared: the model host ran out of memory; the curated cases were not judged: the file is gone; 1 more gate could not be judged.'],
    ['what an interval leaves open, and how many rows would close it', [byCarrier], (evidence) => void (comparison(evidence).slices = [recallOf('AA', -0.012, [-0.041, 0.017])]), 'v2 may not replace v1 yet: recall for carrier AA could be 4.1 pt worse (limit 2.0 pt), about 240,000 more rows would tell.'],
    ['superiority that is not shown', [{ ...auc, superior: true } as Gate], (evidence) => void (comparison(evidence).metrics[0] = compared('roc_auc', 0.74, 0.743, [-0.002, 0.008])), 'v2 may not replace v1 yet: AUC is not shown to improve (+0.3 pt AUC, 95 % −0.2 pt to +0.8 pt), about 36,000 more rows would tell.'],
    ['too few rows', [{ ...byCarrier, minRows: 30_000 } as Gate], () => undefined, 'v2 may not replace v1 yet: recall by carrier: for carrier AA 20,000 rows are too few to tell, 30,000 are needed.'],
    ['no gate at all', [], () => undefined, 'v2 may not replace v1 yet: no gate says anything about its quality.'],
    ['a champion with nothing but comparisons', [auc], (evidence) => void (evidence.role = 'champion'), 'v2, the champion, cannot be confirmed yet: every gate on its quality compares with the champion, which it is.'],
    ['a champion that passes', [auc, cases], (evidence) => void (evidence.role = 'champion'), 'v2, the champion, still passes: all 3 blocking gates pass.'],
    ['a pass without a gain', [auc], (evidence) => void (comparison(evidence).metrics[0] = compared('roc_auc', 0.74, 0.741, [-0.003, 0.005])), 'v2 may replace v1: no worse than allowed on average (+0.1 pt AUC, 95 % −0.3 pt to +0.5 pt).'],
    ['a pass without any comparison', [cases], () => undefined, 'v2 may replace v1: all 4 blocking gates pass.'],
  ])('says %s', (_what, policy, change, expected) => expect(sentence(policy, change)).toBe(expected));

  it('never claims better or worse on average or for a slice unless the whole interval does', () => {
    const ends = fc.tuple(fc.double({ min: -0.3, max: 0.3, noNaN: true }), fc.double({ min: 0, max: 0.2, noNaN: true }), fc.double({ min: 0, max: 0.2, noNaN: true }));
    const kinds = [auc, passing('change'), { ...auc, superior: true } as Gate, { ...auc, margin: 0.4 } as Gate];
    fc.assert(
      fc.property(ends, ends, fc.constantFrom(...kinds), fc.constantFrom('roc_auc', 'log_loss'), fc.boolean(), ([all, below, above], [part, under, over], kind, metric, failing) => {
        const said = sentence([{ ...kind, metric } as Gate, byCarrier, ...(failing ? [cases] : [])], (evidence) => {
          comparison(evidence).metrics = [compared(metric, 0.5, 0.5 + all, [all - below, all + above])];
          comparison(evidence).slices = [recallOf('AA', part, [part - under, part + over])];
          if (failing) evidence.cases = [caseResult('storm', 'fail')];
        });
        const sign = metric === 'log_loss' ? -1 : 1;
        const improvement = [sign * (all - below), sign * (all + above)];
        if (said.includes('better on average')) expect(Math.min(...improvement)).toBeGreaterThan(0);
        if (said.includes('worse on average')) expect(Math.max(...improvement)).toBeLessThan(0);
        if (said.includes('worse for carrier')) expect(part + over).toBeLessThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
