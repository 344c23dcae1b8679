import { describe, expect, it } from 'vitest';
import { acceptFinding } from '../../extension/slipway-yaml/accept-finding.ts';
import type { Check, Finding } from '../../protocol/data-quality.ts';
import type { BatchReport } from '../../protocol/run.ts';

function batch(finding: { check: Check; next?: string; share?: number }, drift: { value: string; count: number }[] = [], total = drift.length): BatchReport {
  const whole: Finding = { id: 'f', severity: finding.check.severity, verdict: 'fail', message: '', measured: '', needed: '', failing: null, ...finding, ...(finding.share === undefined ? {} : { value: { value: finding.share, rows: 100 } }) };
  const column = { column: 'carrier', newCategories: drift, newCategoriesTotal: { categories: total, rows: 12 }, effect: { value: 0.312 } };
  return { profile: { name: 'current/2013-07' }, dataQuality: { findings: [whole] }, drift: { columns: [column] } } as unknown as BatchReport;
}

const nulls: Check = { kind: 'nulls', column: 'humid', maxShare: 0, severity: 'warn', suggested: true };
const nullsNext = 'To accept it, write under checks: - {column: "humid", maxNulls: 8%}';
const carriers: Check = { kind: 'allowed_values', column: 'carrier', values: ['AA', 'UA'], severity: 'warn', suggested: true };

describe('a suggested check is accepted by one of its own', () => {
  it('for the dataset of the batch, as seriously as before', () => {
    expect(acceptFinding('checks:\n  - {rows: {min: 1}}\n', batch({ check: nulls, next: nullsNext }), 'f')).toBe('checks:\n  - {rows: {min: 1}}\n  - {column: "humid", maxNulls: 8%, on: current, severity: warn}\n');
  });

  it('a check that blocks says so by itself', () => {
    expect(acceptFinding('', batch({ check: { ...nulls, severity: 'block' }, next: nullsNext }), 'f')).toBe('checks:\n  - {column: "humid", maxNulls: 8%, on: current}\n');
  });

  it('beside what turns suggestions off', () => {
    expect(acceptFinding('checks: {suggest: false, rules: []}\n', batch({ check: nulls, next: nullsNext }), 'f')).toBe('checks: {suggest: false, rules: [{column: "humid", maxNulls: 8%, on: current, severity: warn}]}\n');
  });

  it('new categories join the known ones', () => {
    expect(acceptFinding('', batch({ check: carriers }, [{ value: '9E: X', count: 12 }]), 'f')).toBe('checks:\n  - {column: carrier, values: [AA, UA, "9E: X"], on: current, severity: warn}\n');
  });

  it('and numbers stay numbers', () => {
    expect(acceptFinding('', batch({ check: { ...carriers, values: [1, 2] } }, [{ value: '3', count: 12 }]), 'f')).toContain('values: [1, 2, 3]');
  });

  it('new categories that are too many to be told are tolerated by their share', () => {
    expect(acceptFinding('', batch({ check: carriers, share: 0.0123 }, [{ value: '9E', count: 12 }], 40), 'f')).toBe('checks:\n  - {column: carrier, values: [AA, UA], tolerate: 1.3%, on: current, severity: warn}\n');
  });
});

describe('a written check is accepted where it stands', () => {
  it('by its own key', () => {
    const text = 'checks:\n  - {column: [humid, temp], maxNulls: 2%, severity: warn}  # sensors\n';
    expect(acceptFinding(text, batch({ check: { ...nulls, suggested: undefined, line: 2 }, next: nullsNext }), 'f')).toBe('checks:\n  - {column: [humid, temp], maxNulls: 8%, severity: warn}  # sensors\n');
  });

  it('by its list of values', () => {
    const text = 'checks:\n  - column: carrier\n    values: [AA, UA]\n';
    expect(acceptFinding(text, batch({ check: { ...carriers, suggested: undefined, line: 2 } }, [{ value: 'HA', count: 12 }]), 'f')).toBe('checks:\n  - column: carrier\n    values: [AA, UA, HA]\n');
  });

  it('but not where it stands no longer', () => {
    expect(acceptFinding('checks: []\n', batch({ check: { ...nulls, suggested: undefined, line: 2 }, next: nullsNext }), 'f')).toBeNull();
  });
});

it('a column that moved is given a floor of its own', () => {
  expect(acceptFinding('drift: {alpha: 0.01}\n', batch({ check: nulls }), 'drift:carrier')).toBe('drift: {alpha: 0.01, columns: {carrier: 0.32}}\n');
});

it('what is to be mended in the data has nothing to be written', () => {
  expect(acceptFinding('', batch({ check: { kind: 'unique', columns: ['id'], severity: 'block' }, next: 'Remove the repeated rows' }), 'f')).toBeNull();
  expect(acceptFinding('', batch({ check: nulls, next: nullsNext }), 'other')).toBeNull();
});
