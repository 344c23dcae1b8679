import { describe, expect, it } from 'vitest';
import { findHarmedSlices, harmedSliceDefaults } from '../../server/comparison/find-harmed-slices.ts';
import { createRandom } from '../../server/stats/random.ts';
import type { Table } from '../../server/stats/vector.ts';

const places = ['north', 'south', 'west', 'east'];
const options = { ...harmedSliceDefaults, minLoss: 0.01 };

/** Rows of four places and a temperature, with what is gained on each. */
function made(rows: number, seed: number, gainOf: (place: string, temperature: number, random: () => number) => number): { table: Table; gains: Float64Array } {
  const random = createRandom(seed);
  const codes = Int32Array.from({ length: rows }, () => random.below(places.length));
  const values = Float64Array.from({ length: rows }, () => 60 + 20 * random.normal());
  return {
    table: {
      rows,
      columns: [
        { name: 'place', kind: 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', codes, dictionary: places } },
        { name: 'temp', kind: 'numeric', type: 'DOUBLE', vector: { kind: 'numeric', values } },
      ],
    },
    gains: Float64Array.from(codes, (code, row) => gainOf(places[code], values[row], () => random.uniform())),
  };
}

const oneOf = (better: number, worse: number, random: () => number): number => {
  const drawn = random();
  return drawn < better ? 1 : drawn < better + worse ? -1 : 0;
};

describe('slices that lose', () => {
  it('are found where the average gains, largest loss first, and no other is', () => {
    const { table, gains } = made(8_000, 1, (place, _, random) => (place === 'north' ? oneOf(0.02, 0.12, random) : oneOf(0.12, 0.04, random)));
    const report = findHarmedSlices(table, gains, 30_000, options);
    expect(report.found.map(({ slice }) => slice.name)).toEqual(['place = north']);
    const [{ gain, rows, adjustedP }] = report.found;
    const own = gains.filter((_, row) => table.columns[0].vector.kind === 'categorical' && table.columns[0].vector.codes[row] === 0);
    expect(rows).toBe(own.length);
    expect(gain.value).toBeCloseTo(own.reduce((sum, each) => sum + each, 0) / own.length, 12);
    expect(gain.interval?.high ?? NaN).toBeLessThan(0);
    expect(adjustedP).toBeLessThan(1e-6);
    expect(report).toMatchObject({ rows: 8_000, of: 30_000, tested: 8, tooSmall: 0 });
  });

  it('are not found nineteen times out of twenty where nothing is lost', () => {
    let found = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { table, gains } = made(2_000, seed, (_, __, random) => oneOf(0.08, 0.08, random));
      if (findHarmedSlices(table, gains, 2_000, { ...options, minLoss: 0 }).found.length > 0) found++;
    }
    // 200 × 5 % = 10; 17 is three standard errors above.
    expect(found).toBeLessThanOrEqual(19);
  });

  it('with a loss smaller than matters are left out', () => {
    const { table, gains } = made(40_000, 3, (place, _, random) => (place === 'north' ? oneOf(0.01, 0.02, random) : 0));
    expect(findHarmedSlices(table, gains, 40_000, { ...options, minLoss: 0.03 }).found).toEqual([]);
    expect(findHarmedSlices(table, gains, 40_000, { ...options, minLoss: 0.005 }).found).toHaveLength(1);
  });

  it('count only rows whose label is known, and say where those are too few', () => {
    const { table, gains } = made(8_000, 4, (place, _, random) => (random() < 0.5 ? NaN : place === 'north' ? -1 : 0));
    const report = findHarmedSlices(table, gains, 8_000, options);
    expect(report.found[0].gain.value).toBe(-1);
    expect(report.rows).toBeGreaterThan(3_500);
    expect(report.rows).toBeLessThan(4_500);
    const few = findHarmedSlices(table, gains.map((gain, row) => (row < 60 ? gain : NaN)), 8_000, options);
    expect(few).toMatchObject({ found: [], tested: 0 });
    expect(few.reason).toMatch(/labelled rows are not enough data, 100 are/);
  });

  it('need a gain for each row', () => {
    const { table } = made(10, 5, () => 0);
    expect(() => findHarmedSlices(table, new Float64Array(9), 10, options)).toThrow(RangeError);
  });
});
