import type { PredictionFaults } from '../../protocol/evaluation.ts';
import { countText } from '../../protocol/number-text.ts';
import { notProbabilities, probabilityFaults } from '../stats/probabilities.ts';

/** What a model answered, decoded from its tensors or read from a column, one entry per row of the data. */
export type Predictions =
  /** Probability of the positive class. */
  | { kind: 'scores'; scores: Float64Array; missing?: Uint8Array }
  /** Probability of each class, row-major, rows × classes in the order of the classes. */
  | { kind: 'probabilities'; probabilities: Float64Array; missing?: Uint8Array }
  /** Index of the predicted class; −1 where there is none, −2 where the model named a class nobody knows. */
  | { kind: 'classes'; codes: Int32Array }
  /** A number: regression, or the score of an item to rank. */
  | { kind: 'values'; values: Float64Array; missing?: Uint8Array }
  /** Text; null where there is none. */
  | { kind: 'texts'; texts: (string | null)[] };

/** Rows named in a list of faults. */
const namedRows = 20;

/**
 * What is wrong with predictions before anything is computed from them.
 *
 * @param classes known classes; probabilities have one column for each
 * @returns counts by kind, every row under its first fault; `message` is absent when there is none. A logit shows as
 *   outside 0–1 or, for several classes, as a sum that is not 1.
 */
export function findPredictionFaults(predictions: Predictions, classes: number): PredictionFaults {
  const rows = predictionRows(predictions, classes);
  const faults: PredictionFaults = { rows, missing: 0, notFinite: 0, outsideUnitInterval: 0, sumNotOne: 0, firstRows: [] };
  for (let row = 0; row < rows; row++) {
    const fault = faultOf(predictions, row, classes);
    if (fault === null) continue;
    faults[fault]++;
    if (faults.firstRows.length < namedRows) faults.firstRows.push(row);
  }
  const message = faultText(faults, predictions, classes);
  return message === null ? faults : { ...faults, message };
}

/** Number of rows predicted on. */
export function predictionRows(predictions: Predictions, classes: number): number {
  switch (predictions.kind) {
    case 'scores':
      return predictions.scores.length;
    case 'probabilities':
      return predictions.probabilities.length / classes;
    case 'classes':
      return predictions.codes.length;
    case 'values':
      return predictions.values.length;
    case 'texts':
      return predictions.texts.length;
  }
}

/** Whether a row has no prediction at all, which leaves it out; a faulty one refuses the whole. */
export function isMissingPrediction(predictions: Predictions, row: number): boolean {
  switch (predictions.kind) {
    case 'classes':
      return predictions.codes[row] === -1;
    case 'texts':
      return predictions.texts[row] === null;
    case 'scores':
    case 'probabilities':
    case 'values':
      return predictions.missing?.[row] === 1;
  }
}

type Fault = 'missing' | 'notFinite' | 'outsideUnitInterval' | 'sumNotOne';

function faultOf(predictions: Predictions, row: number, classes: number): Fault | null {
  if (isMissingPrediction(predictions, row)) return 'missing';
  switch (predictions.kind) {
    case 'scores':
      return probabilityFault(predictions.scores.subarray(row, row + 1), 1);
    case 'probabilities':
      return probabilityFault(predictions.probabilities.subarray(row * classes, (row + 1) * classes), classes);
    case 'classes':
      return predictions.codes[row] >= 0 && predictions.codes[row] < classes ? null : 'outsideUnitInterval';
    case 'values':
      return Number.isFinite(predictions.values[row]) ? null : 'notFinite';
    case 'texts':
      return null;
  }
}

function probabilityFault(probabilities: Float64Array, classes: number): Fault | null {
  const { notFinite, outsideUnitInterval } = probabilityFaults(probabilities, classes);
  if (notFinite > 0) return 'notFinite';
  if (outsideUnitInterval > 0) return 'outsideUnitInterval';
  return notProbabilities(probabilities, classes) === null ? null : 'sumNotOne';
}

function faultText({ rows, missing, notFinite, outsideUnitInterval, sumNotOne }: PredictionFaults, predictions: Predictions, classes: number): string | null {
  const known = predictions.kind === 'classes' ? `name none of the ${classes} classes` : 'are outside 0–1: logits rather than probabilities?';
  const faults: [count: number, text: string][] = [
    [missing, 'are missing'],
    [notFinite, 'are not finite numbers'],
    [outsideUnitInterval, known],
    [sumNotOne, 'do not add up to 1'],
  ];
  const [first, ...others] = faults.filter(([count]) => count > 0).map(([count, text]) => [countText(count), text]);
  if (first === undefined) return null;
  return [`${first[0]} of ${countText(rows)} predictions ${first[1]}`, ...others.map((fault) => fault.join(' '))].join(', ');
}
