import { describe, expect, it } from 'vitest';
import { categories, normal, simulate, sixCategories } from './drift-scenarios.ts';

// docs/simulation.md has the full tables; these are a tenth of the repeats, so limits leave three standard errors of room.
const seed = 7;

describe('the default drift rule', () => {
  it.each([
    { name: '6 categories', draw: categories(sixCategories), reference: 1000, current: 100 },
    { name: '6 categories', draw: categories(sixCategories), reference: 500, current: 2000 },
    { name: 'normal', draw: normal, reference: 1001, current: 30 },
    { name: 'normal', draw: normal, reference: 1001, current: 300 },
    { name: 'normal', draw: normal, reference: 1000, current: 1000 },
  ])('rarely alarms on $name when nothing has moved, $reference against $current rows', async (scenario) => {
    const { moved } = await simulate({ ...scenario, columns: 1, shift: 0, repeats: 200 }, seed);
    expect(moved / 200).toBeLessThanOrEqual(0.06);
  });

  it('finds a shift of 0.3 standard deviations in 1,000 rows nine times out of ten', async () => {
    const { moved } = await simulate({ name: 'power', draw: normal, reference: 1000, current: 1000, columns: 1, shift: 0.3, repeats: 200 }, seed);
    expect(moved / 200).toBeGreaterThanOrEqual(0.9);
  });

  it('finds a very large shift even in 30 rows', async () => {
    const { moved } = await simulate({ name: 'small', draw: normal, reference: 1001, current: 30, columns: 1, shift: 2, repeats: 50 }, seed);
    expect(moved).toBe(50);
  });

  it('says that it cannot tell when 30 rows show no large shift', async () => {
    const { inconclusive } = await simulate({ name: 'tell', draw: normal, reference: 1001, current: 30, columns: 1, shift: 0, repeats: 50 }, seed);
    expect(inconclusive).toBe(50);
  });
});
