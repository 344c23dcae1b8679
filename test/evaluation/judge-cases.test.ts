import { describe, expect, it } from 'vitest';
import { judgeCases } from '../../server/evaluation/judge-cases.ts';
import type { Subject } from '../../server/evaluation/subject.ts';
import { binary } from './flights.ts';

describe('curated cases', () => {
  it('are right when the predicted class is the expected one', () => {
    expect(judgeCases(binary([1, 0, 1], [0.8, 0.6, 0.1]), { names: ['storm', null, 'snow'] }).map(({ name, expected, predicted, score, verdict }) => [name, expected, predicted, score, verdict])).toEqual([
      ['storm', 'late', 'late', 0.8, 'pass'],
      ['case 2', 'on time', 'late', 0.6, 'fail'],
      ['snow', 'late', 'on time', 0.1, 'fail'],
    ]);
  });

  it.each([
    ['NaN', binary([0], [NaN])],
    ['a logit', binary([1], [3.2])],
    ['no label', binary([-1], [0.2])],
  ])('%s is an error, never a pass', (_title, subject) => {
    expect(judgeCases(subject).map(({ verdict }) => verdict)).toEqual(['error']);
  });

  it('regression needs a tolerance, which both ends belong to', () => {
    const subject: Subject = { task: 'regression', labels: Float64Array.of(10, 10, 10), predictions: { kind: 'values', values: Float64Array.of(10.5, 10.6, NaN) } };
    expect(judgeCases(subject, { tolerance: 0.5 }).map(({ verdict }) => verdict)).toEqual(['pass', 'fail', 'error']);
    expect(judgeCases(subject).map(({ verdict }) => verdict)).toEqual(['error', 'error', 'error']);
  });

  it('a text is right when it is one of the references', () => {
    const subject: Subject = { task: 'generation', references: [['yes', 'aye'], ['no'], null], predictions: { kind: 'texts', texts: ['aye', null, 'x'] } };
    expect(judgeCases(subject).map(({ verdict }) => verdict)).toEqual(['pass', 'error', 'error']);
  });
});
