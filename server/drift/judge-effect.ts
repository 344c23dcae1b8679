import type { DriftVerdict } from '../../protocol/drift.ts';

/** An effect and what is needed to judge it. All on the effect's own scale. */
export interface JudgedEffect {
  value: number | null;
  /** The least effect that matters. */
  floor: number;
  /** 95 % point of the effect when nothing has moved, at these sizes. */
  band: number | null;
  /** The effect's value for two equal populations: 0 for a distance, 0.5 for an AUC. */
  still: number;
  /** After Benjamini–Hochberg over the report. */
  adjustedP: number | null;
}

/**
 * The default drift rule: significant **and** large enough to matter, or an admission that one cannot tell.
 *
 * Where chance alone stays under the floor (band ≤ floor), the estimate is trusted:
 *   `moved` if adjustedP < alpha and value ≥ floor, else `still`.
 * Where chance alone can reach the floor (band > floor), the estimate is read less what chance can add:
 *   `moved` if adjustedP < alpha and value − (band − still) ≥ floor, else `inconclusive`.
 *
 * The second line is a lower confidence bound for distances that obey the triangle inequality (K-S, L∞, V at equal weight):
 * observed ≤ true + noise, and noise stays under the band in 95 % of samples. So a very large shift is found in a small
 * batch, and a small batch never turns noise into an alarm. Equality with the floor counts as reaching it (slack 1e-12).
 *
 * @param alpha level of the test, in (0, 1)
 * @returns `inconclusive` when the effect, the band or the p-value does not exist
 */
export function judgeEffect(effect: JudgedEffect, alpha: number): DriftVerdict {
  const { value, floor, band, still, adjustedP } = effect;
  if (value === null || band === null || adjustedP === null) return 'inconclusive';
  const significant = adjustedP < alpha;
  if (band <= floor) return significant && value >= floor - 1e-12 ? 'moved' : 'still';
  return significant && value - (band - still) >= floor - 1e-12 ? 'moved' : 'inconclusive';
}
