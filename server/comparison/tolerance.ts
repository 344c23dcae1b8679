import type { AnswerKind, ShadowSide, Tolerance } from '../../protocol/shadow.ts';

/** Full precision on both sides: rounding only. */
export const FULL_PRECISION: Tolerance = { relative: 1e-3, absolute: 1e-5 };
/** Half precision on either side, or TensorRT, which may choose it. */
export const HALF_PRECISION: Tolerance = { relative: 1e-2, absolute: 1e-3 };

/**
 * How far two builds may lie apart, by what they run on.
 *
 * @returns null where a side is quantised to 8 bits and answers decide something: then only decisions count
 */
export function toleranceBetween(production: Pick<ShadowSide, 'provider' | 'precision'>, candidate: Pick<ShadowSide, 'provider' | 'precision'>, kind: AnswerKind): Tolerance | null {
  const sides = [production, candidate];
  if (sides.some(({ precision }) => precision === 'int8')) return kind === 'classifier' || kind === 'score' ? null : HALF_PRECISION;
  return sides.some(({ provider, precision }) => precision === 'float16' || provider === 'tensorrt') ? HALF_PRECISION : FULL_PRECISION;
}

/** |candidate − production| ≤ absolute + relative·|production|; false when either is not finite. */
export function isClose(production: number, candidate: number, { relative, absolute }: Tolerance): boolean {
  return Math.abs(candidate - production) <= absolute + relative * Math.abs(production);
}

/** |candidate − production| ÷ |production|; null where production is 0 and the candidate is not. */
export function relativeDifference(production: number, candidate: number): number | null {
  if (candidate === production) return 0;
  return production === 0 ? null : Math.abs(candidate - production) / Math.abs(production);
}
