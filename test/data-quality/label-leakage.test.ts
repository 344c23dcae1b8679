import { describe, expect, it } from 'vitest';
import { scoreLeakage } from '../../server/data-quality/label-leakage.ts';
import { column, normals, repeat } from '../drift/tables.ts';

const rows = 2000;
const noise = column('noise', normals('noise', rows));
const unique = column('unique', Array.from({ length: rows }, (_, row) => `id ${row}`));

describe('label leakage', () => {
  it('of two classes is 1 for a column the label was made from, at either end', () => {
    const delay = normals('delay', rows);
    // Cut where the column's own bins end, so that no bin holds both labels.
    const sorted = delay.toSorted((a, b) => a - b);
    const late = column('late', delay.map((value) => (value < sorted[rows / 5] || value >= sorted[(rows * 4) / 5] ? 1 : 0)));
    const result = scoreLeakage({ rows, columns: [late, column('delay', delay), noise, unique] }, 'late');
    expect(result).toMatchObject({ measure: 'gini', scores: [{ column: 'delay' }, expect.anything(), expect.anything()] });
    if (result.measure === null) throw new Error(result.reason);
    expect(result.scores[0].score).toBeGreaterThan(0.99);
    expect(result.scores[1].score).toBeLessThan(0.1);
    expect(result.scores.find(({ column: name }) => name === 'unique')?.score).toBeLessThan(0.1);
  });

  it('is seen in what is missing', () => {
    const label = repeat(['no', rows / 2], ['yes', rows / 2]);
    const paid = column('paid', label.map((value, row) => (value === 'yes' ? null : row % 7)));
    expect(scoreLeakage({ rows, columns: [column('churn', label), paid] }, 'churn')).toMatchObject({ scores: [{ column: 'paid', score: 1 }] });
  });

  it('of several classes is the share of guessing errors avoided', () => {
    const label = Array.from({ length: rows }, (_, row) => ['a', 'b', 'c'][row % 3]);
    const result = scoreLeakage({ rows, columns: [column('class', label), column('code', label.map((value) => `code ${value}`)), noise] }, 'class');
    expect(result).toMatchObject({ measure: 'lambda', scores: [{ column: 'code', score: 1 }, { column: 'noise' }] });
  });

  it('of a number is the variance explained', () => {
    const price = normals('price', rows);
    const result = scoreLeakage({ rows, columns: [column('price', price), column('tax', price.map((value) => 0.2 * value + 3)), noise] }, 'price');
    expect(result).toMatchObject({ measure: 'r_squared', scores: [{ column: 'tax' }, { column: 'noise', score: 0 }] });
    if (result.measure !== null) expect(result.scores[0].score).toBeGreaterThan(0.98);
  });

  it.each([
    ['one value only', repeat([1, rows])],
    ['no values', repeat([NaN, rows])],
  ])('of a label with %s cannot be told', (reason, label) => {
    expect(scoreLeakage({ rows, columns: [column('y', label), noise] }, 'y')).toEqual({ measure: null, reason: `y has ${reason}` });
  });
});
