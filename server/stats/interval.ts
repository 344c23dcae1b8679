/** An interval that covers the true value with probability about `level`, and the method that made it. */
export interface Interval {
  low: number;
  high: number;
  level: number;
  method: 'wilson' | 'clopper-pearson' | 'delong' | 'student-t' | 'tango' | 'bootstrap-percentile' | 'bootstrap-bca' | 'beta-mixture' | 'betting' | 'asymptotic-sequence';
}

/** Asserts that a coverage is strictly between 0 and 1. */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`coverage ${level} is not between 0 and 1`);
}
