/**
 * A seeded random number generator: xoshiro128** (Blackman & Vigna 2018), period 2¹²⁸ − 1, on 32-bit integer arithmetic.
 *
 * The same seed gives the same numbers on every machine and version; the test suite pins the first outputs.
 * Give every independent use its own `split('purpose')`, so that adding a draw in one place changes nothing elsewhere.
 * Not for secrets.
 */
export interface Random {
  /** What it was made from, for the record. */
  readonly seed: string;
  /** Uniform whole number in [0, 2³²). */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number;
  /** Uniform whole number in [0, n) for whole 1 ≤ n ≤ 2³², without modulo bias (Lemire 2019). */
  below(n: number): number;
  /** Adds 1 to `counts[below(counts.length)]`, `draws` times, drawing the same numbers as `below` in less time. */
  countDraws(counts: Float64Array, draws: number): void;
  /** Standard normal (polar method, Marsaglia & Bray 1964). */
  normal(): number;
  /** A generator for another purpose, decided by this one's seed and the label alone, not by what was drawn before. */
  split(label: string | number): Random;
}

/**
 * Makes a generator.
 *
 * @param seed any text or number; numbers count as their decimal text, so 1 and '1' are the same seed
 * The 128 bits of state are four rounds of MurmurHash3's finaliser over an FNV-1a hash of the text, which is never all zero.
 */
export function createRandom(seed: string | number): Random {
  const text = String(seed);
  const state = stateFromText(text);
  let [s0, s1, s2, s3] = state;
  let spare: number | null = null;

  const uint32 = (): number => {
    const scrambled = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return scrambled;
  };

  const uniform = (): number => {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };

  const below = (n: number): number => {
    if (!(Number.isInteger(n) && n >= 1 && n <= 4294967296)) throw new RangeError(`below(n) needs a whole n in [1, 2³²], got ${n}`);
    // The product must be exact in a double; past that, and without bias, take the remainder.
    if (n > 2097152) return belowByRemainder(n);
    for (;;) {
      const draw = uint32();
      const low = Math.imul(draw, n) >>> 0;
      // 2³² mod n of the low words would favour some results; only a low word under n can be one of them.
      if (low >= n || low >= 4294967296 % n) return Math.floor((draw * n) / 4294967296);
    }
  };

  const belowByRemainder = (n: number): number => {
    if (n === 4294967296) return uint32();
    const unfair = 4294967296 % n;
    for (;;) {
      const draw = uint32();
      // The last, incomplete run of n values would favour small results.
      if (draw < 4294967296 - unfair) return draw % n;
    }
  };

  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * scale;
        return x * scale;
      }
    }
  };

  /** `below` with the state in registers: a bootstrap draws some fifty million numbers. */
  const countDraws = (counts: Float64Array, draws: number): void => {
    const n = counts.length;
    if (n > 2097152 || n === 0) {
      for (let left = draws; left > 0; left--) counts[below(n)]++;
      return;
    }
    const unfair = 4294967296 % n;
    let [a, b, c, d] = [s0, s1, s2, s3];
    for (let left = draws; left > 0; ) {
      const draw = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = rotateLeft(d, 11);
      if (Math.imul(draw, n) >>> 0 < unfair) continue;
      counts[((draw * n) / 4294967296) | 0]++;
      left--;
    }
    [s0, s1, s2, s3] = [a, b, c, d];
  };

  return { seed: text, uint32, uniform, below, countDraws, normal, split: (label) => createRandom(`${text}/${label}`) };
}

/**
 * Puts the elements in random order, in place (Fisher–Yates; every order equally likely).
 *
 * @param items any length; 0 and 1 are left alone
 */
export function shuffle<T extends Float64Array | Int32Array | Uint32Array | Uint8Array | unknown[]>(items: T, random: Random): T {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const kept = items[last];
    items[last] = items[other];
    items[other] = kept;
  }
  return items;
}

/**
 * Draws `size` different row numbers out of n, every subset equally likely, in ascending order.
 *
 * @throws RangeError if size > n
 * Selection sampling (Knuth, TAOCP 2, algorithm S).
 */
export function sampleWithoutReplacement(n: number, size: number, random: Random): Int32Array {
  if (size > n) throw new RangeError(`cannot draw ${size} different rows out of ${n}`);
  const chosen = new Int32Array(size);
  let taken = 0;
  for (let row = 0; taken < size; row++) {
    if (random.uniform() * (n - row) < size - taken) chosen[taken++] = row;
  }
  return chosen;
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function stateFromText(text: string): [number, number, number, number] {
  let hash = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    second = Math.imul(rotateLeft(second ^ text.charCodeAt(i), 15), 0x85ebca6b) + i;
  }
  const word = (round: number): number => finalise((hash ^ Math.imul(round, 0x9e3779b9)) + finalise(second + round));
  const state: [number, number, number, number] = [word(1), word(2), word(3), word(4)];
  return state.some((part) => part !== 0) ? state : [1, 2, 3, 4];
}

function finalise(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
