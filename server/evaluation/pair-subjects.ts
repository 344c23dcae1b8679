import type { SliceRef } from '../../protocol/evaluation.ts';
import type { Table } from '../stats/vector.ts';
import { accountRows } from './account-rows.ts';
import { type OutcomeValues, assessValue } from './assess-value.ts';
import { keptTable } from './kept-table.ts';
import type { PlannedMetric } from './planned-metric.ts';
import { defaultMetrics, planMetrics } from './plan-metrics.ts';
import { findPredictionFaults, predictionRows } from './predictions.ts';
import { type UnitWeights, createUnitWeights } from '../stats/unit-weights.ts';
import { type SliceDeclaration, resolveSlices } from './slice.ts';
import { type Subject, classCount, decisionIn, subjectRows } from './subject.ts';
import { resamplingUnits } from './resampling-units.ts';

export interface PairOptions {
  metrics?: readonly string[];
  table?: Table;
  slices?: readonly SliceDeclaration[];
  value?: OutcomeValues;
  weights?: Float64Array;
  clusters?: Int32Array;
}

/** Two models on the same rows, set by set, ready to be compared under any weights. */
export interface PairedPlans {
  /** Rows of the data that are judged for both, ascending. */
  rows: Uint32Array;
  /** What resamples are drawn from: rows, or queries. */
  units: number;
  weights?: Float64Array;
  clusters?: Int32Array;
  /** Takes the weights that all metrics are computed under from now on, one per unit. */
  weigh: (weights: Float64Array) => void;
  /** All rows first, then the declared slices. `rows` are positions in the judged rows. */
  sets: { slice: SliceRef; rows: Uint32Array; candidate: PlannedMetric[]; champion: PlannedMetric[] }[];
  /** Answers of both on every judged row; null for tasks where a row has no right answer of its own. */
  decisions: PairedDecisions | null;
}

export interface PairedDecisions {
  classes: readonly string[];
  actual: Int32Array;
  candidate: DecidedRows;
  champion: DecidedRows;
}

export interface DecidedRows {
  decided: Int32Array;
  /** Score of the positive class, or of the class decided for when there are several; null for a model without scores. */
  scores: Float64Array | null;
  /** Probability the model gives to its own decision. */
  confidence: Float64Array | null;
}

/**
 * Lays two models' predictions beside each other.
 *
 * Only rows that can be judged for both take part.
 *
 * @param candidate @param champion the same truth with each model's predictions
 * @returns or why they cannot be laid beside each other
 */
export function pairSubjects(candidate: Subject, champion: Subject, options: PairOptions): PairedPlans | { refused: string } {
  const refused = refusal(candidate, champion);
  if (refused !== null) return { refused };
  const other = new Set(accountRows(champion).kept);
  const kept = accountRows(candidate).kept.filter((row) => other.has(row));
  if (kept.length === 0) return { refused: 'no row can be judged for both models' };
  const { units, of, gather } = resamplingUnits(candidate, kept);
  const table = keptTable(options.table, kept);
  const unitWeights = createUnitWeights(units);
  const names = defaultMetrics[candidate.task];
  const everyRow = Uint32Array.from(kept.keys());
  const planOn = (subject: Subject, rows: Uint32Array, usual: readonly string[]): PlannedMetric[] =>
    planMetrics(subject, rows.map((index) => kept[index]), rows.map((index) => of[index]), [...new Set([...usual, ...(options.metrics ?? [])])], unitWeights);
  const all = {
    slice: { name: 'all rows', where: [], source: 'all' as const },
    rows: everyRow,
    candidate: [...planOn(candidate, everyRow, names.compared), ...valueOf(candidate, kept, options.value, unitWeights)],
    champion: [...planOn(champion, everyRow, names.compared), ...valueOf(champion, kept, options.value, unitWeights)],
  };
  const slices = resolveSlices(table, options.slices ?? []).map(({ slice, rows }) => ({ slice, rows, candidate: planOn(candidate, rows, names.slice), champion: planOn(champion, rows, names.slice) }));
  return {
    rows: kept,
    units,
    weigh: unitWeights.weigh,
    weights: gather(options.weights),
    clusters: gather(options.clusters),
    sets: [all, ...slices],
    decisions: pairDecisions(candidate, champion, kept),
  };
}

function refusal(candidate: Subject, champion: Subject): string | null {
  if (candidate.task !== champion.task) return `the candidate is a ${candidate.task} model, the champion a ${champion.task} model`;
  const rows = subjectRows(candidate);
  if (subjectRows(champion) !== rows) return `the champion saw ${subjectRows(champion)} rows, the candidate ${rows}`;
  for (const [name, subject] of [['candidate', candidate], ['champion', champion]] as const) {
    const predicted = predictionRows(subject.predictions, classCount(subject));
    if (predicted !== rows) return `the ${name} made ${predicted} predictions for ${rows} rows`;
    const { notFinite, outsideUnitInterval, sumNotOne, message = 'predictions are at fault' } = findPredictionFaults(subject.predictions, classCount(subject));
    if (notFinite + outsideUnitInterval + sumNotOne > 0) return `the ${name}: ${message}`;
  }
  return null;
}

/** The value of a binary model's outcomes, under the name that gates look for. */
function valueOf(subject: Subject, kept: Uint32Array, values: OutcomeValues | undefined, unitWeights: UnitWeights): PlannedMetric[] {
  if (subject.task !== 'binary' || !values) return [];
  const { metrics } = assessValue(Uint8Array.from(kept, (row) => subject.labels[row]), Uint8Array.from(kept, decisionIn(subject)), values, unitWeights);
  return metrics.filter(({ name }) => name === 'value_per_prediction');
}

function pairDecisions(candidate: Subject, champion: Subject, kept: Uint32Array): PairedDecisions | null {
  if (candidate.task !== 'binary' && candidate.task !== 'multiclass') return null;
  if (champion.task !== 'binary' && champion.task !== 'multiclass') return null;
  return { classes: candidate.classes, actual: Int32Array.from(kept, (row) => candidate.labels[row]), candidate: decidedRows(candidate, kept), champion: decidedRows(champion, kept) };
}

function decidedRows(subject: Extract<Subject, { task: 'binary' | 'multiclass' }>, kept: Uint32Array): DecidedRows {
  const decided = Int32Array.from(kept, decisionIn(subject));
  const { predictions } = subject;
  switch (predictions.kind) {
    case 'classes':
      return { decided, scores: null, confidence: null };
    case 'scores': {
      const scores = Float64Array.from(kept, (row) => predictions.scores[row]);
      return { decided, scores, confidence: scores.map((score, index) => (decided[index] === 1 ? score : 1 - score)) };
    }
    case 'probabilities': {
      const scores = Float64Array.from(kept, (row, index) => predictions.probabilities[row * subject.classes.length + decided[index]]);
      return { decided, scores, confidence: scores };
    }
  }
}
