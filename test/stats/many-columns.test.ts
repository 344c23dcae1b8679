import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sparseMatrix, standardisedMatrix } from '../../server/stats/design-matrix.ts';
import { classifyDomain } from '../../server/stats/domain-classifier.ts';
import { hashedNgrams } from '../../server/stats/hashing.ts';
import { fitLogisticRegression, logisticScores } from '../../server/stats/logistic-regression.ts';
import { principalComponents, reconstructionErrors } from '../../server/stats/principal-components.ts';
import { type Random, createRandom } from '../../server/stats/random.ts';
import { goldens } from './drift-goldens.ts';
import { expectAllClose, floats } from './metric-goldens.ts';

const columnsOf = (rows: number[][]): Float64Array[] => rows[0].map((_, column) => floats(rows.map((row) => row[column])));
/** Rows as they are, without scaling. */
const plainMatrix = (rows: number[][]) => {
  const width = rows[0].length;
  const offsets = Int32Array.from({ length: rows.length + 1 }, (_, row) => row * width);
  return sparseMatrix(offsets, Int32Array.from(rows.flatMap((row) => row.map((_, column) => column))), floats(rows.flat()), width);
};
const labelsOf = (reference: number, current: number) => Uint8Array.from({ length: reference + current }, (_, row) => (row < reference ? 0 : 1));

describe('logistic regression', () => {
  const { x, y, fits } = goldens.logistic;
  const labels = Uint8Array.from(y);

  test.each(fits)('agrees with scikit-learn at penalty $l2', ({ l2, intercept, weights, probabilities }) => {
    const model = fitLogisticRegression(plainMatrix(x), labels, { l2, tolerance: 1e-11 });
    expectAllClose([model.intercept, ...model.weights], [intercept, ...weights], 1e-8);
    expectAllClose(logisticScores(model, plainMatrix(x)).map((score) => 1 / (1 + Math.exp(-score))), probabilities, 1e-8);
  });

  test('rows of weight 0 are not seen, and whole weights repeat rows', () => {
    const twice = fitLogisticRegression(plainMatrix([...x, ...x]), Uint8Array.from([...y, ...y]), { l2: 1, tolerance: 1e-11 });
    const weighted = fitLogisticRegression(plainMatrix(x), labels, { l2: 1, rowWeights: new Float64Array(x.length).fill(2), tolerance: 1e-11 });
    expectAllClose(weighted.weights, twice.weights, 1e-9);
    const half = x.length / 2;
    const alone = fitLogisticRegression(plainMatrix(x.slice(0, half)), labels.slice(0, half), { l2: 1, tolerance: 1e-11 });
    const masked = fitLogisticRegression(plainMatrix(x), labels, { l2: 1, rowWeights: Float64Array.from(x, (_, row) => (row < half ? 1 : 0)), tolerance: 1e-11 });
    expectAllClose(masked.weights, alone.weights, 1e-9);
  });

  test('separable classes stay finite under a penalty, and a fit that ran out says so', () => {
    const separable = plainMatrix([[-2], [-1], [1], [2]]);
    const model = fitLogisticRegression(separable, Uint8Array.of(0, 0, 1, 1), { l2: 1e-3 });
    expect(model.converged).toBe(true);
    expect(Number.isFinite(model.weights[0])).toBe(true);
    expect(fitLogisticRegression(separable, Uint8Array.of(0, 1, 0, 1), { l2: 1e-3, iterationsMax: 1, tolerance: 1e-11 }).converged).toBe(false);
  });

  test('a single class gives no direction, only odds', () => {
    const model = fitLogisticRegression(plainMatrix([[1], [2], [3]]), Uint8Array.of(1, 1, 1), { l2: 1 });
    expect(Math.abs(model.weights[0])).toBeLessThan(1e-3);
    expect(model.intercept).toBeGreaterThan(5);
  });

  test('dense and sparse matrices multiply alike', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 2, maxLength: 20 }), (rows) => {
      const dense = standardisedMatrix(columnsOf(rows), rows.length);
      const scaled = rows.map(() => [0, 0]);
      for (const column of [0, 1]) {
        const out = new Float64Array(rows.length);
        dense.multiply(Float64Array.of(column === 0 ? 1 : 0, column), out);
        out.forEach((value, row) => {
          scaled[row][column] = value;
        });
      }
      const factors = Float64Array.from(rows, (_, row) => row - 3);
      const [a, b] = [new Float64Array(2), new Float64Array(2)];
      dense.multiplyTransposed(factors, a);
      plainMatrix(scaled).multiplyTransposed(factors, b);
      expectAllClose(a, b, 1e-9);
    }));
  });

  test('a constant column is 0 after scaling, and values that are not finite are refused', () => {
    const out = new Float64Array(3);
    standardisedMatrix([floats([0.1, 0.1, 0.1])], 3).multiply(Float64Array.of(1), out);
    expect([...out]).toEqual([0, 0, 0]);
    expect(() => standardisedMatrix([floats([1, NaN])], 2)).toThrow(RangeError);
    expect(() => standardisedMatrix([floats([1])], 2)).toThrow(RangeError);
  });
});

describe('domain classifier', () => {
  const gaussian = (random: Random, rows: number, shift: number) => Float64Array.from({ length: rows }, (_, row) => random.normal() + (row >= rows / 2 ? shift : 0));
  const classify = (seed: number, rows: number, shift: number) => {
    const random = createRandom(seed);
    const columns = [gaussian(random, rows, 0), gaussian(random, rows, shift), gaussian(random, rows, 0), new Float64Array(rows).fill(1)];
    return classifyDomain(standardisedMatrix(columns, rows), labelsOf(rows / 2, rows / 2), { random: random.split('folds') });
  };

  test('a moved column is found and named', () => {
    const result = classify(1, 600, 1);
    expect(result.pValue).toBeLessThan(1e-6);
    expect(result.auc.value).toBeGreaterThan(0.7);
    expect(result.interval!.low).toBeGreaterThan(result.nullBand!);
    expect(result.importance.indexOf(Math.max(...result.importance))).toBe(1);
    expect(result.importance.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(result.importance[3]).toBe(0);
  });

  test.each([[1, 5], [3, 5], [10, 3], [30, 2]])('when nothing moved, alarms are no more frequent than the level says: %i columns, %i folds', (columns, folds) => {
    const repeats = 200;
    const results = Array.from({ length: repeats }, (_, repeat) => {
      const random = createRandom(`still ${columns} ${folds} ${repeat}`);
      const values = Array.from({ length: columns }, () => gaussian(random, 120, 0));
      return classifyDomain(standardisedMatrix(values, 120), labelsOf(60, 60), { folds, random });
    });
    const rejected = (level: number) => results.filter(({ pValue }) => pValue! < level).length;
    const centre = results.reduce((total, { auc }) => total + auc.value!, 0) / repeats;
    // Three standard errors above 5 % and 20 % of 200.
    expect(rejected(0.05)).toBeLessThan(20);
    expect(rejected(0.2)).toBeLessThan(58);
    expect(results.filter(({ auc, nullBand }) => auc.value! > nullBand!).length).toBe(rejected(0.05));
    expect(Math.abs(centre - 0.5)).toBeLessThan(0.016);
  });

  test('the same seed gives the same answer bit for bit', () => {
    expect(classify(3, 100, 0.5)).toEqual(classify(3, 100, 0.5));
  });

  test('too few rows a side are undefined, not a guess', () => {
    const matrix = standardisedMatrix([floats([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])], 12);
    const result = classifyDomain(matrix, labelsOf(9, 3), { random: createRandom(1) });
    expect(result.auc).toEqual({ value: null, reason: '5 folds need at least 10 rows on each side, got 9 and 3' });
    expect(result).toMatchObject({ pValue: null, interval: null, nullBand: null });
    expect(() => classifyDomain(matrix, labelsOf(9, 3), { folds: 1, random: createRandom(1) })).toThrow(RangeError);
  });

  test('only constants cannot be told apart', () => {
    const matrix = standardisedMatrix([new Float64Array(40).fill(2)], 40);
    expect(classifyDomain(matrix, labelsOf(20, 20), { random: createRandom(1) })).toMatchObject({ auc: { value: 0.5 }, pValue: 0.5 });
  });
});

describe('hashed n-grams', () => {
  const dot = (texts: string[], a: number, b: number): number => {
    const matrix = hashedNgrams(texts, Int32Array.of(a, b));
    const vector = new Float64Array(matrix.columns);
    matrix.multiplyTransposed(Float64Array.of(1, 0), vector);
    const products = new Float64Array(2);
    matrix.multiply(vector, products);
    return products[1];
  };

  test('every text has length 1 and is like itself; case, white space and Unicode form do not matter', () => {
    expect(dot(['late arrival'], 0, 0)).toBeCloseTo(1, 12);
    expect(dot(['Café au lait', 'CAFE\u0301  au\tlait '], 0, 1)).toBeCloseTo(1, 12);
    expect(dot(['delayed by weather', 'delayed by fog'], 0, 1)).toBeGreaterThan(dot(['delayed by weather', 'Zürich–Kloten'], 0, 1));
  });

  test('missing and empty texts are rows of zeros', () => {
    const matrix = hashedNgrams(['', 'abc'], Int32Array.of(-1, 0, 1));
    const vector = new Float64Array(matrix.columns).fill(1);
    const out = new Float64Array(3);
    matrix.multiply(vector, out);
    expect(out[0]).toBe(0);
    expect(out[1]).toBe(0);
    expect(out[2]).toBeGreaterThan(0);
  });

  test('texts of another kind are told apart by the classifier', () => {
    const random = createRandom('texts');
    const before = ['gate change', 'late aircraft', 'crew rest', 'security check'];
    const after = ['de-icing', 'fog at arrival', 'crew rest', 'snow on runway'];
    const rows = Int32Array.from({ length: 200 }, (_, row) => random.below(4) + (row < 100 ? 0 : 4));
    const result = classifyDomain(hashedNgrams([...before, ...after], rows), labelsOf(100, 100), { random });
    expect(result.auc.value).toBeGreaterThan(0.8);
    expect(result.pValue).toBeLessThan(1e-6);
  });

  test('a number of buckets that is no power of two is refused', () => {
    expect(() => hashedNgrams(['a'], Int32Array.of(0), { buckets: 1000 })).toThrow(RangeError);
    expect(() => hashedNgrams(['a'], Int32Array.of(0), { length: 0 })).toThrow(RangeError);
  });
});

describe('principal components', () => {
  const { x, other, components, ratios, errors, otherErrors } = goldens.pca;

  test('components, explained variance and reconstruction errors agree with scikit-learn', () => {
    const pca = principalComponents(columnsOf(x));
    expect(pca.components.length).toBe(components);
    expectAllClose(pca.varianceShares, ratios, 1e-8);
    expectAllClose(reconstructionErrors(pca, columnsOf(x)), errors, 1e-8);
    expectAllClose(reconstructionErrors(pca, columnsOf(other)), otherErrors, 1e-8);
  });

  test('the directions are at right angles and of length 1', () => {
    const { components: vectors } = principalComponents(columnsOf(x), 0.999999);
    vectors.forEach((a, i) => vectors.forEach((b, j) => {
      expect(a.reduce((total, value, k) => total + value * b[k], 0)).toBeCloseTo(i === j ? 1 : 0, 12);
    }));
  });

  test('constant columns take no part; with nothing else there are no components and no errors', () => {
    const rows = [[1, 5, 2], [2, 5, 1], [4, 5, 7]];
    expect([...principalComponents(columnsOf(rows)).kept]).toEqual([0, 2]);
    const none = principalComponents([floats([3, 3]), floats([0, 0])]);
    expect(none.components).toEqual([]);
    expect([...reconstructionErrors(none, [floats([9]), floats([9])])]).toEqual([0]);
    expect(() => principalComponents([floats([1])])).toThrow(RangeError);
    expect(() => reconstructionErrors(none, [floats([1])])).toThrow(RangeError);
  });

  test('copies of a column are one direction', () => {
    const column = floats([1, 4, 2, 8, 5]);
    const pca = principalComponents([column, column.map((v) => 2 * v), column.map((v) => -v + 3)]);
    expectAllClose(pca.varianceShares, [1, 0, 0], 1e-12);
    expect(Math.max(...reconstructionErrors(pca, [column, column.map((v) => 2 * v), column.map((v) => -v + 3)]))).toBeLessThan(1e-12);
  });
});
