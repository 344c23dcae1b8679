const countedMax = 1 << 14;
const slotsOfTable = 1 << 16;
const registersBits = 14;

export interface DistinctValues {
  value: number;
  exact: boolean;
  /** Each value and its count, when there are at most 16,384. Negative zero counts as zero. */
  counts: Map<number, number> | null;
}

/**
 * Different values among finite ones. Exact up to 16,384, and for integers that fill their range; otherwise estimated by
 * HyperLogLog with 16,384 registers (Flajolet et al. 2007), standard error 0.8 %.
 */
export function countDistinct(values: Float64Array, integers: boolean, minimum: number, maximum: number): DistinctValues {
  const counts = countEach(values);
  if (counts) return { value: counts.size, exact: true, counts };
  const range = maximum - minimum + 1;
  const filled = integers && range <= Math.min(2 ** 31, values.length * 64) ? countInBitmap(values, minimum, range) : null;
  if (filled !== null) return { value: filled, exact: true, counts: null };
  return { value: estimateDistinct(values), exact: false, counts: null };
}

/** Doubles by their two halves, so that hashing copies nothing. */
function halvesOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** The upper half, with that of negative zero as that of zero. */
function upperHalf(low: number, high: number): number {
  return low === 0 && high === -0x80000000 ? 0 : high;
}

/** The table is small enough for the processor's cache, as most columns of measurements overflow it and pay for it in vain. */
function countEach(values: Float64Array): Map<number, number> | null {
  const halves = halvesOf(values);
  const keys = new Float64Array(slotsOfTable);
  const counts = new Float64Array(slotsOfTable);
  let used = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const low = halves[index * 2];
    let slot = mix(low, upperHalf(low, halves[index * 2 + 1])) & (slotsOfTable - 1);
    while (counts[slot] > 0 && keys[slot] !== value) slot = (slot + 1) & (slotsOfTable - 1);
    if (counts[slot]++ === 0) {
      if (++used > countedMax) return null;
      keys[slot] = value + 0;
    }
  }
  const found = new Map<number, number>();
  for (let slot = 0; slot < slotsOfTable; slot++) if (counts[slot] > 0) found.set(keys[slot], counts[slot]);
  return found;
}

/** Null when a value is no whole step from the minimum, as times within a millisecond are. */
function countInBitmap(values: Float64Array, minimum: number, range: number): number | null {
  const seen = new Uint32Array(Math.ceil(range / 32));
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    const position = values[index] - minimum;
    if (!Number.isInteger(position)) return null;
    const word = Math.floor(position / 32);
    const bit = 1 << (position % 32);
    if ((seen[word] & bit) === 0) {
      seen[word] |= bit;
      count++;
    }
  }
  return count;
}

function estimateDistinct(values: Float64Array): number {
  const size = 1 << registersBits;
  const registers = new Uint8Array(size);
  const halves = halvesOf(values);
  for (let index = 0; index < values.length; index++) {
    const low = halves[index * 2];
    const high = upperHalf(low, halves[index * 2 + 1]);
    const first = mix(low, high);
    const second = mix(high ^ 0x5bd1e995, Math.imul(low, 0x27d4eb2f) ^ first);
    const rank = Math.clz32(second) + 1;
    const register = first & (size - 1);
    if (rank > registers[register]) registers[register] = rank;
  }
  let sum = 0;
  let empty = 0;
  for (let register = 0; register < size; register++) {
    sum += 2 ** -registers[register];
    if (registers[register] === 0) empty++;
  }
  const estimate = ((0.7213 / (1 + 1.079 / size)) * size * size) / sum;
  return Math.round(estimate <= 2.5 * size && empty > 0 ? size * Math.log(size / empty) : estimate);
}

/** The finalizer of MurmurHash3 over both halves. */
function mix(low: number, high: number): number {
  let hash = Math.imul(low, 0xcc9e2d51) ^ Math.imul(high, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
