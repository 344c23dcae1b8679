import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUnitWeights } from '../../server/stats/unit-weights.ts';

describe('unit weights', () => {
  it('sums of every grouping are those of going through its entries, under one set of weights after another', () => {
    const grouping = fc.record({ seed: fc.array(fc.nat(1000), { minLength: 30, maxLength: 30 }), count: fc.integer({ min: 1, max: 6 }), share: fc.integer({ min: 0, max: 30 }) });
    fc.assert(
      fc.property(fc.array(grouping, { maxLength: 6 }), fc.array(fc.array(fc.nat(9), { minLength: 30, maxLength: 30 }), { minLength: 1, maxLength: 4 }), (groupings, draws) => {
        const shared = createUnitWeights(30);
        const asked = groupings.map(({ seed, count, share }) => {
          const units = Uint32Array.from(seed.keys()).filter((unit) => seed[unit] % 31 < share).reverse();
          const groups = Int32Array.from(units, (unit) => seed[unit] % count);
          return { units, groups, count, sums: shared.sums(groups, units, count) };
        });
        const expectSums = (weights: Float64Array): void => {
          for (const { units, groups, count, sums } of asked) {
            const expected = new Float64Array(count);
            units.forEach((unit, index) => (expected[groups[index]] += weights[unit]));
            expect(sums).toEqual(expected);
          }
        };
        expectSums(new Float64Array(30).fill(1));
        for (const draw of draws) {
          shared.weigh(Float64Array.from(draw));
          expectSums(Float64Array.from(draw));
        }
      }),
    );
  });

  it('weights of units are in their order, and what is derived from them is computed once for each set of weights', () => {
    const shared = createUnitWeights(3);
    const [two, all] = [shared.of(Uint32Array.of(2, 0)), shared.of(Uint32Array.of(0, 1, 2))];
    let computed = 0;
    const total = shared.derive(() => {
      computed++;
      return two()[0] + two()[1];
    });
    expect([[...two()], [...all()], total(), total(), computed]).toEqual([[1, 1], [1, 1, 1], 2, 2, 1]);
    shared.weigh(Float64Array.of(5, 6, 7));
    expect([[...two()], [...all()], total(), total(), computed]).toEqual([[7, 5], [5, 6, 7], 12, 12, 2]);
  });

  it('refuses weights of other units, and a unit that is twice in one grouping', () => {
    expect(() => createUnitWeights(2).weigh(new Float64Array(3))).toThrow(RangeError);
    const shared = createUnitWeights(2);
    shared.sums(Int32Array.of(0, 1), Uint32Array.of(1, 1), 2);
    expect(() => shared.weigh(new Float64Array(2))).toThrow('unit 1 is twice in one grouping');
  });
});
