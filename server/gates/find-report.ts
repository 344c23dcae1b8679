import type { ComparisonReport, EvaluationReport } from '../../protocol/evaluation.ts';
import type { EvaluationRole } from '../../protocol/gates.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, inconclusive } from './judgement.ts';

export type Found<T> = { report: T; without?: undefined } | { report?: undefined; without: Judgement };

/** The candidate's evaluation on a dataset; `error` when it is missing, was refused, or is of another model. */
export function findEvaluation(evidence: Evidence, on: EvaluationRole): Found<EvaluationReport> {
  const report = evidence.evaluations[on];
  if (isMissing(report)) return { without: error(`${on} was not evaluated: ${report.missing}`) };
  if (report.refused !== undefined) return { without: error(`${on} was not evaluated: ${report.refused}`) };
  if (report.model.digest !== null && report.model.digest !== evidence.candidate.digest) {
    return { without: error(`the evaluation is of model ${report.model.digest}, not of the candidate ${evidence.candidate.digest}`) };
  }
  return { report };
}

/**
 * The comparison of the candidate with the champion on a dataset.
 *
 * No champion known: `inconclusive`. Missing, refused, of other models, of a model with itself, or on other rows than
 * the evaluation: `error`.
 */
export function findComparison(evidence: Evidence, on: EvaluationRole): Found<ComparisonReport> {
  if (evidence.champion === null) return { without: inconclusive('there is no champion to compare with') };
  const report = evidence.comparisons[on];
  if (isMissing(report)) return { without: error(`${on} was not compared: ${report.missing}`) };
  if (report.refused !== undefined) return { without: error(`${on} was not compared: ${report.refused}`) };
  const { candidate, champion } = report;
  if (candidate.digest === champion.digest) return { without: error(`model ${candidate.digest} was compared with itself`) };
  if (candidate.digest !== evidence.candidate.digest || champion.digest !== evidence.champion.digest) {
    return { without: error(`the comparison is of ${candidate.digest} with ${champion.digest}, not of this candidate with this champion`) };
  }
  const evaluation = evidence.evaluations[on];
  if (!isMissing(evaluation) && evaluation.dataset.digest !== report.dataset.digest) {
    return { without: error(`compared on data ${report.dataset.digest}, evaluated on ${evaluation.dataset.digest}`) };
  }
  return { report };
}
