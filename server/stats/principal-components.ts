import { moments } from './moments.ts';

/** Directions in which a reference varies most, after scaling its columns. */
export interface PrincipalComponents {
  /** Columns given to the fit. */
  columns: number;
  /** Columns that vary in the reference and take part; constant ones cannot be scaled. */
  kept: Int32Array;
  means: Float64Array;
  /** Population standard deviations of the kept columns. */
  deviations: Float64Array;
  /** Unit vectors over the kept columns, strongest first. */
  components: Float64Array[];
  /** Share of the total variance along every direction, strongest first, also those not kept. */
  varianceShares: Float64Array;
}

/**
 * Principal components of standardised columns.
 *
 * @param columns       one array per column, all of one length ≥ 2, finite
 * @param varianceShare keep the fewest components that together explain more than this share, in (0, 1)
 * @returns no components when every column is constant
 * Eigenvectors of the correlation matrix by Jacobi rotations (Golub & Van Loan §8.5). Agrees with sklearn `PCA` after
 * `StandardScaler`.
 */
export function principalComponents(columns: readonly Float64Array[], varianceShare = 0.65): PrincipalComponents {
  if (!(varianceShare > 0 && varianceShare < 1)) throw new RangeError(`a share of variance is in (0, 1), got ${varianceShare}`);
  const rows = columns.length === 0 ? 0 : columns[0].length;
  const summaries = columns.map((values) => {
    const summary = moments(values);
    if (values.length !== rows || summary.count !== rows || rows < 2) throw new RangeError('principal components need columns of one length ≥ 2, all finite');
    return { mean: summary.mean, deviation: Math.sqrt(summary.m2 / rows) };
  });
  const kept = Int32Array.from(summaries.keys()).filter((column) => summaries[column].deviation > Number.EPSILON * Math.abs(summaries[column].mean));
  const means = Float64Array.from(kept, (column) => summaries[column].mean);
  const deviations = Float64Array.from(kept, (column) => summaries[column].deviation);
  const scaled = Array.from(kept, (column, index) => columns[column].map((value) => (value - means[index]) / deviations[index]));
  const { values, vectors } = symmetricEigen(correlations(scaled, rows));
  const total = values.reduce((sum, value) => sum + value, 0);
  const varianceShares = values.map((value) => Math.max(0, value) / total);
  let explained = 0;
  let components = 0;
  while (components < kept.length && explained <= varianceShare) explained += varianceShares[components++];
  return { columns: columns.length, kept, means, deviations, components: vectors.slice(0, components), varianceShares };
}

/**
 * Distance of each row from the space of the components, in standard deviations of the reference's columns.
 *
 * @param pca     fitted on the reference
 * @param columns same columns in the same order, finite, any number of rows
 * @returns per row ‖z − Σ (z·v)v‖, ≥ 0; 0 for every row when no column took part
 */
export function reconstructionErrors(pca: PrincipalComponents, columns: readonly Float64Array[]): Float64Array {
  if (columns.length !== pca.columns) throw new RangeError(`${columns.length} columns for components of ${pca.columns}`);
  const rows = columns.length === 0 ? 0 : columns[0].length;
  const residual = new Float64Array(pca.kept.length);
  return Float64Array.from({ length: rows }, (_, row) => {
    for (let index = 0; index < residual.length; index++) {
      residual[index] = (columns[pca.kept[index]][row] - pca.means[index]) / pca.deviations[index];
    }
    for (const component of pca.components) {
      let along = 0;
      for (let index = 0; index < residual.length; index++) along += residual[index] * component[index];
      for (let index = 0; index < residual.length; index++) residual[index] -= along * component[index];
    }
    let square = 0;
    for (const part of residual) square += part * part;
    return Math.sqrt(square);
  });
}

function correlations(scaled: readonly Float64Array[], rows: number): Float64Array[] {
  const matrix = scaled.map(() => new Float64Array(scaled.length));
  for (let a = 0; a < scaled.length; a++) {
    for (let b = 0; b <= a; b++) {
      let total = 0;
      for (let row = 0; row < rows; row++) total += scaled[a][row] * scaled[b][row];
      matrix[a][b] = total / rows;
      matrix[b][a] = total / rows;
    }
  }
  return matrix;
}

/** Eigenvalues, largest first, and their unit eigenvectors, by cyclic Jacobi rotations; the matrix is overwritten. */
function symmetricEigen(matrix: Float64Array[]): { values: Float64Array; vectors: Float64Array[] } {
  const size = matrix.length;
  const vectors = matrix.map((_, index) => Float64Array.from({ length: size }, (_value, column) => (column === index ? 1 : 0)));
  for (let sweep = 0; sweep < 100 && offDiagonal(matrix) > 1e-28 * size; sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(matrix, vectors, p, q);
  }
  const order = Array.from(matrix.keys()).sort((a, b) => matrix[b][b] - matrix[a][a]);
  return { values: Float64Array.from(order, (index) => matrix[index][index]), vectors: order.map((index) => vectors[index]) };
}

/** Turns the plane of p and q so that their entry becomes 0. Row k of `vectors` is the k-th eigenvector so far. */
function rotate(matrix: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  if (matrix[p][q] === 0) return;
  const theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (const row of matrix) {
    const [a, b] = [row[p], row[q]];
    row[p] = cosine * a - sine * b;
    row[q] = sine * a + cosine * b;
  }
  for (const [first, second] of [[matrix[p], matrix[q]], [vectors[p], vectors[q]]]) {
    for (let k = 0; k < first.length; k++) {
      const [a, b] = [first[k], second[k]];
      first[k] = cosine * a - sine * b;
      second[k] = sine * a + cosine * b;
    }
  }
}

function offDiagonal(matrix: Float64Array[]): number {
  let total = 0;
  matrix.forEach((row, p) => row.forEach((value, q) => {
    if (p !== q) total += value * value;
  }));
  return total;
}
