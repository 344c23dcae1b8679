/** A metric on some rows: a finite number, or the reason why there is none. */
export type MetricValue = { value: number; reason?: undefined } | { value: null; reason: string };

/**
 * A metric that exists.
 *
 * @param value the number; one that overflowed to Infinity or NaN becomes undefined rather than travel on
 */
export function defined(value: number): MetricValue {
  return Number.isFinite(value) ? { value } : undefinedBecause('the result is not a finite number');
}

/** A metric that does not exist on these rows: undefined is never reported as 0 or 1. */
export function undefinedBecause(reason: string): MetricValue {
  return { value: null, reason };
}

/** numerator ÷ denominator, undefined for `reason` when the denominator is 0. */
export function ratio(numerator: number, denominator: number, reason: string): MetricValue {
  return denominator === 0 ? undefinedBecause(reason) : defined(numerator / denominator);
}
