export interface AndersonDarling {
  /** Standardised statistic, about 0 when nothing differs; null where undefined. */
  statistic: number | null;
  reason?: string;
  /** In [0.001, 0.25]: the tabulated range; see `bounded`. */
  pValue: number | null;
  /** Which end of the table the p-value was cut off at: it is then an upper (`floor`) or lower (`ceiling`) bound of the true one. */
  bounded: 'floor' | 'ceiling' | null;
}

/** Scholz & Stephens (1987), table 2: critical values at these levels, as b₀ + b₁/√(k − 1) + b₂/(k − 1). */
const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const B0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085];
const B1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615];
const B2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];

/**
 * k-sample Anderson–Darling test, mid-rank version for ties (Scholz & Stephens 1987, equation 7).
 *
 * @param samples at least two, each ascending, no NaN; ±∞ are ordinary end values
 * Undefined when a sample is empty, fewer than four values in all, or all values are equal. p is read off a quadratic through
 * ln(level) at the tabulated critical values. Agrees with scipy `anderson_ksamp` (mid-rank).
 */
export function andersonDarling(samples: readonly Float64Array[]): AndersonDarling {
  if (samples.length < 2) throw new RangeError(`the test needs at least 2 samples, got ${samples.length}`);
  const pooled = new Float64Array(samples.reduce((total, sample) => total + sample.length, 0));
  samples.reduce((offset, sample) => (pooled.set(sample, offset), offset + sample.length), 0);
  pooled.sort();
  const all = pooled.length;
  if (samples.some((sample) => sample.length === 0)) return undefinedTest('a sample has no values');
  if (all < 4) return undefinedTest('fewer than four values in all');
  if (pooled[0] === pooled[all - 1]) return undefinedTest('all values are equal');
  const raw = midrankStatistic(samples, pooled);
  const statistic = (raw - (samples.length - 1)) / Math.sqrt(varianceOf(samples, all));
  return { statistic, ...tabulatedP(statistic, samples.length - 1) };
}

function midrankStatistic(samples: readonly Float64Array[], pooled: Float64Array): number {
  const all = pooled.length;
  const before = samples.map(() => 0);
  const sums = samples.map(() => 0);
  let start = 0;
  while (start < all) {
    let end = start + 1;
    while (end < all && pooled[end] === pooled[start]) end++;
    const ties = end - start;
    const middle = start + ties / 2;
    const denominator = middle * (all - middle) - (all * ties) / 4;
    samples.forEach((sample, index) => {
      const first = before[index];
      while (before[index] < sample.length && sample[before[index]] === pooled[start]) before[index]++;
      const own = (first + before[index]) / 2;
      if (denominator > 0) sums[index] += ((ties / all) * (all * own - middle * sample.length) ** 2) / denominator;
    });
    start = end;
  }
  return samples.reduce((total, sample, index) => total + sums[index] / sample.length, 0) * ((all - 1) / all);
}

/** Variance of the statistic under the hypothesis, equation 4. */
function varianceOf(samples: readonly Float64Array[], all: number): number {
  const k = samples.length;
  const H = samples.reduce((total, sample) => total + 1 / sample.length, 0);
  let h = 1;
  let g = 0;
  let harmonic = 0;
  for (let i = all - 1; i >= 2; i--) {
    harmonic += 1 / i;
    g += harmonic / (all - i + 1);
  }
  h += harmonic;
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * H;
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * H + 4 * h;
  const d = (2 * h + 6) * k * k - 4 * h * k;
  return (a * all ** 3 + b * all ** 2 + c * all + d) / ((all - 1) * (all - 2) * (all - 3));
}

function tabulatedP(statistic: number, m: number): Pick<AndersonDarling, 'pValue' | 'bounded'> {
  const critical = LEVELS.map((_, level) => B0[level] + B1[level] / Math.sqrt(m) + B2[level] / m);
  if (statistic < Math.min(...critical)) return { pValue: LEVELS[0], bounded: 'ceiling' };
  if (statistic > Math.max(...critical)) return { pValue: LEVELS[LEVELS.length - 1], bounded: 'floor' };
  const [c0, c1, c2] = fitQuadratic(critical, LEVELS.map(Math.log));
  return { pValue: Math.exp(c0 + c1 * statistic + c2 * statistic * statistic), bounded: null };
}

/** Least-squares c₀ + c₁x + c₂x², by polynomials orthogonal on the points. */
function fitQuadratic(x: number[], y: number[]): [number, number, number] {
  const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length;
  const dot = (a: number[], b: number[]) => a.reduce((total, value, index) => total + value * b[index], 0);
  const centre = mean(x);
  const linear = x.map((value) => value - centre);
  const squares = linear.map((value) => value * value);
  const tilt = dot(squares, linear) / dot(linear, linear);
  const level = mean(squares);
  const quadratic = squares.map((value, index) => value - level - tilt * linear[index]);
  const slope = dot(y, linear) / dot(linear, linear);
  const curve = dot(y, quadratic) / dot(quadratic, quadratic);
  const c1 = slope - curve * (2 * centre + tilt);
  return [mean(y) - slope * centre + curve * (centre * centre - level + tilt * centre), c1, curve];
}

function undefinedTest(reason: string): AndersonDarling {
  return { statistic: null, reason, pValue: null, bounded: null };
}
