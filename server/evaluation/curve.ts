import type { Curve } from '../../protocol/evaluation.ts';

/** Points a drawn curve keeps. */
export const CURVE_POINTS_MAX = 200;

/**
 * Thins a curve for drawing: evenly by position, the first and the last point kept. Metrics are never computed from it.
 *
 * @param points x, y in drawing order
 */
export function thinCurve(points: readonly [number, number][]): Curve {
  if (points.length <= CURVE_POINTS_MAX) return { points: [...points] };
  const step = (points.length - 1) / (CURVE_POINTS_MAX - 1);
  return { points: Array.from({ length: CURVE_POINTS_MAX }, (_, index) => points[Math.round(index * step)]) };
}
