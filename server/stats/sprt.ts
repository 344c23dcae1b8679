export interface SprtPlan {
  /** Rate of failures that is fine, in (0, 1). */
  acceptable: number;
  /** Rate that is too much, above `acceptable`, in (0, 1). */
  unacceptable: number;
  /** Chance of calling the acceptable rate too much. */
  alpha: number;
  /** Chance of calling the unacceptable rate fine. */
  beta: number;
}

export interface Sprt {
  /** Natural logarithm of the likelihood of the unacceptable rate over that of the acceptable one. */
  logRatio: number;
  /** Null: go on. */
  decision: 'acceptable' | 'unacceptable' | null;
}

/**
 * Sequential probability ratio test between two rates of failure.
 *
 * @param failures whole, 0 … trials
 * Decides at ln((1 − β)/α) and ln(β/(1 − α)) (Wald 1945), however often one looks. The error rates are at
 * most α/(1 − β) and β/(1 − α), and together at most α + β.
 */
export function sprt(failures: number, trials: number, plan: SprtPlan): Sprt {
  checkPlan(plan);
  if (!(failures >= 0 && failures <= trials && trials < Infinity)) throw new RangeError(`${failures} failures in ${trials} trials`);
  const { onFailure, onSuccess, reject, accept } = boundaries(plan);
  const logRatio = failures * onFailure + (trials - failures) * onSuccess;
  return { logRatio, decision: logRatio >= reject ? 'unacceptable' : logRatio <= accept ? 'acceptable' : null };
}

/**
 * Mean number of trials to a decision at either rate.
 *
 * Wald's approximation, which leaves out the overshoot: expected log ratio at the end ÷ expected log ratio of a trial.
 */
export function expectedTrials(plan: SprtPlan): { acceptable: number; unacceptable: number } {
  checkPlan(plan);
  const { alpha, beta } = plan;
  const { onFailure, onSuccess, reject, accept } = boundaries(plan);
  const perTrial = (rate: number): number => rate * onFailure + (1 - rate) * onSuccess;
  return {
    acceptable: ((1 - alpha) * accept + alpha * reject) / perTrial(plan.acceptable),
    unacceptable: (beta * accept + (1 - beta) * reject) / perTrial(plan.unacceptable),
  };
}

function boundaries({ acceptable, unacceptable, alpha, beta }: SprtPlan): { onFailure: number; onSuccess: number; reject: number; accept: number } {
  return {
    onFailure: Math.log(unacceptable / acceptable),
    onSuccess: Math.log1p(-unacceptable) - Math.log1p(-acceptable),
    reject: Math.log((1 - beta) / alpha),
    accept: Math.log(beta / (1 - alpha)),
  };
}

function checkPlan({ acceptable, unacceptable, alpha, beta }: SprtPlan): void {
  if (!(acceptable > 0 && acceptable < unacceptable && unacceptable < 1)) throw new RangeError(`${acceptable} and ${unacceptable} are not two rates in rising order`);
  if (!(alpha > 0 && beta > 0 && alpha + beta < 1)) throw new RangeError(`error rates ${alpha} and ${beta} leave nothing to test`);
}
