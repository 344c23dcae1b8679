import { describe, expect, it } from 'vitest';
import { type ShadowScenario, acceptRate, judgeOften, peek, runSprt } from './shadow-scenarios.ts';

// docs/simulation.md has the full tables; these are a tenth of the repeats, so limits leave three standard errors of room.
const seed = 11;
const of = 200;
const fivePercent = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / of);

const scenario = (name: string, rest: Partial<ShadowScenario>): ShadowScenario => ({
  name, intent: 'same-build', kind: 'live', pairs: 4000, looks: 20, candidateOnly: 0, productionOnly: 0, labels: 'none', noise: 0, repeats: of, ...rest,
});

describe('looking twenty times', () => {
  it('a plain z-test calls equal models different four times as often as it says, the confidence sequence does not', () => {
    const { plain, sequence } = peek(20, of, seed);
    expect(plain / of).toBeGreaterThan(0.15);
    expect(sequence / of).toBeLessThanOrEqual(fivePercent);
  });
});

describe('disagreement below 1 %', () => {
  it('is accepted by mistake at most one time in twenty, looking every five pairs', () => {
    expect(acceptRate(0.01, 0.01, of, seed).accepted / of).toBeLessThanOrEqual(fivePercent);
    expect(acceptRate(0.01, 0.013, of, seed).accepted / of).toBeLessThanOrEqual(0.03);
  });

  it('takes about 660 pairs to accept when it is a quarter of that', () => {
    const { median, accepted } = acceptRate(0.01, 0.0025, of, seed);
    expect(accepted).toBeGreaterThan(0.95 * of);
    expect(median).toBeGreaterThanOrEqual(500);
    expect(median).toBeLessThanOrEqual(800);
  });
});

describe('failures of the candidate', () => {
  const plan = { acceptable: 0.005, unacceptable: 0.02, alpha: 0.05, beta: 0.1 };

  it('are told as too many or fine with the error rates that were asked for', () => {
    expect(runSprt(plan, 0.005, of, seed).rejected / of).toBeLessThanOrEqual(fivePercent);
    expect(1 - runSprt(plan, 0.02, of, seed).rejected / of).toBeLessThanOrEqual(0.1 + 3 * Math.sqrt(0.09 / of));
  });
});

describe('the verdict on another build', () => {
  it('is equivalent within 600 pairs when it always answers the same', () => {
    const { verdicts, median } = judgeOften(scenario('identical', {}), seed);
    expect(verdicts.equivalent).toBe(of);
    expect(median).toBe(600);
  });

  it('is equivalent at most one time in twenty when it disagrees by exactly the margin', () => {
    const { verdicts } = judgeOften(scenario('at the margin', { productionOnly: 0.01 }), seed);
    expect(verdicts.equivalent / of).toBeLessThanOrEqual(fivePercent);
  });

  it('is worse within 4,000 pairs when it disagrees by three points', () => {
    const { verdicts } = judgeOften(scenario('broken', { productionOnly: 0.03 }), seed);
    expect(verdicts.worse).toBeGreaterThanOrEqual(0.95 * of);
    expect(verdicts.equivalent).toBe(0);
  });

  it('sees through production’s own noise', () => {
    const { verdicts } = judgeOften(scenario('noisy', { noise: 0.05, pairs: 20_000, repeats: 20 }), seed);
    expect(verdicts.equivalent).toBeGreaterThanOrEqual(18);
    expect(verdicts.worse).toBe(0);
  });
});

describe('the verdict on a new model', () => {
  const model = (name: string, rest: Partial<ShadowScenario>): ShadowScenario => scenario(name, { intent: 'new-model', labels: 'random', pairs: 12_000, repeats: 60, ...rest });

  it('that is one point worse is worse within 12,000 labelled pairs', () => {
    const { verdicts } = judgeOften(model('a point worse', { candidateOnly: 0.015, productionOnly: 0.025 }), seed);
    expect(verdicts.worse).toBeGreaterThanOrEqual(54);
    expect(verdicts.better).toBe(0);
  });

  it('that is three points better is better', () => {
    const { verdicts } = judgeOften(model('three points better', { candidateOnly: 0.05, productionOnly: 0.02 }), seed);
    expect(verdicts.better).toBeGreaterThanOrEqual(57);
  });

  it('that is one point worse is promoted at most one time in twenty when only disagreements are labelled', () => {
    const { verdicts } = judgeOften(model('disagreements', { candidateOnly: 0.015, productionOnly: 0.025, labels: 'disagreements' }), seed);
    expect(verdicts.better + verdicts.equivalent).toBeLessThanOrEqual(8);
    expect(verdicts.worse).toBeGreaterThanOrEqual(48);
  });

  it('in a replay that is a point worse is promoted at most one time in twenty', () => {
    const { verdicts } = judgeOften(model('replayed', { kind: 'replay', candidateOnly: 0.015, productionOnly: 0.025, pairs: 3000, looks: 1, repeats: of }), seed);
    expect((verdicts.better + verdicts.equivalent) / of).toBeLessThanOrEqual(fivePercent);
  });
});
