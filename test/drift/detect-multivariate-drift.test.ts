import { describe, expect, it } from 'vitest';
import type { MultivariateDrift } from '../../protocol/drift.ts';
import { detectDrift } from '../../server/drift/detect-drift.ts';
import { summariseDrift } from '../../server/drift/summarise-drift.ts';
import type { Column } from '../../server/stats/vector.ts';
import { column, input, normals, repeat } from './tables.ts';

async function together(reference: Column[], current: Column[], rowsMax?: number): Promise<MultivariateDrift> {
  const { multivariate } = await detectDrift(input(reference, current), {}, { multivariate: { rowsMax }, seed: 5 });
  return multivariate!;
}

/** Two standard normal columns with correlation `along`. */
function dependent(label: string, rows: number, along: number): Column[] {
  const first = normals(`${label} 1`, rows);
  const second = normals(`${label} 2`, rows).map((value, row) => along * first[row] + Math.sqrt(1 - along * along) * value);
  return [column('x', first), column('y', second)];
}

describe('all columns together', () => {
  it('are still when nothing has moved', async () => {
    const result = await together(dependent('a', 1500, 0.5), dependent('b', 1500, 0.5));
    expect(result.verdict).toBe('still');
    expect(result.auc.value).toBeLessThan(0.56);
  });

  it('have moved when two columns depend on each other in another way, though neither has moved alone', async () => {
    const report = await detectDrift(input(dependent('a', 1500, 0.8), dependent('b', 1500, -0.8)), {}, {});
    expect(report.moved).toBe(0);
    expect(report.multivariate?.verdict).toBe('moved');
    expect(summariseDrift(report)).toBe('None of 2 columns has moved; but all columns together look different.');
  });

  it('name the column that carries the difference first', async () => {
    const result = await together(
      [column('a', normals('a1', 900)), column('b', normals('b1', 900)), column('c', repeat(['x', 450], ['y', 450]))],
      [column('a', normals('a2', 900)), column('b', normals('b2', 900, 2)), column('c', repeat(['x', 450], ['y', 450]))],
    );
    expect(result).toMatchObject({ verdict: 'moved', columns: [{ column: 'b' }, expect.anything(), expect.anything()] });
    expect(result.columns.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    expect(result.message).toMatch(/mostly by b/);
  });

  it('see that values have gone missing', async () => {
    const before = normals('a', 900);
    const result = await together([column('a', before), column('b', before)], [column('a', before.map((value, row) => (row % 2 === 0 ? null : value))), column('b', before)]);
    expect(result).toMatchObject({ verdict: 'moved', columns: [{ column: 'a' }, { column: 'b' }] });
  });

  it('say how many rows of how many the classifier saw, and the seed that chose them', async () => {
    const { sample } = await together(dependent('a', 700, 0), dependent('b', 300, 0), 500);
    expect(sample).toEqual({ reference: 500, of: 700, current: 300, ofCurrent: 300, seed: 5 });
  });

  it('are inconclusive when there are too few rows', async () => {
    expect((await together(dependent('a', 20, 0), dependent('b', 20, 0))).verdict).toBe('inconclusive');
    expect(await together(dependent('a', 20, 0), dependent('b', 2, 0))).toMatchObject({ verdict: 'inconclusive', auc: { value: null } });
  });

  it('survive columns that are constant, missing or of another type on one side', async () => {
    const result = await together(
      [column('constant', repeat([1, 300])), column('missing', repeat([null, 300]), 'numeric'), column('typed', normals('t', 300)), column('x', normals('x', 300))],
      [column('constant', repeat([1, 300])), column('missing', repeat([null, 300]), 'numeric'), column('typed', repeat(['a', 300])), column('x', normals('y', 300))],
    );
    expect(result.verdict).toBe('still');
  });
});
