import type { NumberColumn } from '../engines/duckdb.ts';

/** What is kept of a column of numbers while its rows go by: the finite values, and counts of all others. */
export class NumberSeries {
  rows = 0;
  nulls = 0;
  nans = 0;
  positiveInfinities = 0;
  negativeInfinities = 0;
  negativeZeros = 0;
  minimum = Infinity;
  maximum = -Infinity;
  /** Some integer lay beyond ±2^53, so `finite` holds rounded values. */
  rounded = false;
  private readonly values: Float64Array;
  private count = 0;
  private rises = false;
  private falls = false;
  private repeats = false;
  private previous = Number.NaN;

  /** @param capacity rows of the column */
  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  get finite(): Float64Array {
    return this.values.subarray(0, this.count);
  }

  /** In file order, nulls and NaN left out. */
  get monotone(): 'increasing' | 'decreasing' | 'constant' | 'none' | null {
    if (this.count + this.positiveInfinities + this.negativeInfinities < 2) return null;
    if (this.rises) return this.falls ? 'none' : 'increasing';
    return this.falls ? 'decreasing' : 'constant';
  }

  /** Always rising or always falling, so that no value is there twice. */
  get strict(): boolean {
    return this.rises !== this.falls && !this.repeats;
  }

  add({ values, nulls, exact }: NumberColumn, rows: number): void {
    this.rows += rows;
    if (exact) this.rounded = true;
    const { values: kept } = this;
    let { count, previous, minimum, maximum, rises, falls, repeats } = this;
    for (let row = 0; row < rows; row++) {
      const value = values[row];
      if (nulls !== undefined && nulls[row] === 1) {
        this.nulls++;
        continue;
      }
      if (value !== value) {
        this.nans++;
        continue;
      }
      // Most columns soon both rise and fall, and then their order has no more to say.
      if (!(rises && falls)) {
        if (value > previous) rises = true;
        else if (value < previous) falls = true;
        else if (value === previous) repeats = true;
        previous = value;
      }
      if (value === Infinity) this.positiveInfinities++;
      else if (value === -Infinity) this.negativeInfinities++;
      else {
        if (value === 0 && Object.is(value, -0)) this.negativeZeros++;
        // Counted as what it is, kept as plain zero: JSON has no other.
        kept[count++] = value + 0;
        if (value < minimum) minimum = value + 0;
        if (value > maximum) maximum = value + 0;
      }
    }
    Object.assign(this, { count, previous, minimum, maximum, rises, falls, repeats });
  }
}

export interface Moments {
  mean: number | null;
  standardDeviation: number | null;
  /** Why one of them is null. */
  reason: string | null;
}

/**
 * Mean and standard deviation (n − 1) of finite values. The sum carries its rounding errors along (Neumaier 1974), the
 * squares are taken about the mean in a second pass (Chan, Golub & LeVeque 1983): 1e16, 1, −1e16, 1 sum to 2 and
 * 1e9 + {4, 7, 13, 16} have variance 30.
 */
export function measureMoments(values: Float64Array): Moments {
  const count = values.length;
  if (count === 0) return { mean: null, standardDeviation: null, reason: 'no finite value' };
  let sum = 0;
  let carried = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index];
    const next = sum + value;
    carried += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  const mean = (sum + carried) / count;
  if (!Number.isFinite(mean)) return { mean: null, standardDeviation: null, reason: 'the sum is beyond the range of a double' };
  if (count === 1) return { mean, standardDeviation: null, reason: 'one value has no standard deviation' };
  let squares = 0;
  let drift = 0;
  for (let index = 0; index < count; index++) {
    const deviation = values[index] - mean;
    squares += deviation * deviation;
    drift += deviation;
  }
  const variance = Math.max(0, (squares - (drift * drift) / count) / (count - 1));
  if (!Number.isFinite(variance)) return { mean, standardDeviation: null, reason: 'the squares are beyond the range of a double' };
  return { mean, standardDeviation: Math.sqrt(variance), reason: null };
}
