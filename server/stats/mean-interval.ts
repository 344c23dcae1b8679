import { type Interval, checkLevel } from './interval.ts';
import { type Moments, variance } from './moments.ts';
import { studentTQuantile } from './special.ts';

/**
 * Student's t interval of a mean, for a single look at the end.
 *
 * @param of moments of the values
 * @returns null for fewer than two values; of zero width when they are constant
 * mean ± t₍n−1₎ · s/√n. Agrees with scipy `t.interval`.
 */
export function meanInterval(of: Moments, level: number): Interval | null {
  checkLevel(level);
  const { value } = variance(of, 1);
  if (value === null) return null;
  const half = studentTQuantile((1 + level) / 2, of.count - 1) * Math.sqrt(value / of.count);
  return { low: of.mean - half, high: of.mean + half, level, method: 'student-t' };
}
