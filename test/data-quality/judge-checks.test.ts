import { describe, expect, it } from 'vitest';
import type { CheckRule } from '../../protocol/data-quality.ts';
import type { DatasetProfile } from '../../protocol/datasets.ts';
import type { Verdict } from '../../protocol/measured.ts';
import { judgeChecks } from '../../server/data-quality/judge-checks.ts';
import { column, repeat } from '../drift/tables.ts';
import { categorical, check, datetime, judgeOne, now, numeric, profile } from './profiles.ts';

interface Case {
  title: string;
  rule: CheckRule;
  batch: DatasetProfile;
  reference?: DatasetProfile;
  rows?: number;
  referenceRows?: number;
  verdict: Verdict;
  says: string;
}

const x = profile([numeric('x')]);
const c = profile([categorical('c')]);

const cases: Case[] = [
  { title: 'row_count within its bounds', rule: { kind: 'row_count', min: 1000, max: 1000 }, batch: x, verdict: 'pass', says: '1,000 rows' },
  { title: 'row_count below', rule: { kind: 'row_count', min: 1001 }, batch: x, reference: x, verdict: 'fail', says: '1,000 rows, needs ≥ 1,001 (reference 1,000)' },
  { title: 'row_count above', rule: { kind: 'row_count', max: 999 }, batch: x, verdict: 'fail', says: '1,000 rows, needs ≤ 999' },
  { title: 'columns that are all there', rule: { kind: 'columns', required: ['x'] }, batch: x, verdict: 'pass', says: 'all 1 columns are there' },
  { title: 'columns with one missing', rule: { kind: 'columns', required: ['x', 'y'] }, batch: x, verdict: 'fail', says: 'missing: y' },
  { title: 'columns with one too many', rule: { kind: 'columns', required: ['x'], extra: 'report' }, batch: profile([numeric('x'), numeric('z')]), verdict: 'fail', says: 'not expected: z' },
  { title: 'columns with one too many that may be', rule: { kind: 'columns', required: ['x'] }, batch: profile([numeric('x'), numeric('z')]), verdict: 'pass', says: 'all' },
  { title: 'columns in another order', rule: { kind: 'columns', required: ['x', 'y'], ordered: true }, batch: profile([numeric('y'), numeric('x')]), verdict: 'fail', says: 'in another order, from x on' },
  { title: 'type of the same family', rule: { kind: 'type', column: 'x', type: 'FLOAT' }, batch: x, verdict: 'pass', says: 'x is DOUBLE' },
  { title: 'type of another family', rule: { kind: 'type', column: 'x', type: 'BIGINT' }, batch: x, reference: profile([numeric('x', { type: 'BIGINT' })]), verdict: 'fail', says: 'x is DOUBLE, BIGINT in the reference' },
  { title: 'type that became text', rule: { kind: 'type', column: 'c', type: 'INTEGER' }, batch: c, rows: 12, verdict: 'fail', says: '12 of 1,000 values do not read as one' },
  { title: 'type of nothing but nulls', rule: { kind: 'type', column: 'c', type: 'INTEGER' }, batch: profile([categorical('c', { nulls: 1000 })]), rows: 0, verdict: 'inconclusive', says: 'only nulls' },
  { title: 'nulls at the limit', rule: { kind: 'nulls', column: 'x', maxShare: 0.079 }, batch: profile([numeric('x', { nulls: 79 })]), verdict: 'pass', says: '7.9 % with x null or NaN' },
  { title: 'nulls above the limit', rule: { kind: 'nulls', column: 'x', maxShare: 0.02 }, batch: profile([numeric('x', { nulls: 70, nans: 9 })]), reference: profile([numeric('x', { nulls: 4 })]), verdict: 'fail', says: '7.9 % with x null or NaN, allowed 2.0 % (reference 0.4 %)' },
  { title: 'nulls that count empty text alone', rule: { kind: 'nulls', column: 'c', maxShare: 0, counts: ['empty'] }, batch: profile([categorical('c', { nulls: 100, emptyStrings: 1 })]), verdict: 'fail', says: '1 row with c empty text, none allowed' },
  { title: 'not_finite with NaN and infinities', rule: { kind: 'not_finite', column: 'x', maxShare: 0 }, batch: profile([numeric('x', { nans: 1, infinities: { positive: 1, negative: 1 } })]), verdict: 'fail', says: '3 rows with x NaN or infinite' },
  { title: 'not_finite of text', rule: { kind: 'not_finite', column: 'c', maxShare: 0 }, batch: c, verdict: 'inconclusive', says: 'c is VARCHAR, not a number' },
  { title: 'empty_strings', rule: { kind: 'empty_strings', column: 'c', maxShare: 0 }, batch: profile([categorical('c', { emptyStrings: 5 })]), verdict: 'fail', says: '5 rows' },
  { title: 'unique of a column that is', rule: { kind: 'unique', columns: ['x'] }, batch: profile([numeric('x', { nulls: 10, distinct: { value: 990, exact: true } })]), verdict: 'pass', says: 'no rows' },
  { title: 'unique of a column that is not', rule: { kind: 'unique', columns: ['x'] }, batch: x, verdict: 'fail', says: '900 rows with x as in an earlier row' },
  { title: 'unique of several columns', rule: { kind: 'unique', columns: ['x', 'y'] }, batch: profile([numeric('x'), numeric('y')]), rows: 2, verdict: 'fail', says: '2 rows with x, y as in an earlier row' },
  { title: 'duplicate_rows within the limit', rule: { kind: 'duplicate_rows', maxShare: 0.01 }, batch: x, rows: 10, verdict: 'pass', says: '1.0 %' },
  { title: 'duplicate_rows above', rule: { kind: 'duplicate_rows', maxShare: 0 }, batch: x, rows: 10, verdict: 'fail', says: '10 rows equal to an earlier row in every column' },
  { title: 'range that the profile shows to hold', rule: { kind: 'range', column: 'x', min: 0, max: 99 }, batch: x, verdict: 'pass', says: 'no rows with x outside 0 … 99' },
  { title: 'range broken', rule: { kind: 'range', column: 'x', min: 1, maxShare: 0.001 }, batch: x, rows: 10, verdict: 'fail', says: '1.0 % with x below 1' },
  { title: 'range with infinities inside an unbounded profile', rule: { kind: 'range', column: 'x', max: 100 }, batch: profile([numeric('x', { infinities: { positive: 2, negative: 0 } })]), rows: 2, verdict: 'fail', says: '2 rows with x above 100' },
  { title: 'range of numbers on text', rule: { kind: 'range', column: 'c', max: 5 }, batch: c, verdict: 'inconclusive', says: 'c is VARCHAR' },
  { title: 'allowed_values', rule: { kind: 'allowed_values', column: 'c', values: ['a'] }, batch: c, rows: 500, verdict: 'fail', says: 'not one of the 1 allowed values' },
  { title: 'pattern', rule: { kind: 'pattern', column: 'c', pattern: '[a-z]' }, batch: c, rows: 0, verdict: 'pass', says: 'no rows with c not matching [a-z]' },
  { title: 'length that the profile shows to hold', rule: { kind: 'length', column: 'c', min: 1, max: 1 }, batch: c, verdict: 'pass', says: 'no rows' },
  { title: 'length broken', rule: { kind: 'length', column: 'c', min: 2 }, batch: c, rows: 1000, verdict: 'fail', says: 'not at least 2 characters long' },
  { title: 'format', rule: { kind: 'format', column: 'c', format: 'integer' }, batch: c, rows: 3, verdict: 'fail', says: '3 rows with c not readable as an integer' },
  { title: 'freshness of a fresh batch', rule: { kind: 'freshness', column: 't', maxAgeHours: 48 }, batch: profile([datetime('t', '2026-01-30T12:00:00Z')]), rows: 0, verdict: 'pass', says: 'newest row 24 h 0 min old' },
  { title: 'freshness at the limit', rule: { kind: 'freshness', column: 't', maxAgeHours: 24 }, batch: profile([datetime('t', '2026-01-30T12:00:00Z')]), rows: 0, verdict: 'pass', says: 'newest row' },
  { title: 'freshness of an old one', rule: { kind: 'freshness', column: 't', maxAgeHours: 48 }, batch: profile([datetime('t', '2026-01-19T12:00:00Z')]), rows: 0, verdict: 'fail', says: 'newest row 12 days old' },
  { title: 'freshness of the future', rule: { kind: 'freshness', column: 't', maxAgeHours: 48 }, batch: profile([datetime('t', '2031-01-01T00:00:00Z')]), rows: 30, verdict: 'fail', says: '30 rows lie in the future' },
  { title: 'freshness without a time', rule: { kind: 'freshness', column: 't', maxAgeHours: 48 }, batch: profile([datetime('t', null, { nulls: 1000 })]), rows: 0, verdict: 'inconclusive', says: 'no times' },
  { title: 'freshness of a number', rule: { kind: 'freshness', column: 'x', maxAgeHours: 48 }, batch: x, rows: 0, verdict: 'error', says: 'not a time' },
  { title: 'late_rows', rule: { kind: 'late_rows', column: 't', notBefore: '2026-01-15' }, batch: profile([datetime('t', '2026-01-30T00:00:00Z')]), rows: 4, verdict: 'fail', says: '4 rows with t before 2026-01-15' },
  { title: 'outliers as often as in the reference', rule: { kind: 'outliers', column: 'x', method: 'iqr' }, batch: x, reference: x, rows: 12, referenceRows: 10, verdict: 'pass', says: 'reference 1.0 %' },
  { title: 'outliers far more often', rule: { kind: 'outliers', column: 'x', method: 'robust_z', maxRatio: 2 }, batch: x, reference: x, rows: 100, referenceRows: 10, verdict: 'fail', says: '100 rows (10.0 %) beyond' },
  { title: 'outliers, one where the reference has none', rule: { kind: 'outliers', column: 'x', method: 'iqr' }, batch: x, reference: x, rows: 1, referenceRows: 0, verdict: 'pass', says: '1 row' },
  { title: 'outliers above a hard share', rule: { kind: 'outliers', column: 'x', method: 'iqr', maxShare: 0.01 }, batch: x, rows: 11, verdict: 'fail', says: 'allowed 1.0 %' },
  { title: 'outliers without a reference or a share', rule: { kind: 'outliers', column: 'x', method: 'iqr' }, batch: x, rows: 11, verdict: 'inconclusive', says: 'no reference' },
  { title: 'outliers without a spread', rule: { kind: 'outliers', column: 'x', method: 'iqr' }, batch: x, reference: profile([numeric('x', { quantiles: [0, 0, 0, 0, 0, 0, 0, 1, 2] })]), rows: 11, verdict: 'inconclusive', says: 'no spread' },
  { title: 'sorted that the profile shows to hold', rule: { kind: 'sorted', column: 'x', direction: 'increasing' }, batch: profile([numeric('x', { monotone: 'increasing' })]), verdict: 'pass', says: 'no rows' },
  { title: 'sorted that does not hold', rule: { kind: 'sorted', column: 'x', direction: 'decreasing' }, batch: x, rows: 400, verdict: 'fail', says: '400 rows with x out of decreasing order' },
  { title: 'constant, which still varies', rule: { kind: 'constant', column: 'x' }, batch: x, verdict: 'pass', says: '100 different values' },
  { title: 'constant, which has stopped', rule: { kind: 'constant', column: 'c' }, batch: profile([categorical('c', { distinct: { value: 1, exact: true }, topValues: [{ value: 'a', count: 1000 }] })]), verdict: 'fail', says: 'every row is "a"' },
  { title: 'constant, with one value in all', rule: { kind: 'constant', column: 'c' }, batch: profile([categorical('c', { nulls: 999, distinct: { value: 1, exact: true } })]), verdict: 'inconclusive', says: 'too few values' },
  { title: 'expression', rule: { kind: 'expression', name: 'order', expression: 'x < y' }, batch: x, rows: 7, verdict: 'fail', says: '7 rows breaking "order" (x < y)' },
  { title: 'references', rule: { kind: 'references', column: 'c', dataset: 'airlines', inColumn: 'carrier' }, batch: c, rows: 25, verdict: 'fail', says: '25 rows with c not in airlines.carrier' },
  { title: 'overlap', rule: { kind: 'overlap', dataset: 'holdout', columns: ['x'] }, batch: x, rows: 100, verdict: 'fail', says: '100 rows that are also in holdout by x' },
  { title: 'label_distribution as before', rule: { kind: 'label_distribution', target: 'c' }, batch: c, reference: c, verdict: 'pass', says: 'total variation 0' },
  { title: 'label_distribution changed', rule: { kind: 'label_distribution', target: 'c' }, batch: profile([categorical('c', { topValues: [{ value: 'a', count: 750 }, { value: 'b', count: 250 }] })]), reference: c, verdict: 'fail', says: '50.0 % → 75.0 %' },
  { title: 'label_distribution changed in too few rows to mean it', rule: { kind: 'label_distribution', target: 'c' }, batch: profile([categorical('c', { rows: 8, topValues: [{ value: 'a', count: 6 }, { value: 'b', count: 2 }] })]), reference: c, verdict: 'pass', says: 'which chance explains' },
  { title: 'renamed, nothing lost', rule: { kind: 'renamed' }, batch: x, reference: x, verdict: 'pass', says: 'no column looks renamed' },
  { title: 'renamed, lost and found', rule: { kind: 'renamed' }, batch: profile([numeric('speed_kmh')]), reference: x, verdict: 'fail', says: 'x is now called speed_kmh (content 100 % alike)' },
  { title: 'renamed, without a reference', rule: { kind: 'renamed' }, batch: x, verdict: 'inconclusive', says: 'no reference' },
];

describe('a check', () => {
  it.each(cases)('$title: $verdict', ({ rule, batch, reference, rows, referenceRows, verdict, says }) => {
    const finding = judgeOne(rule, { profile: batch, reference }, rows, referenceRows);
    expect(finding.message).toContain(says);
    expect(finding.verdict).toBe(verdict);
    if (verdict === 'fail') expect(finding.next).toBeTruthy();
  });

  it('on label leakage names the column that gives the label away', () => {
    const label = repeat([0, 300], [1, 100]);
    const table = { rows: 400, columns: [column('late', label), column('delay', label.map((value, row) => value * 20 + (row % 10))), column('noise', label.map((_, row) => (row * 37) % 101))] };
    const batch = profile([numeric('late', { rows: 400 }), numeric('delay', { rows: 400 })]);
    expect(judgeOne({ kind: 'label_leakage', target: 'late' }, { profile: batch, tables: { current: table } })).toMatchObject({ verdict: 'fail', column: 'delay', measured: 'delay 1' });
    expect(judgeOne({ kind: 'label_leakage', target: 'late' }, { profile: batch })).toMatchObject({ verdict: 'error', message: expect.stringContaining('were not read') as string });
  });
});

describe('evidence that is missing', () => {
  it('makes an error of the check that needs it and of no other', () => {
    const findings = judgeChecks([check({ kind: 'pattern', column: 'c', pattern: '.' }), check({ kind: 'nulls', column: 'c', maxShare: 0 })], { profile: c, measurements: new Map(), now });
    expect(findings.map(({ id, verdict }) => [id, verdict])).toEqual([['pattern:c', 'error'], ['nulls:c', 'pass']]);
  });

  it('is told in the words of whoever failed', () => {
    expect(judgeOne({ kind: 'expression', expression: 'x >' }, { profile: x }, { error: 'syntax error' })).toMatchObject({ verdict: 'error', message: 'the check could not be judged: syntax error' });
  });

  it('of the rate in the reference is an error, too', () => {
    expect(judgeOne({ kind: 'outliers', column: 'x', method: 'iqr' }, { profile: x, reference: x }, 3).verdict).toBe('error');
  });
});

describe('a column that is not there', () => {
  const rule: CheckRule = { kind: 'nulls', column: 'gone', maxShare: 0 };

  it('is the finding of the columns check alone', () => {
    const findings = judgeChecks([check(rule), check({ kind: 'columns', required: ['gone'] })], { profile: x, measurements: new Map(), now });
    expect(findings.map(({ check: { kind }, verdict }) => [kind, verdict])).toEqual([['columns', 'fail'], ['nulls', 'inconclusive']]);
  });

  it('fails a check when only the reference has it', () => {
    expect(judgeOne(rule, { profile: x, reference: profile([numeric('gone')]) }).verdict).toBe('fail');
  });

  it('that nobody has is an error in the check', () => {
    expect(judgeOne(rule, { profile: x, reference: x }).verdict).toBe('error');
  });
});

describe('a batch without rows', () => {
  it('fails its row count and leaves the rest inconclusive', () => {
    const empty = profile([numeric('x', { rows: 0, distinct: { value: 0, exact: true }, minimum: null, maximum: null, quantiles: null })]);
    const rules: CheckRule[] = [{ kind: 'row_count' }, { kind: 'nulls', column: 'x', maxShare: 0 }, { kind: 'unique', columns: ['x'] }, { kind: 'range', column: 'x', min: 0 }, { kind: 'duplicate_rows', maxShare: 0 }, { kind: 'renamed' }];
    const findings = judgeChecks(rules.map((rule) => check(rule)), { profile: empty, measurements: new Map(), now });
    expect(findings.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)).toEqual(['row_count']);
    expect(findings.filter(({ verdict }) => verdict === 'inconclusive')).toHaveLength(rules.length - 1);
  });
});

describe('findings', () => {
  it('come with trouble on top', () => {
    const batch = profile([numeric('x', { nulls: 100 }), numeric('y', { nulls: 500 })]);
    const findings = judgeChecks(
      [
        check({ kind: 'row_count', min: 1 }),
        check({ kind: 'nulls', column: 'x', maxShare: 0 }, { severity: 'info' }),
        check({ kind: 'nulls', column: 'x', maxShare: 0.05 }),
        check({ kind: 'nulls', column: 'y', maxShare: 0.05 }),
        check({ kind: 'pattern', column: 'x', pattern: '.' }),
      ],
      { profile: batch, measurements: new Map(), now },
    );
    expect(findings.map(({ id }) => id)).toEqual(['nulls:y', 'nulls:x#2', 'pattern:x', 'nulls:x', 'row_count']);
  });

  it('carry counts, shares with intervals, and what to write to accept them', () => {
    const finding = judgeOne({ kind: 'nulls', column: 'humid', maxShare: 0.02 }, { profile: profile([numeric('humid', { nulls: 79 })]) });
    expect(finding).toMatchObject({ failing: { rows: 79, of: 1000 }, value: { value: 0.079, rows: 1000, interval: { method: 'wilson' } }, measured: '7.9 % (79 rows)', needed: '≤ 2.0 %' });
    expect(finding.next).toBe('To accept it, write under checks: - {column: "humid", maxNulls: 7.9%}');
  });

  it('lower their severity when columns are only out of order', () => {
    expect(judgeOne({ kind: 'columns', required: ['x', 'y'], ordered: true }, { profile: profile([numeric('y'), numeric('x')]) }).severity).toBe('warn');
    expect(judgeOne({ kind: 'columns', required: ['x', 'y'], ordered: true }, { profile: profile([numeric('y')]) }).severity).toBe('block');
  });
});
