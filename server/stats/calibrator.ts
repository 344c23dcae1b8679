import { expectedCalibrationError, reliability } from './calibration.ts';
import type { ClassIndices } from './confusion.ts';
import { type IsotonicFit, applyIsotonic, fitIsotonic } from './isotonic.ts';
import { createRandom, shuffle } from './random.ts';
import { rowCount } from './probabilities.ts';

/** How scores become probabilities: left alone, or through a non-decreasing curve fitted on reference rows. */
export type Calibrator = { kind: 'identity' } | { kind: 'isotonic'; fit: IsotonicFit };

const SPLITS = 10;
const TEST_SHARE = 0.1;
const BINS = { bins: 10, strategy: 'width', level: 0.95 } as const;

/**
 * Decides on labelled reference rows whether a model's scores need calibrating, and fits the curve if so.
 *
 * @param labels 0 or 1 per row
 * @param scores probability of class 1 per row
 * @param seed   of the splits
 * @returns isotonic only if it lowers the expected calibration error (10 equal-width bins) on the held-out tenth in each
 *   of 10 stratified splits, since a curve that is not needed adds noise; identity also when a class has fewer than 10 rows
 * The rule is NannyML's; the splits are ours.
 */
export function chooseCalibrator(labels: ClassIndices, scores: Float64Array, seed: number): Calibrator {
  const rowsOf = [0, 1].map((label) => Uint32Array.from(labels.keys()).filter((row) => labels[row] === label));
  if (rowsOf.some((rows) => rows.length < SPLITS)) return { kind: 'identity' };
  const random = createRandom(seed).split('calibration splits');
  for (let split = 0; split < SPLITS; split++) {
    for (const rows of rowsOf) shuffle(rows, random);
    const train = rowsOf.flatMap((rows) => [...rows.subarray(Math.round(rows.length * TEST_SHARE))]);
    const test = rowsOf.flatMap((rows) => [...rows.subarray(0, Math.round(rows.length * TEST_SHARE))]);
    const fit = fitIsotonic(pick(scores, train), pick(labels, train));
    const before = errorOn(pick(labels, test), pick(scores, test));
    const after = errorOn(pick(labels, test), applyIsotonic(fit, pick(scores, test)));
    if (!(after < before)) return { kind: 'identity' };
  }
  return { kind: 'isotonic', fit: fitIsotonic(scores, Float64Array.from(labels)) };
}

/** Probabilities from scores. */
export function calibrate(calibrator: Calibrator, scores: Float64Array): Float64Array {
  return calibrator.kind === 'identity' ? scores : applyIsotonic(calibrator.fit, scores);
}

/**
 * Calibrates each class against all others and scales every row to add up to 1.
 *
 * @param calibrators   one per class
 * @param probabilities row-major, rows × classes
 * @returns row-major; a row on which every calibrated value is 0 becomes the same probability for each class
 */
export function calibrateClasses(calibrators: Calibrator[], probabilities: Float64Array): Float64Array {
  const classes = calibrators.length;
  const rows = rowCount(probabilities, classes);
  const result = new Float64Array(probabilities.length);
  calibrators.forEach((calibrator, index) => {
    const column = calibrate(calibrator, Float64Array.from({ length: rows }, (_, row) => probabilities[row * classes + index]));
    column.forEach((value, row) => (result[row * classes + index] = value));
  });
  for (let row = 0; row < rows; row++) {
    const values = result.subarray(row * classes, (row + 1) * classes);
    const sum = values.reduce((total, value) => total + value, 0);
    for (let index = 0; index < classes; index++) values[index] = sum === 0 ? 1 / classes : values[index] / sum;
  }
  return result;
}

function errorOn(labels: Float64Array, scores: Float64Array): number {
  const { value, reason } = expectedCalibrationError(reliability(Uint8Array.from(labels), scores, BINS));
  if (value === null) throw new RangeError(reason);
  return value;
}

function pick(values: Float64Array | ClassIndices, rows: number[]): Float64Array {
  return Float64Array.from(rows, (row) => values[row]);
}
