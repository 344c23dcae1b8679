import { describe, expect, it } from 'vitest';
import type { ColumnDrift, DriftReport, DriftVerdict } from '../../protocol/drift.ts';
import { detectDrift } from '../../server/drift/detect-drift.ts';
import { orderColumns, summariseDrift } from '../../server/drift/summarise-drift.ts';
import { column, input, normals } from './tables.ts';

/** A report of columns that drifted by the given numbers of standard deviations, in few rows where told. */
async function report(shifts: number[], rows = 1500): Promise<DriftReport> {
  const names = shifts.map((_, index) => `c${index}`);
  return detectDrift(
    input(names.map((name) => column(name, normals(`${name} before`, rows))), names.map((name, index) => column(name, normals(`${name} after`, rows, shifts[index])))),
    {},
    { multivariate: null },
  );
}

describe('the sentence', () => {
  it.each<[number[], number, string]>([
    [[1, 0, 0], 1500, '1 of 3 columns has moved: c0.'],
    [[1, 2, 0], 1500, '2 of 3 columns have moved: c1 and c0.'],
    [[1, 2, 3, 4, 5, 6], 1500, '6 of 6 columns have moved: c5, c4, c3, c2 and 2 more.'],
    [[0, 0], 1500, 'None of 2 columns has moved.'],
    [[0, 0], 20, 'There are too few rows to tell whether any of the 2 columns has moved.'],
    [[9, 0], 20, '1 of 2 columns has moved: c0; 1 has too few rows to tell.'],
    [[], 10, 'No column could be compared.'],
  ])('for shifts of %j in %i rows', async (shifts, rows, sentence) => {
    expect(summariseDrift(await report(shifts, rows))).toBe(sentence);
  });
});

describe('the order of columns', () => {
  it('puts trouble on top, outputs before features, large effects before small ones', async () => {
    const [first] = (await report([0])).columns;
    const drifted = (name: string, verdict: DriftVerdict, role: ColumnDrift['role'], value: number): ColumnDrift => ({ ...first, column: name, verdict, role, effect: { ...first.effect, value } });
    const columns = [drifted('still', 'still', 'feature', 0.9), drifted('small', 'moved', 'feature', 0.2), drifted('open', 'inconclusive', 'label', 0.3), drifted('large', 'moved', 'feature', 0.4), drifted('label', 'moved', 'label', 0.1)];
    expect(orderColumns(columns).map(({ column: name }) => name)).toEqual(['label', 'large', 'small', 'open', 'still']);
  });
});
