import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gate, GateKind } from '../../protocol/gates.ts';
import type { Verdict } from '../../protocol/measured.ts';
import type { Evidence } from '../../server/gates/evidence.ts';
import { judge } from '../../server/gates/judge.ts';
import { caseResult, columnDrift, compared, finding, interval, judgeOne, latency, measured, parity, passing, passingPolicy, soundEvidence } from './evidence.ts';

type Path = (string | number)[];

/** Where each gate's evidence lies: spoiling any of these leaves must cost the gate its pass. */
const dependsOn: Record<string, Path[]> = {
  metric: leavesOf(['evaluations', 'holdout', 'metrics', 'roc_auc'], ['value', 'rows', 'interval.low', 'interval.high', 'interval.level']),
  'metric.by': [...leavesOf(['evaluations', 'holdout', 'slices', 0, 'metrics', 'recall'], ['value', 'rows']), ...leavesOf(['evaluations', 'holdout', 'slices', 1, 'metrics', 'recall'], ['value', 'rows'])],
  change: comparisonLeaves(['comparisons', 'holdout', 'metrics', 0]),
  'change.relative': comparisonLeaves(['comparisons', 'holdout', 'metrics', 2]),
  non_inferior: [...comparisonLeaves(['comparisons', 'holdout', 'metrics', 0]), ...leavesOf(['comparisons', 'holdout', 'metrics', 0, 'difference'], ['interval.low', 'interval.high', 'interval.level'])],
  'non_inferior.by': [0, 1].flatMap((index) => [...comparisonLeaves(['comparisons', 'holdout', 'slices', index]), ...leavesOf(['comparisons', 'holdout', 'slices', index, 'difference'], ['interval.low', 'interval.level'])]),
  fairness: [...leavesOf(['evaluations', 'holdout', 'fairness', 0, 'disparities', 'demographic_parity_difference'], ['value', 'rows', 'interval.high']), ...[0, 1, 2].map((group) => ['evaluations', 'holdout', 'fairness', 0, 'groups', group, 'rows'])],
  cases: [0, 1].flatMap((index) => [['cases', index, 'verdict'], ['cases', index, 'predicted']]),
  flips: leavesOf(['comparisons', 'holdout', 'flips'], ['harmful', 'harmfulRate.value', 'harmfulRate.rows', 'harmfulRate.interval.high']),
  drift: [0, 1, 2].flatMap((index) => leavesOf(['drift', 'columns', index], ['effect.value', 'test.adjustedP', 'verdict'])),
  'drift.predictions': leavesOf(['predictionDrift', 'columns', 0], ['effect.value', 'test.adjustedP', 'verdict']),
  'drift.multivariate': leavesOf(['drift', 'multivariate'], ['auc.value', 'auc.rows', 'verdict']),
  'drift.concept': leavesOf(['concept'], ['difference.value', 'verdict']),
  data_quality: [0, 1].map((index) => ['dataQuality', 'holdout', 'findings', index, 'verdict']),
  latency: leavesOf(['runtime', 'latency', 0], ['p99Ms.value', 'p99Ms.rows', 'runs']),
  throughput: leavesOf(['runtime', 'latency', 0], ['rowsPerSecond.value', 'rowsPerSecond.rows']),
  size: [['runtime', 'modelBytes']],
  parity: leavesOf(['runtime', 'parity', 0], ['verdict', 'outputs.0.overTolerance', 'outputs.0.elements', 'tolerance.relative', 'tolerance.absolute', 'decisionsChanged.rows', 'rows']),
  shadow: leavesOf(['shadows', 0], ['intent', 'verdict', 'compared', 'ageDays', 'digests.production', 'digests.candidate', 'disagreement.value', 'disagreement.rows', 'disagreement.interval.high']),
  value: leavesOf(['evaluations', 'holdout', 'value', 'gain'], ['value', 'rows', 'interval.low', 'interval.high']),
  outputs: leavesOf(['predictions', 0, 'faults'], ['rows', 'missing', 'notFinite', 'outsideUnitInterval', 'sumNotOne']),
  export: leavesOf(['recorded', 0], ['verdict', 'outputs.0.overTolerance', 'outputs.0.elements', 'tolerance.relative', 'tolerance.absolute', 'rows']),
  signature: leavesOf(['signatures'], ['candidate.inputs.0.name', 'candidate.inputs.0.datatype', 'candidate.outputs.0.name', 'champion.outputs.0.datatype']),
};

function leavesOf(start: Path, ends: string[]): Path[] {
  return ends.map((end) => [...start, ...end.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key))]);
}

function comparisonLeaves(start: Path): Path[] {
  return leavesOf(start, ['champion.value', 'candidate.value', 'difference.value', 'difference.rows']);
}

/** The parent of a leaf, and every node above it. */
function spoil(evidence: Evidence, path: Path, how: (node: Record<string | number, unknown>, key: string | number) => void): void {
  let node = evidence as unknown as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
  how(node, path[path.length - 1]);
}

const spoilings: Record<string, (node: Record<string | number, unknown>, key: string | number) => void> = {
  'turned NaN': (node, key) => (node[key] = NaN),
  'turned null': (node, key) => (node[key] = null),
  removed: (node, key) => delete node[key],
};

describe('no gate keeps its pass', () => {
  const cases = Object.entries(dependsOn).flatMap(([id, paths]) => Object.keys(spoilings).flatMap((how) => paths.map((path) => ({ id, how, path }))));

  it.each(cases.map(({ id, how, path }) => [id, path.join('.'), how, path] as const))('%s: when %s is %s', (id, _name, how, path) => {
    const evidence = soundEvidence();
    const gate = judge(passingPolicy, evidence).gates.find((result) => result.gate.id === id)!;
    expect(gate.verdict).toBe('pass');
    spoil(evidence, path, spoilings[how]);
    const spoilt = judge(passingPolicy, evidence);
    expect(spoilt.gates.find((result) => result.gate.id === id)!.verdict).not.toBe('pass');
    expect(spoilt.decision.verdict).not.toBe('pass');
  });

  it('when any part of the evidence is missing, whatever its reason', () => {
    const parts: Path[] = [['evaluations', 'holdout'], ['comparisons', 'holdout'], ['cases'], ['predictions'], ['drift'], ['predictionDrift'], ['concept'], ['dataQuality', 'holdout'], ['runtime'], ['shadows'], ['signatures'], ['recorded'], ['predictions', 0, 'faults']];
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.string(), fc.constantFrom('missing', 'undefined'), (path, reason, how) => {
        const evidence = soundEvidence();
        spoil(evidence, path, (node, key) => (node[key] = how === 'missing' ? { missing: reason } : undefined));
        const { gates, decision } = judge(passingPolicy, evidence);
        expect(decision.verdict).toBe('error');
        expect(gates.some(({ verdict }) => verdict === 'error')).toBe(true);
      }),
    );
  });
});

describe('improving the candidate', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const half = fc.double({ min: 0, max: 0.2, noNaN: true });
  const step = fc.double({ min: 0, max: 0.5, noNaN: true });
  const rank: Record<Verdict, number> = { fail: 0, error: 1, inconclusive: 1, pass: 2 };
  const verdictOf = (gate: Gate, champion: number, candidate: number, width: number): Verdict => {
    const evidence = soundEvidence();
    const difference = candidate - champion;
    Object.assign(evidence.comparisons.holdout, { metrics: [compared('recall', champion, candidate, [difference - width, difference + width])] });
    return judgeOne(gate, evidence).verdict;
  };
  const gates: Gate[] = [
    { ...passing('change'), metric: 'recall' } as Gate,
    { ...passing('change'), metric: 'recall', relative: true } as Gate,
    { ...passing('change'), metric: 'recall', min: 0.05 } as Gate,
    { ...passing('non_inferior'), metric: 'recall' } as Gate,
    { ...passing('non_inferior'), metric: 'recall', superior: true } as Gate,
  ];

  it('never lowers the verdict of a comparison', () => {
    fc.assert(
      fc.property(fc.constantFrom(...gates), share, share, half, step, (gate, champion, candidate, width, better) => {
        const improved = Math.min(1, candidate + better);
        expect(rank[verdictOf(gate, champion, improved, width)]).toBeGreaterThanOrEqual(rank[verdictOf(gate, champion, candidate, width)]);
      }),
    );
  });

  it('never fails a gate that allows a loss', () => {
    fc.assert(
      fc.property(share, step, half, (champion, better, width) => {
        const candidate = Math.min(1, champion + better);
        for (const gate of [gates[0], gates[1], gates[3]]) expect(verdictOf(gate, champion, candidate, width)).not.toBe('fail');
      }),
    );
  });

  it('of a metric with a minimum, never lowers the verdict', () => {
    fc.assert(
      fc.property(share, half, step, fc.constantFrom('point' as const, 'interval' as const), (value, width, better, decide) => {
        const at = (candidate: number): number => {
          const evidence = soundEvidence();
          Object.assign(evidence.evaluations.holdout, { metrics: { roc_auc: measured(candidate, 500, [candidate - width, candidate + width]) } });
          return rank[judgeOne({ ...passing('metric'), decide } as Gate, evidence).verdict];
        };
        expect(at(Math.min(1, value + better))).toBeGreaterThanOrEqual(at(value));
      }),
    );
  });
});

describe('the order of gates', () => {
  it('changes no verdict and no decision', () => {
    const evidence = soundEvidence();
    Object.assign(evidence.runtime, { modelBytes: 9e6, latency: [{ ...latency(), runs: 10 }] });
    const verdicts = (policy: Gate[]): unknown => {
      const { gates, decision } = judge(policy, evidence);
      return { gates: Object.fromEntries(gates.map(({ gate, verdict, reason }) => [gate.id, [verdict, reason]])), verdict: decision.verdict, blocking: decision.blocking.slice().sort(), counts: decision.counts };
    };
    const expected = verdicts(passingPolicy);
    fc.assert(
      fc.property(fc.shuffledSubarray(passingPolicy, { minLength: passingPolicy.length }), (policy) => {
        expect(verdicts(policy)).toEqual(expected);
      }),
    );
  });
});

describe('every kind of gate', () => {
  const set = (path: Path, value: unknown) => (evidence: Evidence) => spoil(evidence, path, (node, key) => (node[key] = value));
  const none = (part: Path) => set(part, { missing: 'it broke' });
  /** Evidence on which the passing gate of each kind comes to each other verdict it can come to. */
  const verdicts: Record<GateKind, Partial<Record<Exclude<Verdict, 'pass'>, (evidence: Evidence) => void>>> = {
    metric: {
      fail: set(['evaluations', 'holdout', 'metrics', 'roc_auc'], measured(0.5)),
      inconclusive: set(['evaluations', 'holdout', 'metrics', 'roc_auc'], measured(0.7)),
      error: none(['evaluations', 'holdout']),
    },
    change: {
      fail: set(['comparisons', 'holdout', 'metrics', 0], compared('roc_auc', 0.74, 0.6, [-0.2, -0.1])),
      inconclusive: set(['comparisons', 'holdout', 'metrics', 0, 'difference', 'rows'], 12),
      error: none(['comparisons', 'holdout']),
    },
    non_inferior: {
      fail: set(['comparisons', 'holdout', 'metrics', 0], compared('roc_auc', 0.74, 0.6, [-0.2, -0.1])),
      inconclusive: set(['comparisons', 'holdout', 'metrics', 0], compared('roc_auc', 0.74, 0.74, [-0.1, 0.1])),
      error: none(['comparisons', 'holdout']),
    },
    fairness: {
      fail: set(['evaluations', 'holdout', 'fairness', 0, 'disparities', 'demographic_parity_difference'], measured(0.5)),
      inconclusive: set(['evaluations', 'holdout', 'fairness', 0, 'groups', 0, 'rows'], 5),
      error: set(['evaluations', 'holdout', 'fairness'], []),
    },
    cases: { fail: set(['cases', 0], caseResult('storm', 'fail')), inconclusive: set(['cases'], []), error: none(['cases']) },
    flips: {
      fail: (evidence) => {
        set(['comparisons', 'holdout', 'flips', 'harmful'], 2000)(evidence);
        set(['comparisons', 'holdout', 'flips', 'harmfulRate'], measured(0.1))(evidence);
      },
      inconclusive: set(['comparisons', 'holdout', 'flips', 'harmfulRate', 'interval'], interval(0.01, 0.06)),
      error: set(['comparisons', 'holdout', 'flips'], null),
    },
    drift: {
      fail: set(['drift', 'columns'], [columnDrift('a', 'feature', 'moved'), columnDrift('b', 'feature', 'moved')]),
      inconclusive: set(['drift', 'columns'], [columnDrift('a', 'feature', 'inconclusive'), columnDrift('b', 'feature', 'inconclusive')]),
      error: none(['drift']),
    },
    data_quality: { fail: set(['dataQuality', 'holdout', 'findings', 0], finding('a', 'fail')), inconclusive: set(['dataQuality', 'holdout', 'findings'], []), error: none(['dataQuality', 'holdout']) },
    latency: { fail: set(['runtime', 'latency', 0, 'p99Ms'], measured(9)), inconclusive: set(['runtime', 'latency', 0, 'runs'], 20), error: none(['runtime']) },
    throughput: { fail: set(['runtime', 'latency', 0, 'rowsPerSecond'], measured(9)), inconclusive: set(['runtime', 'latency', 0, 'rowsPerSecond'], { value: null, reason: 'no call ended', rows: 0 }), error: none(['runtime']) },
    size: { fail: set(['runtime', 'modelBytes'], 9e9), error: none(['runtime']) },
    parity: { fail: set(['runtime', 'parity', 0], { ...parity(), verdict: 'differ' }), inconclusive: set(['runtime', 'parity'], []), error: none(['runtime']) },
    shadow: { fail: set(['shadows', 0, 'verdict'], 'worse'), inconclusive: set(['shadows'], []), error: none(['shadows']) },
    value: {
      fail: set(['evaluations', 'holdout', 'value', 'gain'], measured(-0.5)),
      inconclusive: set(['evaluations', 'holdout', 'value', 'gain'], measured(0)),
      error: set(['evaluations', 'holdout', 'value'], undefined),
    },
    outputs: { fail: set(['predictions', 0, 'faults', 'notFinite'], 3), inconclusive: set(['predictions', 0, 'faults', 'rows'], 0), error: none(['predictions']) },
    export: { fail: set(['recorded', 0], { ...parity(), verdict: 'differ' }), inconclusive: set(['recorded', 0, 'rows'], 0), error: none(['recorded']) },
    signature: { fail: set(['signatures', 'candidate', 'inputs'], []), inconclusive: set(['champion'], null), error: none(['signatures']) },
  };

  const cases = Object.entries(verdicts).flatMap(([kind, ways]) => Object.entries(ways).map(([verdict, change]) => [kind, verdict, change] as const));
  it.each(cases)('%s can be %s', (kind, verdict, change) => {
    const evidence = soundEvidence();
    const gate = passingPolicy.find((candidate) => candidate.kind === kind);
    const judgement = (): Verdict => judge(gate ? [gate] : [], evidence).gates.find((result) => result.gate.kind === kind)!.verdict;
    expect(judgement()).toBe('pass');
    change(evidence);
    expect(judgement()).toBe(verdict);
  });
});
