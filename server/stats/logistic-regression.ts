import type { DesignMatrix } from './design-matrix.ts';

export interface LogisticRegression {
  intercept: number;
  /** One per column of the matrix. */
  weights: Float64Array;
  iterations: number;
  /** False when the iterations ran out before the gradient vanished: the weights are then the best found so far. */
  converged: boolean;
}

export interface LogisticOptions {
  /** Penalty λ ≥ 0 of the squared weights; the intercept is free. Must be > 0 when the classes may be separable. */
  l2: number;
  /** Weight per row ≥ 0, for example 0 for rows held out; absent means 1 each. */
  rowWeights?: Float64Array;
  iterationsMax?: number;
  /** The fit ends when no derivative is larger than this times the number of weighted rows. */
  tolerance?: number;
}

/** Pairs of steps kept by L-BFGS. */
const MEMORY = 10;

/**
 * Logistic regression with an L2 penalty.
 *
 * @param matrix features per row
 * @param labels 0 or 1 per row
 * @returns the minimiser of Σ w·ln(1 + e^(−±score)) + λ/2·‖weights‖², the same on every run and machine
 * L-BFGS (Liu & Nocedal 1989) with a halving line search. Agrees with sklearn `LogisticRegression(C=1/λ)`.
 */
export function fitLogisticRegression(matrix: DesignMatrix, labels: Uint8Array, options: LogisticOptions): LogisticRegression {
  const { l2, rowWeights, iterationsMax = 500, tolerance = 1e-7 } = options;
  if (labels.length !== matrix.rows) throw new RangeError(`${labels.length} labels for ${matrix.rows} rows`);
  if (!(l2 >= 0)) throw new RangeError(`a penalty is ≥ 0, got ${l2}`);
  const objective = penalisedLoss(matrix, labels, l2, rowWeights);
  const limit = tolerance * Math.max(1, rowWeights ? rowWeights.reduce((total, weight) => total + weight, 0) : matrix.rows);
  // The last entry is the intercept.
  let point = new Float64Array(matrix.columns + 1);
  let { value, gradient } = objective(point);
  const history: Step[] = [];
  let iterations = 0;
  for (; iterations < iterationsMax && largest(gradient) > limit; iterations++) {
    const direction = descentDirection(gradient, history);
    const next = search(objective, point, value, gradient, direction);
    if (next === null) break;
    remember(history, point, gradient, next.point, next.gradient);
    ({ point, value, gradient } = next);
  }
  return { intercept: point[matrix.columns], weights: point.slice(0, matrix.columns), iterations, converged: largest(gradient) <= limit };
}

/** Log-odds of label 1 for every row. */
export function logisticScores(model: LogisticRegression, matrix: DesignMatrix): Float64Array {
  const scores = new Float64Array(matrix.rows);
  matrix.multiply(model.weights, scores);
  return scores.map((score) => score + model.intercept);
}

interface Evaluation {
  value: number;
  gradient: Float64Array;
}

interface Step {
  move: Float64Array;
  turn: Float64Array;
  inverse: number;
}

function penalisedLoss(matrix: DesignMatrix, labels: Uint8Array, l2: number, rowWeights?: Float64Array): (point: Float64Array) => Evaluation {
  const { rows, columns } = matrix;
  const scores = new Float64Array(rows);
  const residuals = new Float64Array(rows);
  return (point) => {
    const weights = point.subarray(0, columns);
    matrix.multiply(weights, scores);
    let value = 0;
    let interceptSlope = 0;
    for (let row = 0; row < rows; row++) {
      const score = scores[row] + point[columns];
      const rowWeight = rowWeights ? rowWeights[row] : 1;
      const signed = labels[row] === 1 ? score : -score;
      value += rowWeight * (signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed);
      residuals[row] = rowWeight * (1 / (1 + Math.exp(-score)) - labels[row]);
      interceptSlope += residuals[row];
    }
    const gradient = new Float64Array(columns + 1);
    matrix.multiplyTransposed(residuals, gradient.subarray(0, columns));
    for (let column = 0; column < columns; column++) {
      gradient[column] += l2 * weights[column];
      value += 0.5 * l2 * weights[column] ** 2;
    }
    gradient[columns] = interceptSlope;
    return { value, gradient };
  };
}

/** Two-loop recursion: the negative gradient, bent by the curvature the last steps met. */
function descentDirection(gradient: Float64Array, history: Step[]): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const along = history.map(() => 0);
  for (let k = history.length - 1; k >= 0; k--) {
    along[k] = history[k].inverse * dot(history[k].move, direction);
    addScaled(direction, -along[k], history[k].turn);
  }
  const last = history[history.length - 1];
  const scale = last ? 1 / (last.inverse * dot(last.turn, last.turn)) : 1 / Math.max(1, largest(gradient));
  for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  history.forEach((step, k) => addScaled(direction, along[k] - step.inverse * dot(step.turn, direction), step.move));
  return direction;
}

/** Halves the step until the loss falls enough (Armijo), up to its own rounding; null when no step does. */
function search(
  objective: (point: Float64Array) => Evaluation, point: Float64Array, value: number, gradient: Float64Array, direction: Float64Array,
): (Evaluation & { point: Float64Array<ArrayBuffer> }) | null {
  const slope = dot(gradient, direction);
  if (!(slope < 0)) return null;
  const rounding = 4 * Number.EPSILON * value;
  for (let length = 1; length > 1e-12; length /= 2) {
    const candidate = Float64Array.from(point, (start, i) => start + length * direction[i]);
    const evaluation = objective(candidate);
    if (evaluation.value <= value + 1e-4 * length * slope + rounding) return { ...evaluation, point: candidate };
  }
  return null;
}

function remember(history: Step[], point: Float64Array, gradient: Float64Array, nextPoint: Float64Array, nextGradient: Float64Array): void {
  const move = nextPoint.map((to, i) => to - point[i]);
  const turn = nextGradient.map((to, i) => to - gradient[i]);
  const curvature = dot(move, turn);
  if (!(curvature > 1e-12 * dot(turn, turn))) return;
  history.push({ move, turn, inverse: 1 / curvature });
  if (history.length > MEMORY) history.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

function addScaled(target: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * values[i];
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
