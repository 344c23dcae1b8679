import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';

export type MetricTask = 'binary' | 'multiclass' | 'regression' | 'ranking' | 'generation';

export interface MetricDefinition {
  /** Which way is better; `target` means the nearer to that value the better. */
  better: 'higher' | 'lower' | { target: number };
  /** Lowest and highest possible value, null where there is none. */
  range: [number | null, number | null];
  /** `target` is the unit of the predicted column. */
  unit: 'share' | 'squared share' | 'ratio' | 'correlation' | 'agreement' | 'nats' | 'target' | 'squared target' | 'log target' | 'points';
  tasks: MetricTask[];
  /** A number that is part of the name, written after it and an underscore: `ndcg_at` with 10 is `ndcg_at_10`. */
  parameter?: { name: string; values: 'whole' | 'share' | 'positive' };
  /** One line, no full stop. */
  definition: string;
  formula: string;
  /** Completes "undefined when …"; besides, every metric is undefined on no rows. */
  undefinedWhen: string;
  /** The implementation that the tests hold it against, or the paper it follows. */
  agreesWith: string;
}

/** Every metric by the name that users write. The only place that says which direction is better. */
export const metricRegistry = {
  accuracy: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary', 'multiclass'],
    definition: 'Share of rows predicted right',
    formula: 'correct ÷ rows',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn accuracy_score',
  },
  balanced_accuracy: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary', 'multiclass'],
    definition: 'Mean recall over the classes that occur',
    formula: 'mean over classes of TP ÷ (TP + FN)',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn balanced_accuracy_score',
  },
  precision: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Share of predicted positives that are positive',
    formula: 'TP ÷ (TP + FP)',
    undefinedWhen: 'nothing is predicted positive',
    agreesWith: 'sklearn precision_score(zero_division=nan)',
  },
  recall: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Share of positives that are predicted positive',
    formula: 'TP ÷ (TP + FN)',
    undefinedWhen: 'there are no positives',
    agreesWith: 'sklearn recall_score(zero_division=nan)',
  },
  specificity: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Share of negatives that are predicted negative',
    formula: 'TN ÷ (TN + FP)',
    undefinedWhen: 'there are no negatives',
    agreesWith: 'sklearn recall_score(pos_label=0, zero_division=nan)',
  },
  false_positive_rate: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Share of negatives that are predicted positive',
    formula: 'FP ÷ (TN + FP)',
    undefinedWhen: 'there are no negatives',
    agreesWith: 'fairlearn false_positive_rate',
  },
  false_negative_rate: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Share of positives that are predicted negative',
    formula: 'FN ÷ (TP + FN)',
    undefinedWhen: 'there are no positives',
    agreesWith: 'fairlearn false_negative_rate',
  },
  f1: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Harmonic mean of precision and recall',
    formula: '2·TP ÷ (2·TP + FP + FN)',
    undefinedWhen: 'there are neither actual nor predicted positives',
    agreesWith: 'sklearn f1_score(zero_division=nan)',
  },
  fbeta: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    parameter: { name: 'beta', values: 'positive' },
    definition: 'Harmonic mean of precision and recall in which recall matters beta times as much',
    formula: '(1 + β²)·TP ÷ ((1 + β²)·TP + β²·FN + FP)',
    undefinedWhen: 'there are neither actual nor predicted positives',
    agreesWith: 'sklearn fbeta_score(zero_division=nan)',
  },
  precision_macro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Precision of each class against the rest, averaged over the classes for which it is defined',
    formula: 'mean over classes',
    undefinedWhen: 'it is undefined for every class',
    agreesWith: 'sklearn precision_score(average="macro", zero_division=nan)',
  },
  precision_weighted: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Precision of each class against the rest, averaged by the rows of each class',
    formula: 'Σ rows·value ÷ Σ rows over classes for which it is defined',
    undefinedWhen: 'it is undefined for every class',
    agreesWith: 'sklearn precision_score(average="weighted", zero_division=nan)',
  },
  precision_micro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Precision of the counts of all classes added up; with one label per row this is the accuracy',
    formula: 'ratio of summed counts',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn precision_score(average="micro", zero_division=nan)',
  },
  recall_macro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Recall of each class against the rest, averaged over the classes for which it is defined',
    formula: 'mean over classes',
    undefinedWhen: 'it is undefined for every class',
    agreesWith: 'sklearn recall_score(average="macro", zero_division=nan)',
  },
  recall_weighted: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Recall of each class against the rest, averaged by the rows of each class',
    formula: 'Σ rows·value ÷ Σ rows over classes for which it is defined',
    undefinedWhen: 'it is undefined for every class',
    agreesWith: 'sklearn recall_score(average="weighted", zero_division=nan)',
  },
  recall_micro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Recall of the counts of all classes added up; with one label per row this is the accuracy',
    formula: 'ratio of summed counts',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn recall_score(average="micro", zero_division=nan)',
  },
  f1_macro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'F1 of each class against the rest, averaged over the classes for which it is defined',
    formula: 'mean over classes',
    undefinedWhen: 'it is undefined for every class',
    agreesWith: 'sklearn f1_score(average="macro", zero_division=nan)',
  },
  f1_weighted: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'F1 of each class against the rest, averaged by the rows of each class',
    formula: 'Σ rows·value ÷ Σ rows over classes for which it is defined',
    undefinedWhen: 'it is undefined for every class',
    agreesWith: 'sklearn f1_score(average="weighted", zero_division=nan)',
  },
  f1_micro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'F1 of the counts of all classes added up; with one label per row this is the accuracy',
    formula: 'ratio of summed counts',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn f1_score(average="micro", zero_division=nan)',
  },
  mcc: {
    better: 'higher',
    range: [-1, 1],
    unit: 'correlation',
    tasks: ['binary', 'multiclass'],
    definition: 'Matthews correlation coefficient of actual and predicted class',
    formula: 'covariance ÷ √(variance of actual · variance of predicted), over class indicators',
    undefinedWhen: 'labels or predictions hold a single class',
    agreesWith: 'sklearn matthews_corrcoef, which says 0 where this is undefined',
  },
  cohen_kappa: {
    better: 'higher',
    range: [-1, 1],
    unit: 'agreement',
    tasks: ['binary', 'multiclass'],
    definition: 'Agreement of actual and predicted class beyond chance',
    formula: '1 − Σ observed disagreement ÷ Σ disagreement expected by chance',
    undefinedWhen: 'labels and predictions hold one and the same class',
    agreesWith: 'sklearn cohen_kappa_score',
  },
  roc_auc: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Chance that a random positive scores above a random negative, ties one half',
    formula: 'Mann–Whitney U ÷ (positives · negatives)',
    undefinedWhen: 'a class has no rows',
    agreesWith: 'sklearn roc_auc_score',
  },
  roc_auc_ovr_macro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Area under the ROC curve of each class against the rest, averaged evenly',
    formula: 'mean of Mann–Whitney areas',
    undefinedWhen: 'a class has no rows',
    agreesWith: 'sklearn roc_auc_score(multi_class="ovr", average="macro")',
  },
  roc_auc_ovr_weighted: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Area under the ROC curve of each class against the rest, averaged by rows',
    formula: 'mean of Mann–Whitney areas',
    undefinedWhen: 'a class has no rows',
    agreesWith: 'sklearn roc_auc_score(multi_class="ovr", average="weighted")',
  },
  roc_auc_ovo_macro: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Area under the ROC curve of each pair of classes, averaged evenly',
    formula: 'mean of Mann–Whitney areas',
    undefinedWhen: 'a class has no rows',
    agreesWith: 'sklearn roc_auc_score(multi_class="ovo", average="macro")',
  },
  roc_auc_ovo_weighted: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['multiclass'],
    definition: 'Area under the ROC curve of each pair of classes, averaged by rows',
    formula: 'mean of Mann–Whitney areas',
    undefinedWhen: 'a class has no rows',
    agreesWith: 'sklearn roc_auc_score(multi_class="ovo", average="weighted")',
  },
  average_precision: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Precision at each distinct score, weighted by the recall gained there',
    formula: 'Σ (Rᵢ − Rᵢ₋₁)·Pᵢ',
    undefinedWhen: 'there are no positives',
    agreesWith: 'sklearn average_precision_score',
  },
  precision_at_recall: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    parameter: { name: 'recall', values: 'share' },
    definition: 'Best precision of any threshold that reaches the recall',
    formula: 'max P over thresholds with R ≥ recall',
    undefinedWhen: 'there are no positives',
    agreesWith: 'sklearn precision_recall_curve',
  },
  lift_at: {
    better: 'higher',
    range: [0, null],
    unit: 'ratio',
    tasks: ['binary'],
    parameter: { name: 'share', values: 'share' },
    definition: 'Positives in the top share of scores over those in a random pick of that size',
    formula: 'recall in the top share ÷ share',
    undefinedWhen: 'there are no positives',
    agreesWith: 'own definition, ties in proportion',
  },
  log_loss: {
    better: 'lower',
    range: [0, null],
    unit: 'nats',
    tasks: ['binary', 'multiclass'],
    definition: 'Mean negative log-likelihood of the labels',
    formula: '−mean ln p(actual class), p clipped to [ε, 1 − ε]',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn log_loss',
  },
  brier: {
    better: 'lower',
    range: [0, 1],
    unit: 'squared share',
    tasks: ['binary'],
    definition: 'Mean squared distance between probability and outcome',
    formula: 'mean (p − y)²',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn brier_score_loss',
  },
  brier_multiclass: {
    better: 'lower',
    range: [0, 2],
    unit: 'squared share',
    tasks: ['multiclass'],
    definition: 'Squared distance between class probabilities and outcome, summed over classes',
    formula: 'mean Σ (p − y)²',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn brier_score_loss(scale_by_half=False)',
  },
  brier_multiclass_half: {
    better: 'lower',
    range: [0, 1],
    unit: 'squared share',
    tasks: ['multiclass'],
    definition: 'Half of brier_multiclass, on the scale of brier',
    formula: '½·mean Σ (p − y)²',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn brier_score_loss(scale_by_half=True)',
  },
  ece: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Expected calibration error over equal-width bins',
    formula: 'Σ (rows ÷ all)·|observed − promised|',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn calibration_curve(strategy="uniform")',
  },
  ece_mass: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Expected calibration error over bins of equal row count',
    formula: 'Σ (rows ÷ all)·|observed − promised|',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn calibration_curve(strategy="quantile")',
  },
  calibration_rms_debiased: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Root of the mean squared calibration error over bins of equal row count, less the part that sampling noise adds',
    formula: '√ Σ (rows ÷ all)·(gap² − share·(1 − share) ÷ (rows − 1)), at least 0',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'Bröcker (2012), Kumar, Liang & Ma (2019)',
  },
  max_calibration_error: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Largest calibration error of any equal-width bin',
    formula: 'max |observed − promised|',
    undefinedWhen: 'scores are not probabilities',
    agreesWith: 'sklearn calibration_curve(strategy="uniform")',
  },
  calibration_ratio: {
    better: { target: 1 },
    range: [0, null],
    unit: 'ratio',
    tasks: ['binary'],
    definition: 'Sum of scores over number of positives',
    formula: 'Σ p ÷ Σ y',
    undefinedWhen: 'there are no positives',
    agreesWith: 'TFMA Calibration',
  },
  demographic_parity_difference: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Highest less lowest group in selection rates',
    formula: 'max − min over groups',
    undefinedWhen: 'fewer than two groups have the rate',
    agreesWith: 'fairlearn demographic_parity_difference, but a group without the rate is left out',
  },
  demographic_parity_ratio: {
    better: 'higher',
    range: [0, 1],
    unit: 'ratio',
    tasks: ['binary'],
    definition: 'Lowest over highest group in selection rates',
    formula: 'min ÷ max over groups',
    undefinedWhen: 'fewer than two groups have the rate, or it is 0 in all',
    agreesWith: 'fairlearn demographic_parity_ratio, but a group without the rate is left out',
  },
  equal_opportunity_difference: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Highest less lowest group in true positive rates',
    formula: 'max − min over groups',
    undefinedWhen: 'fewer than two groups have the rate',
    agreesWith: 'fairlearn equal_opportunity_difference, but a group without the rate is left out',
  },
  equal_opportunity_ratio: {
    better: 'higher',
    range: [0, 1],
    unit: 'ratio',
    tasks: ['binary'],
    definition: 'Lowest over highest group in true positive rates',
    formula: 'min ÷ max over groups',
    undefinedWhen: 'fewer than two groups have the rate, or it is 0 in all',
    agreesWith: 'fairlearn equal_opportunity_ratio, but a group without the rate is left out',
  },
  equalized_odds_difference: {
    better: 'lower',
    range: [0, 1],
    unit: 'share',
    tasks: ['binary'],
    definition: 'Highest less lowest group in true and false positive rates, the worse of the two',
    formula: 'max − min over groups',
    undefinedWhen: 'fewer than two groups have the rate',
    agreesWith: 'fairlearn equalized_odds_difference, but a group without the rate is left out',
  },
  equalized_odds_ratio: {
    better: 'higher',
    range: [0, 1],
    unit: 'ratio',
    tasks: ['binary'],
    definition: 'Lowest over highest group in true and false positive rates, the worse of the two',
    formula: 'min ÷ max over groups',
    undefinedWhen: 'fewer than two groups have the rate, or it is 0 in all',
    agreesWith: 'fairlearn equalized_odds_ratio, but a group without the rate is left out',
  },
  mae: {
    better: 'lower',
    range: [0, null],
    unit: 'target',
    tasks: ['regression'],
    definition: 'Mean absolute error',
    formula: 'mean |predicted − actual|',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn mean_absolute_error',
  },
  mse: {
    better: 'lower',
    range: [0, null],
    unit: 'squared target',
    tasks: ['regression'],
    definition: 'Mean squared error',
    formula: 'mean (predicted − actual)²',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn mean_squared_error',
  },
  rmse: {
    better: 'lower',
    range: [0, null],
    unit: 'target',
    tasks: ['regression'],
    definition: 'Root of the mean squared error',
    formula: '√ mean (predicted − actual)²',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn root_mean_squared_error',
  },
  median_ae: {
    better: 'lower',
    range: [0, null],
    unit: 'target',
    tasks: ['regression'],
    definition: 'Median absolute error',
    formula: 'median |predicted − actual|',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn median_absolute_error',
  },
  max_error: {
    better: 'lower',
    range: [0, null],
    unit: 'target',
    tasks: ['regression'],
    definition: 'Largest absolute error',
    formula: 'max |predicted − actual|',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn max_error',
  },
  bias: {
    better: { target: 0 },
    range: [null, null],
    unit: 'target',
    tasks: ['regression'],
    definition: 'Mean error: above 0 when predictions are too high',
    formula: 'mean (predicted − actual)',
    undefinedWhen: 'there are no rows',
    agreesWith: 'own definition',
  },
  r2: {
    better: 'higher',
    range: [null, 1],
    unit: 'share',
    tasks: ['regression'],
    definition: 'Share of the variance of the target that is accounted for',
    formula: '1 − Σ error² ÷ Σ (actual − mean)²',
    undefinedWhen: 'there are fewer than two rows or the target is constant',
    agreesWith: 'sklearn r2_score, which says 0 or 1 where this is undefined',
  },
  explained_variance: {
    better: 'higher',
    range: [null, 1],
    unit: 'share',
    tasks: ['regression'],
    definition: 'As r2, with a constant error forgiven',
    formula: '1 − Σ (error − mean error)² ÷ Σ (actual − mean)²',
    undefinedWhen: 'there are fewer than two rows or the target is constant',
    agreesWith: 'sklearn explained_variance_score, which says 0 or 1 where this is undefined',
  },
  mape: {
    better: 'lower',
    range: [0, null],
    unit: 'share',
    tasks: ['regression'],
    definition: 'Mean absolute error relative to the actual value',
    formula: 'mean |error ÷ actual|',
    undefinedWhen: 'an actual value is 0',
    agreesWith: 'sklearn mean_absolute_percentage_error, which divides by 2e-16 where this is undefined',
  },
  smape: {
    better: 'lower',
    range: [0, 2],
    unit: 'share',
    tasks: ['regression'],
    definition: 'Mean absolute error relative to the mean size of actual and predicted',
    formula: 'mean 2·|error| ÷ (|actual| + |predicted|), 0 where both are 0',
    undefinedWhen: 'there are no rows',
    agreesWith: 'own definition',
  },
  rmsle: {
    better: 'lower',
    range: [0, null],
    unit: 'log target',
    tasks: ['regression'],
    definition: 'Root of the mean squared difference of ln(1 + value)',
    formula: '√ mean (ln(1 + predicted) − ln(1 + actual))²',
    undefinedWhen: 'a value is −1 or less',
    agreesWith: 'sklearn root_mean_squared_log_error',
  },
  pinball: {
    better: 'lower',
    range: [0, null],
    unit: 'target',
    tasks: ['regression'],
    parameter: { name: 'quantile', values: 'share' },
    definition: 'Loss of a quantile prediction',
    formula: 'mean max(α·(actual − predicted), (α − 1)·(actual − predicted))',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sklearn mean_pinball_loss',
  },
  ndcg_at: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    parameter: { name: 'k', values: 'whole' },
    definition: 'Discounted gain in the top k over that of the best order, linear gain, ties averaged',
    formula: 'Σ relevance ÷ log₂(rank + 1) ÷ the same for the best order',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'sklearn ndcg_score',
  },
  ndcg_exponential_at: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    parameter: { name: 'k', values: 'whole' },
    definition: 'As ndcg_at with gain 2^relevance − 1',
    formula: 'Σ (2^relevance − 1) ÷ log₂(rank + 1) ÷ the same for the best order',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'sklearn ndcg_score on 2^relevance − 1',
  },
  map_at: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    parameter: { name: 'k', values: 'whole' },
    definition: 'Mean average precision of the top k, ties in expectation',
    formula: 'mean over queries of Σ precision at each relevant rank ÷ min(k, relevant)',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'McSherry & Najork (2008)',
  },
  mrr: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    definition: 'Mean of 1 ÷ rank of the first relevant item, ties in expectation',
    formula: 'mean over queries of 1 ÷ rank',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'McSherry & Najork (2008)',
  },
  precision_at: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    parameter: { name: 'k', values: 'whole' },
    definition: 'Relevant items in the top k ÷ k',
    formula: 'mean over queries',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'McSherry & Najork (2008)',
  },
  recall_at: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    parameter: { name: 'k', values: 'whole' },
    definition: 'Relevant items in the top k ÷ relevant items',
    formula: 'mean over queries',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'McSherry & Najork (2008)',
  },
  hit_rate_at: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['ranking'],
    parameter: { name: 'k', values: 'whole' },
    definition: 'Chance that the top k holds a relevant item',
    formula: 'mean over queries',
    undefinedWhen: 'no query has a relevant item',
    agreesWith: 'McSherry & Najork (2008)',
  },
  bleu: {
    better: 'higher',
    range: [0, 100],
    unit: 'points',
    tasks: ['generation'],
    definition: 'Clipped n-gram precision of the corpus (1–4), 13a tokens, exp smoothing, brevity penalty',
    formula: '100·BP·(p₁p₂p₃p₄)^¼',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sacrebleu BLEU(tokenize="13a", smooth_method="exp")',
  },
  chrf: {
    better: 'higher',
    range: [0, 100],
    unit: 'points',
    tasks: ['generation'],
    definition: 'F-score of character n-grams (1–6), recall counting twice',
    formula: '100·(1 + β²)·P·R ÷ (β²·P + R), β = 2',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sacrebleu CHRF()',
  },
  chrf_plus_plus: {
    better: 'higher',
    range: [0, 100],
    unit: 'points',
    tasks: ['generation'],
    definition: 'chrF with words and word pairs added',
    formula: 'as chrf over 6 character and 2 word orders',
    undefinedWhen: 'there are no rows',
    agreesWith: 'sacrebleu CHRF(word_order=2)',
  },
  rouge1: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['generation'],
    definition: 'Shared words, F-score, best reference, mean over rows',
    formula: '2·P·R ÷ (P + R)',
    undefinedWhen: 'there are no rows',
    agreesWith: 'rouge_score rouge1 without stemming',
  },
  rouge2: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['generation'],
    definition: 'Shared word pairs, F-score, best reference, mean over rows',
    formula: '2·P·R ÷ (P + R)',
    undefinedWhen: 'there are no rows',
    agreesWith: 'rouge_score rouge2 without stemming',
  },
  rouge_l: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['generation'],
    definition: 'Longest common subsequence, F-score, best reference, mean over rows',
    formula: '2·P·R ÷ (P + R)',
    undefinedWhen: 'there are no rows',
    agreesWith: 'rouge_score rougeL without stemming',
  },
  rouge_lsum: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['generation'],
    definition: 'Longest common subsequence by sentence, F-score, best reference, mean over rows',
    formula: '2·P·R ÷ (P + R)',
    undefinedWhen: 'there are no rows',
    agreesWith: 'rouge_score rougeLsum without stemming',
  },
  exact_match: {
    better: 'higher',
    range: [0, 1],
    unit: 'share',
    tasks: ['generation'],
    definition: 'Share of outputs equal to a reference, character by character',
    formula: 'matches ÷ rows',
    undefinedWhen: 'there are no rows',
    agreesWith: 'own definition',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricRegistry;

/** A metric with its parameter, when it takes one. */
export interface NamedMetric {
  name: MetricName;
  parameter?: number;
}

/**
 * Reads a metric as users write it: `roc_auc`, `ndcg_at_10`, `fbeta_0.5`.
 *
 * @returns null when there is no such metric, or its parameter is missing or impossible
 */
export function findMetric(text: string): NamedMetric | null {
  if (isMetricName(text)) return definitionOf(text).parameter ? null : { name: text };
  const cut = text.lastIndexOf('_');
  const name = text.slice(0, Math.max(cut, 0));
  const written = text.slice(cut + 1);
  if (!isMetricName(name) || !/^\d+(\.\d+)?$/.test(written)) return null;
  const parameter = Number(written);
  switch (definitionOf(name).parameter?.values) {
    case undefined:
      return null;
    case 'whole':
      return Number.isInteger(parameter) && parameter >= 1 ? { name, parameter } : null;
    case 'share':
      return parameter > 0 && parameter <= 1 ? { name, parameter } : null;
    case 'positive':
      return parameter > 0 ? { name, parameter } : null;
  }
}

/** The definition of a metric, seen as any other. */
export function definitionOf(name: MetricName): MetricDefinition {
  return metricRegistry[name];
}

/**
 * How much better the candidate is, in the metric's own unit: positive is better whatever the direction.
 *
 * @returns candidate − champion, champion − candidate, or how much nearer the candidate is to the target
 */
export function improvement(name: MetricName, candidate: number, champion: number): number {
  const { better } = definitionOf(name);
  if (better === 'higher') return candidate - champion;
  if (better === 'lower') return champion - candidate;
  return Math.abs(champion - better.target) - Math.abs(candidate - better.target);
}

/**
 * `improvement` as a share of the champion's value: 0.05 is 5 % better.
 *
 * @returns undefined when either value is negative or the champion's is 0, where a relative change has no meaning or
 *   changes sign; ask for an absolute change there
 */
export function relativeImprovement(name: MetricName, candidate: number, champion: number): MetricValue {
  if (champion === 0) return undefinedBecause('the champion is at 0');
  if (champion < 0 || candidate < 0) return undefinedBecause('a value is below 0');
  return defined(improvement(name, candidate, champion) / champion);
}

function isMetricName(text: string): text is MetricName {
  return Object.hasOwn(metricRegistry, text);
}
