import { describe, expect, it } from 'vitest';
import type { NoiseRun } from '../../protocol/shadow.ts';
import type { PairRules } from '../../server/comparison/answers.ts';
import { judgeShadow } from '../../server/comparison/judge-shadow.ts';
import { type NoiseCounts, addRepeats, createNoise, mergeNoise, settleTolerance } from '../../server/comparison/noise-floor.ts';
import { type ShadowEvidence, addNoise, addPairs } from '../../server/comparison/shadow-evidence.ts';
import { FULL_PRECISION } from '../../server/comparison/tolerance.ts';
import { createRandom } from '../../server/stats/random.ts';
import { addScores, evidenceOf, lateOrNot, pairs, scores } from './shadow-pairs.ts';

const rules: PairRules = { intent: 'same-build', tolerance: FULL_PRECISION };
const random = createRandom('noise');

/** Production asked twice, its scores moving by up to `size`, its decision by the share `flips`. */
function repeats(rows: number, size: number, flips = 0, how: NoiseRun = 'alone'): Parameters<typeof addRepeats>[3] {
  const first = Array.from({ length: rows }, () => (random.uniform() < 0.5 ? 0.1 : 0.8) + 0.1 * random.uniform());
  const again = first.map((score, row) => (row < flips * rows ? 1 - score : score + size * (2 * random.uniform() - 1)));
  return { how, rows, production: { answers: scores(first) }, again: { answers: scores(again) } };
}

function noiseOf(...batches: Parameters<typeof addRepeats>[3][]): NoiseCounts {
  const noise = createNoise();
  for (const batch of batches) addRepeats(noise, lateOrNot, rules, batch);
  return noise;
}

function withNoise(...batches: Parameters<typeof addRepeats>[3][]): ShadowEvidence {
  const evidence = evidenceOf(lateOrNot, { intent: 'same-build' });
  for (const batch of batches) addNoise(evidence, batch);
  return evidence;
}

describe('the tolerance', () => {
  it('is raised to what production’s own answers move by, and says so', () => {
    const { tolerance, note } = settleTolerance(FULL_PRECISION, noiseOf(repeats(1000, 5e-5)));
    expect(tolerance!.relative).toBe(FULL_PRECISION.relative);
    expect(tolerance!.absolute).toBeGreaterThan(4.8e-5);
    expect(tolerance!.absolute).toBeLessThan(5.1e-5);
    expect(note).toMatch(/^absolute tolerance raised from 1\.0e−5 to .*e−5: the 99th percentile of what production’s own answers move by in 1,000 repeats$/);
  });

  it('stays where production repeats itself, where decisions count, and on too few repeats', () => {
    expect(settleTolerance(FULL_PRECISION, noiseOf(repeats(1000, 0)))).toEqual({ tolerance: FULL_PRECISION, note: '' });
    expect(settleTolerance(null, noiseOf(repeats(1000, 0.1)))).toEqual({ tolerance: null, note: '' });
    expect(settleTolerance(FULL_PRECISION, noiseOf(repeats(199, 0.1)))).toEqual({ tolerance: FULL_PRECISION, note: '' });
  });

  it('is raised tenfold at most: more is no rounding', () => {
    const { tolerance, note } = settleTolerance(FULL_PRECISION, noiseOf(repeats(500, 0.05)));
    expect(tolerance!.absolute).toBeCloseTo(1e-4, 12);
    expect(note).toContain('more than 10 times the tolerance is no rounding');
  });

  it('that was raised is told with the settings of the report', () => {
    const evidence = evidenceOf(lateOrNot, { intent: 'same-build' }, 'live', noiseOf(repeats(1000, 5e-5)));
    expect(judgeShadow(evidence, { ended: false }).settings.toleranceNote).toMatch(/^absolute tolerance raised/);
  });
});

describe('the noise floor', () => {
  it('counts each way to repeat apart, and the largest is the floor', () => {
    const { noise } = judgeShadow(withNoise(repeats(500, 0), repeats(400, 0, 0.02, 'other-batch')), { ended: false });
    expect(noise?.runs.map(({ how, pairs, differ }) => ({ how, pairs, differ }))).toEqual([{ how: 'alone', pairs: 500, differ: 0 }, { how: 'other-batch', pairs: 400, differ: 8 }]);
    expect(noise?.share.value).toBe(0.02);
  });

  it('a second run that fails differs, and where the first failed nothing is known', () => {
    const answers = scores([0.2, 0.2]);
    const { noise } = judgeShadow(withNoise({ how: 'alone', rows: 2, production: { answers, failed: Uint8Array.of(0, 1) }, again: { answers, failed: Uint8Array.of(1, 0) } }), { ended: false });
    expect(noise?.runs).toMatchObject([{ pairs: 1, differ: 1 }]);
  });

  it('sets the candidate against production’s second run, input by input', () => {
    const first = scores([0.2, 0.2, 0.8, 0.8]);
    const batch = { how: 'alone' as const, rows: 4, production: { answers: first }, again: { answers: scores([0.9, 0.2, 0.8, 0.8]) }, candidate: { answers: scores([0.2, 0.9, 0.1, 0.8]) } };
    expect(judgeShadow(withNoise(batch), { ended: false }).noise?.paired).toMatchObject({ candidateOnly: 2, productionOnly: 1, pairs: 4, difference: { value: 0.25 } });
  });

  it('gathered apart merges', () => {
    const [one, two] = [repeats(300, 1e-3), repeats(200, 0, 0.1, 'other-provider')];
    expect(mergeNoise(noiseOf(one), noiseOf(two, one))).toEqual(noiseOf(one, two, one));
  });
});

describe('production that does not repeat itself', () => {
  /** A coin decides on `share` of inputs, for production and candidate alike; the candidate also says late more often by `shift`. */
  function flaky(share: number, shift: number, kind: 'score' | 'text' = 'score'): ShadowEvidence {
    const evidence = evidenceOf(kind === 'score' ? lateOrNot : { kind }, { intent: 'same-build' });
    const rows = 20_000;
    const answer = (late: number): number[] => Array.from({ length: rows }, (_, row) => (random.uniform() < share ? (random.uniform() < 0.5 + late ? 0.85 : 0.15) : row % 2 === 0 ? 0.15 : 0.85));
    const answers = (values: number[]) => (kind === 'score' ? scores(values) : ({ kind: 'text', texts: values.map(String) } as const));
    const [first, again, candidate] = [answer(0), answer(0), answer(shift)].map(answers);
    addPairs(evidence, pairs(first, candidate, rows));
    addNoise(evidence, { how: 'alone', rows, production: { answers: first }, again: { answers: again } });
    return evidence;
  }

  it('is found out, and all answers are compared instead of pairs', () => {
    const report = judgeShadow(flaky(0.05, 0), { ended: false });
    expect(report).toMatchObject({ verdict: 'equivalent', basis: 'distributions', noise: { nonDeterministic: true } });
    expect(report.disagreement.value).toBeGreaterThan(0.02);
    expect(report.distributions).toHaveLength(10);
    expect(report.sentence).toContain('so that all answers are compared instead of pairs');
  });

  it('does not hide a candidate that answers otherwise', () => {
    expect(judgeShadow(flaky(0.2, 0.3), { ended: false })).toMatchObject({ verdict: 'worse', basis: 'distributions' });
  });

  it('leaves it open where answers have no distribution to compare', () => {
    expect(judgeShadow(flaky(0.1, 0, 'text'), { ended: true })).toMatchObject({ verdict: 'inconclusive', basis: 'distributions', distributions: [] });
  });

  it('is not suspected on a single repeat that differs', () => {
    const evidence = withNoise(repeats(200, 0, 0.01));
    addScores(evidence, 500, 0);
    expect(judgeShadow(evidence, { ended: false })).toMatchObject({ basis: 'pairs', noise: { nonDeterministic: false } });
  });
});
