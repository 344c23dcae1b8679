import { describe, expect, it } from 'vitest';
import type { AnswerShape, Answers, PairRecord, PairRules } from '../../server/comparison/answers.ts';
import { compareAnswers, shapeFault } from '../../server/comparison/compare-answers.ts';
import { FULL_PRECISION, HALF_PRECISION, toleranceBetween } from '../../server/comparison/tolerance.ts';

const build: PairRules = { intent: 'same-build', tolerance: FULL_PRECISION };
const model: PairRules = { intent: 'new-model', tolerance: FULL_PRECISION };
const classes: AnswerShape = { kind: 'classifier', classes: ['a', 'b', 'c'] };
const score: AnswerShape = { kind: 'score', threshold: 0.5, classes: ['no', 'yes'] };

function pair(shape: AnswerShape, rules: PairRules, production: Answers, candidate: Answers): PairRecord {
  return compareAnswers(shape, rules, { answers: production }, { answers: candidate }, 1)(0);
}

const probabilities = (...values: number[]): Answers => ({ kind: 'classifier', probabilities: Float64Array.from(values) });
const code = (value: number): Answers => ({ kind: 'classifier', codes: Int32Array.of(value) });
const scored = (value: number): Answers => ({ kind: 'score', scores: Float64Array.of(value) });
const valued = (value: number): Answers => ({ kind: 'regression', values: Float64Array.of(value) });
const vector = (...values: number[]): Answers => ({ kind: 'embedding', values: Float64Array.from(values) });
const ranked = (items: string): Answers => ({ kind: 'ranking', lists: [[...items]] });
const text = (words: string | null): Answers => ({ kind: 'text', texts: [words] });

describe('one pair', () => {
  it.each<[string, AnswerShape, PairRules, Answers, Answers, PairRecord['outcome']]>([
    ['the same class agrees', classes, build, code(1), code(1), 'agree'],
    ['another class differs', classes, model, code(1), code(2), 'differ'],
    ['an unknown class of the candidate is invalid', classes, model, code(1), code(3), 'candidate-invalid'],
    ['an unknown class of production is not the candidate’s fault', classes, model, code(-1), code(1), 'production-invalid'],
    ['a new model may move its probabilities', classes, model, probabilities(0.5, 0.3, 0.2), probabilities(0.9, 0.1, 0), 'agree'],
    ['another build may not', classes, build, probabilities(0.5, 0.3, 0.2), probabilities(0.52, 0.28, 0.2), 'differ'],
    ['rounding is no difference', classes, build, probabilities(0.5, 0.3, 0.2), probabilities(0.50001, 0.29999, 0.2), 'agree'],
    ['where only decisions count, other probabilities agree', classes, { ...build, tolerance: null }, probabilities(0.5, 0.3, 0.2), probabilities(0.7, 0.1, 0.2), 'agree'],
    ['one NaN among probabilities is invalid', classes, model, probabilities(0.5, 0.3, 0.2), probabilities(0.5, NaN, 0.2), 'candidate-invalid'],
    ['a score on the same side of the threshold agrees for a new model', score, model, scored(0.6), scored(0.9), 'agree'],
    ['the same score decides alike', score, build, scored(0.6), scored(0.6), 'agree'],
    ['a changed decision differs, however close the scores', score, build, scored(0.5), scored(0.4999999), 'differ'],
    ['NaN is never agreement', score, build, scored(0.4), scored(NaN), 'candidate-invalid'],
    ['NaN on both sides is not agreement either', score, build, scored(NaN), scored(NaN), 'production-invalid'],
    ['infinity is no score', score, model, scored(0.4), scored(-Infinity), 'candidate-invalid'],
    ['a value within tolerance agrees', { kind: 'regression' }, model, valued(1000), valued(1000.9), 'agree'],
    ['a value outside it differs', { kind: 'regression' }, build, valued(1000), valued(1001.1), 'differ'],
    ['equal infinities are no agreement', { kind: 'regression' }, build, valued(Infinity), valued(Infinity), 'production-invalid'],
    ['vectors of the same direction agree', { kind: 'embedding', width: 2, cosineMin: 0.999 }, build, vector(1, 2), vector(2, 4), 'agree'],
    ['a turned vector differs', { kind: 'embedding', width: 2, cosineMin: 0.999 }, build, vector(1, 2), vector(2, 1), 'differ'],
    ['a zero vector is like no other', { kind: 'embedding', width: 2, cosineMin: 0.5 }, build, vector(0, 0), vector(1, 1), 'differ'],
    ['the same first places agree', { kind: 'ranking', k: 2 }, build, ranked('abc'), ranked('abd'), 'agree'],
    ['another order differs for a build', { kind: 'ranking', k: 3 }, build, ranked('abc'), ranked('acb'), 'differ'],
    ['and agrees for a new model while the first stays', { kind: 'ranking', k: 3 }, model, ranked('abc'), ranked('acb'), 'agree'],
    ['an item that stands twice is no ranking', { kind: 'ranking', k: 3 }, model, ranked('abc'), ranked('aab'), 'candidate-invalid'],
    ['an accent typed two ways is one accent', { kind: 'text' }, build, text('caf\u00e9'), text('cafe\u0301'), 'agree'],
    ['case counts for a build', { kind: 'text' }, build, text('Late.'), text('late'), 'differ'],
    ['and not for a new model', { kind: 'text' }, model, text('Late.'), text('late'), 'agree'],
    ['no text is no answer', { kind: 'text' }, model, text('late'), text(null), 'candidate-failed'],
  ])('%s', (_title, shape, rules, production, candidate, outcome) => {
    expect(pair(shape, rules, production, candidate).outcome).toBe(outcome);
  });

  it('measures how far apart the answers are', () => {
    expect(pair(classes, build, probabilities(0.5, 0.25, 0.25), probabilities(0.25, 0.5, 0.25))).toMatchObject({
      numbers: { production: 0.5, candidate: 0.25 },
      absolute: 0.25,
      relative: 1,
      decisions: { production: 0, candidate: 1 },
    });
    // Base 2: ½·(½ log₂(½ ÷ 3⁄8) + ¼ log₂(¼ ÷ 3⁄8)) from each side, by symmetry twice.
    const divergence = 0.5 * Math.log2(0.5 / 0.375) + 0.25 * Math.log2(0.25 / 0.375);
    expect(pair(classes, build, probabilities(0.5, 0.25, 0.25), probabilities(0.25, 0.5, 0.25)).similarities[0]).toBeCloseTo(1 - divergence, 12);
    expect(pair(score, build, scored(0), scored(0.1))).toMatchObject({ absolute: 0.1, relative: null });
    expect(pair({ kind: 'text' }, model, text('it is late today'), text('it was late today')).similarities[0]).toBe(0.75);
    expect(pair({ kind: 'ranking', k: 2 }, model, ranked('abc'), ranked('bca')).similarities[0]).toBe(0.5);
  });

  it('logits have no divergence, and are compared all the same', () => {
    expect(pair(classes, build, probabilities(-2, 3, 1), probabilities(-2, 3, 1))).toMatchObject({ outcome: 'agree', similarities: [] });
  });
});

describe('runs that fail', () => {
  const rows = { production: { answers: scored(0.7) }, candidate: { answers: scored(0.7) } };

  it('of the candidate are never agreement, and production’s decision stands', () => {
    for (const candidate of [{ answers: null }, { ...rows.candidate, failed: Uint8Array.of(1) }]) {
      expect(compareAnswers(score, build, rows.production, candidate, 1)(0)).toMatchObject({ outcome: 'candidate-failed', decisions: { production: 1, candidate: -1 } });
    }
  });

  it('of production leave nothing to compare with', () => {
    expect(compareAnswers(score, build, { answers: null }, rows.candidate, 1)(0).outcome).toBe('production-failed');
  });
});

describe('answers of another shape', () => {
  it.each<[AnswerShape, Answers, string]>([
    [score, valued(1), 'answers are of kind regression, not score'],
    [score, { kind: 'score', scores: new Float64Array(3) }, '3 scores for 2 rows, not 2'],
    [classes, { kind: 'classifier', probabilities: new Float64Array(4) }, '4 probabilities for 2 rows, not 6'],
    [classes, { kind: 'classifier' }, 'a classifier answers with classes or probabilities, and here are neither'],
    [{ kind: 'embedding', width: 3, cosineMin: 0.9 }, vector(1, 2, 3), '3 numbers for 2 rows, not 6'],
  ])('%j are named', (shape, answers, fault) => expect(shapeFault(shape, answers, 2)).toBe(fault));

  it('are refused when they are compared all the same', () => {
    expect(() => compareAnswers(score, build, { answers: valued(1) }, { answers: scored(1) }, 1)).toThrow(RangeError);
  });
});

describe('tolerance', () => {
  it.each([
    ['the same precision and provider', 'cpu', 'float32', 'cpu', 'float32', FULL_PRECISION],
    ['half precision on one side', 'cpu', 'float32', 'cuda', 'float16', HALF_PRECISION],
    ['TensorRT', 'tensorrt', 'float32', 'cpu', 'float32', HALF_PRECISION],
    ['8 bits: only decisions count', 'cpu', 'float32', 'cpu', 'int8', null],
  ] as const)('of %s', (_title, provider, precision, other, otherPrecision, expected) => {
    expect(toleranceBetween({ provider, precision }, { provider: other, precision: otherPrecision }, 'score')).toBe(expected);
  });

  it('of 8-bit numbers that decide nothing stays a tolerance', () => {
    expect(toleranceBetween({ provider: 'cpu', precision: 'float32' }, { provider: 'cpu', precision: 'int8' }, 'regression')).toBe(HALF_PRECISION);
  });
});
