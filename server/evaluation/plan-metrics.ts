import type { Task } from '../../protocol/evaluation.ts';
import { planBinary } from './plan-binary.ts';
import { planGeneration } from './plan-generation.ts';
import { planMulticlass } from './plan-multiclass.ts';
import { planRanking } from './plan-ranking.ts';
import { planRegression } from './plan-regression.ts';
import type { PlannedMetric } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';
import type { Subject } from './subject.ts';

/**
 * Metrics of a subject on some of its rows.
 *
 * @param rows  rows of the subject, all of them judged (see `accountRows`)
 * @param units unit of each of these rows in `weights`
 * @param names as users write them; names that are no metric of the task are left out
 */
export function planMetrics(subject: Subject, rows: Uint32Array, units: Uint32Array, names: readonly string[], weights: UnitWeights): PlannedMetric[] {
  switch (subject.task) {
    case 'binary':
      return planBinary(subject, rows, units, names, weights);
    case 'multiclass':
      return planMulticlass(subject, rows, units, names, weights);
    case 'regression':
      return planRegression(subject, rows, units, names, weights);
    case 'ranking':
      return planRanking(subject, rows, units, names, weights);
    case 'generation':
      return planGeneration(subject, rows, units, names, weights);
  }
}

/** Metrics that nobody needs to ask for: of a model on all rows, of a model or a pair on each slice, and of a pair on all rows. */
export const defaultMetrics: Record<Task, { all: readonly string[]; slice: readonly string[]; compared: readonly string[] }> = {
  binary: {
    all: [
      ...['roc_auc', 'average_precision', 'accuracy', 'balanced_accuracy', 'precision', 'recall', 'specificity', 'f1', 'mcc', 'cohen_kappa'],
      ...['log_loss', 'brier', 'ece', 'ece_mass', 'calibration_rms_debiased', 'max_calibration_error'],
    ],
    slice: ['roc_auc', 'accuracy', 'balanced_accuracy', 'precision', 'recall', 'specificity', 'f1', 'mcc'],
    compared: ['roc_auc', 'average_precision', 'accuracy', 'precision', 'recall', 'specificity', 'f1', 'mcc', 'log_loss', 'brier'],
  },
  multiclass: {
    all: [
      ...['accuracy', 'balanced_accuracy', 'precision_macro', 'recall_macro', 'f1_macro', 'precision_weighted', 'f1_weighted', 'mcc', 'cohen_kappa'],
      ...['roc_auc_ovr_macro', 'log_loss', 'brier_multiclass'],
    ],
    slice: ['accuracy', 'balanced_accuracy', 'f1_macro', 'mcc', 'log_loss'],
    compared: ['accuracy', 'balanced_accuracy', 'f1_macro', 'mcc', 'roc_auc_ovr_macro', 'log_loss', 'brier_multiclass'],
  },
  regression: {
    all: ['mae', 'rmse', 'r2', 'median_ae', 'max_error', 'bias', 'mape'],
    slice: ['mae', 'rmse', 'r2', 'median_ae', 'bias'],
    compared: ['mae', 'rmse', 'r2', 'median_ae'],
  },
  ranking: {
    all: ['ndcg_at_5', 'ndcg_at_10', 'map_at_10', 'mrr', 'precision_at_10', 'recall_at_10', 'hit_rate_at_10'],
    slice: ['ndcg_at_10', 'map_at_10', 'mrr'],
    compared: ['ndcg_at_5', 'ndcg_at_10', 'map_at_10', 'mrr', 'precision_at_10', 'recall_at_10'],
  },
  generation: {
    all: ['bleu', 'chrf', 'rouge1', 'rouge2', 'rouge_l', 'rouge_lsum', 'exact_match'],
    slice: ['bleu', 'chrf', 'rouge_l', 'exact_match'],
    compared: ['bleu', 'chrf', 'rouge1', 'rouge2', 'rouge_l', 'exact_match'],
  },
};
