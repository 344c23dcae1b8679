import { moments } from './moments.ts';

/** Features of rows, dense or sparse: all that a linear model needs of them. */
export interface DesignMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Writes row · weights for every row into `out` (length rows). */
  multiply(weights: Float64Array, out: Float64Array): void;
  /** Writes Σ rows × factor per row into `out` (length columns). */
  multiplyTransposed(factors: Float64Array, out: Float64Array): void;
}

/**
 * Matrix of numeric columns, each scaled to mean 0 and population deviation 1 over all its rows.
 *
 * @param columns one array per column, all of one length, finite: what to do with missing values is the caller's choice
 * @returns a constant column is all 0
 */
export function standardisedMatrix(columns: readonly Float64Array[], rows: number): DesignMatrix {
  const scaled = columns.map((values) => {
    if (values.length !== rows) throw new RangeError(`a column of ${values.length} values in a matrix of ${rows} rows`);
    const { count, mean, m2 } = moments(values);
    if (count !== rows) throw new RangeError(`${rows - count} values of a column are not finite`);
    const deviation = Math.sqrt(m2 / rows);
    return deviation > Number.EPSILON * Math.abs(mean) ? values.map((value) => (value - mean) / deviation) : new Float64Array(rows);
  });
  return {
    rows,
    columns: columns.length,
    multiply(weights, out) {
      out.fill(0);
      scaled.forEach((values, column) => {
        const weight = weights[column];
        if (weight !== 0) for (let row = 0; row < rows; row++) out[row] += weight * values[row];
      });
    },
    multiplyTransposed(factors, out) {
      scaled.forEach((values, column) => {
        let total = 0;
        for (let row = 0; row < rows; row++) total += factors[row] * values[row];
        out[column] = total;
      });
    },
  };
}

/**
 * Sparse matrix in compressed rows.
 *
 * @param offsets  where each row begins in `indices` and `values`, and one past the last: length rows + 1
 * @param indices  column of each entry, in [0, columns)
 * @param values   value of each entry
 */
export function sparseMatrix(offsets: Int32Array, indices: Int32Array, values: Float64Array, columns: number): DesignMatrix {
  const rows = offsets.length - 1;
  return {
    rows,
    columns,
    multiply(weights, out) {
      for (let row = 0; row < rows; row++) {
        let total = 0;
        for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) total += values[entry] * weights[indices[entry]];
        out[row] = total;
      }
    },
    multiplyTransposed(factors, out) {
      out.fill(0);
      for (let row = 0; row < rows; row++) {
        const factor = factors[row];
        if (factor === 0) continue;
        for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) out[indices[entry]] += factor * values[entry];
      }
    },
  };
}
