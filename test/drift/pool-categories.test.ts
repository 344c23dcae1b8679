import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolCategories, pooledBucket } from '../../server/drift/pool-categories.ts';

const counts = (entries: Record<string, number>): Map<string, number> => new Map(Object.entries(entries));

describe('pooling categories', () => {
  it('pools what is rare in the reference, however frequent it is now', () => {
    expect(poolCategories(counts({ a: 500, b: 490, c: 10 }), counts({ a: 100, b: 100, c: 800 }))).toEqual({
      buckets: ['a', 'b', pooledBucket],
      reference: Float64Array.of(500, 490, 10),
      current: Float64Array.of(100, 100, 800),
      pooled: 1,
    });
  });

  it('counts new categories in the pool and leaves no bucket out', () => {
    expect(poolCategories(counts({ a: 600, b: 400 }), counts({ a: 60, z: 40 }))).toEqual({
      buckets: ['a', 'b', pooledBucket],
      reference: Float64Array.of(600, 400, 0),
      current: Float64Array.of(60, 0, 40),
      pooled: 0,
    });
  });

  it('has no pool when every category is frequent', () => {
    expect(poolCategories(counts({ b: 50, a: 50 }), counts({ a: 20, b: 30 })).buckets).toEqual(['a', 'b']);
  });

  it('keeps every row of either side in exactly one bucket', () => {
    const side = fc.dictionary(fc.string({ maxLength: 3 }), fc.integer({ min: 1, max: 1000 }), { minKeys: 1, maxKeys: 30 });
    const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
    fc.assert(
      fc.property(side, side, (before, after) => {
        const [p, q] = [counts(before), counts(after)];
        const pooled = poolCategories(p, q);
        expect(sum(pooled.reference)).toBe(sum(p.values()));
        expect(sum(pooled.current)).toBe(sum(q.values()));
        expect(new Set(pooled.buckets).size).toBe(pooled.buckets.length);
      }),
    );
  });
});
