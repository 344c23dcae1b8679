import { totalWeight } from './sample-weights.ts';

/** A non-decreasing function through (x, y) knots, straight in between and level beyond the ends. */
export interface IsotonicFit {
  /** Ascending, distinct. */
  x: Float64Array;
  /** Non-decreasing. */
  y: Float64Array;
}

/**
 * Least-squares fit of a non-decreasing function.
 *
 * @param x       finite, any order; rows of equal x are first averaged
 * @param y       finite, such as 0/1 labels
 * @param weights per row; rows of weight 0 are left out
 * @throws RangeError if the lengths differ, a value is not finite, or no row has weight
 * Pool adjacent violators (Ayer et al. 1955), linear time after sorting. Agrees with sklearn `IsotonicRegression(out_of_bounds="clip")`.
 */
export function fitIsotonic(x: Float64Array, y: Float64Array, weights?: Float64Array): IsotonicFit {
  if (x.length !== y.length) throw new RangeError(`${x.length} x for ${y.length} y`);
  if (totalWeight(x.length, weights) === 0) throw new RangeError('no rows to fit');
  for (let row = 0; row < x.length; row++) if (!Number.isFinite(x[row] + y[row])) throw new RangeError(`row ${row} is not finite`);

  const points = distinctPoints(x, y, weights);
  const blocks: { sum: number; weight: number; end: number }[] = [];
  points.forEach((point, index) => {
    let block = { sum: point.sum, weight: point.weight, end: index + 1 };
    for (let last = blocks.at(-1); last && last.sum / last.weight >= block.sum / block.weight; last = blocks.at(-1)) {
      blocks.pop();
      block = { sum: last.sum + block.sum, weight: last.weight + block.weight, end: block.end };
    }
    blocks.push(block);
  });

  // A block is level, so its first and last x say it all.
  const knots: [number, number][] = [];
  let start = 0;
  for (const { sum, weight, end } of blocks) {
    knots.push([points[start].x, sum / weight]);
    if (end - start > 1) knots.push([points[end - 1].x, sum / weight]);
    start = end;
  }
  return { x: Float64Array.from(knots, ([at]) => at), y: Float64Array.from(knots, ([, value]) => value) };
}

/** Value of the fit at each x; NaN stays NaN. */
export function applyIsotonic(fit: IsotonicFit, x: Float64Array): Float64Array {
  return x.map((value) => interpolate(fit, value));
}

function interpolate({ x, y }: IsotonicFit, at: number): number {
  if (Number.isNaN(at)) return NaN;
  if (at <= x[0]) return y[0];
  if (at >= x[x.length - 1]) return y[y.length - 1];
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle;
    else high = middle;
  }
  return y[low] + ((at - x[low]) / (x[high] - x[low])) * (y[high] - y[low]);
}

function distinctPoints(x: Float64Array, y: Float64Array, weights?: Float64Array): { x: number; sum: number; weight: number }[] {
  const points: { x: number; sum: number; weight: number }[] = [];
  for (const row of Uint32Array.from(x.keys()).sort((a, b) => x[a] - x[b])) {
    const weight = weights ? weights[row] : 1;
    if (weight === 0) continue;
    const last = points.at(-1);
    if (last && last.x === x[row]) {
      last.sum += weight * y[row];
      last.weight += weight;
    } else points.push({ x: x[row], sum: weight * y[row], weight });
  }
  return points;
}
