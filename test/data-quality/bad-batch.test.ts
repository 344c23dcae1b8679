import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check, CheckRule, Finding } from '../../protocol/data-quality.ts';
import type { DatasetProfile } from '../../protocol/datasets.ts';
import { judgeChecks } from '../../server/data-quality/judge-checks.ts';
import { planFailingRows, planMeasurements } from '../../server/data-quality/plan-measurements.ts';
import { suggestChecks } from '../../server/data-quality/suggest-checks.ts';
import { failingRows, measure } from '../../server/datasets/measure.ts';
import { type Dataset, openDataset } from '../../server/datasets/open-dataset.ts';
import { profileDataset } from '../../server/datasets/profile-dataset.ts';
import { readTable } from '../../server/datasets/read-columns.ts';
import { detectDrift } from '../../server/drift/detect-drift.ts';
import { type Analysis, openAnalysis } from '../../server/engines/duckdb.ts';
import type { Table } from '../../server/stats/vector.ts';

interface Fault {
  id: string;
  file: 'bad.parquet' | 'bad.csv';
  rows: number | null;
  expect: { kind: string; column: string | null }[];
}

const sample = join(import.meta.dirname, '../../samples/flight-delay');
const planted = JSON.parse(readFileSync(join(sample, 'bad-batch/faults.json'), 'utf8')) as { asOf: string; declared: CheckRule[]; faults: Fault[] };
const now = Date.parse(planted.asOf);

interface Batch {
  dataset: Dataset;
  profile: DatasetProfile;
  table: Table;
}

let analysis: Analysis;
let reference: Batch;
const others = new Map<string, Dataset>();
let checks: Check[];

async function open(name: string, path: string): Promise<Batch> {
  const dataset = await openDataset(analysis, { name, files: path, root: sample });
  const profile = await profileDataset(dataset, { digests: new Map(), now: () => 0 });
  const kinds = new Map(profile.columns.map(({ name: column, kind }) => [column, kind]));
  const table = await readTable(dataset, profile.columns.map(({ name: column }) => column), { kinds });
  return { dataset, profile, table };
}

async function judge({ dataset, profile, table }: Batch): Promise<Finding[]> {
  const plan = planMeasurements(checks, { profile, reference: reference.profile, now });
  return judgeChecks(checks, {
    profile,
    reference: reference.profile,
    measurements: await measure(dataset, plan.current, { otherDatasets: others }),
    referenceMeasurements: await measure(reference.dataset, plan.reference, { otherDatasets: others }),
    tables: { current: table, reference: reference.table },
    now,
  });
}

async function movedColumns({ profile, table }: Batch): Promise<string[]> {
  const named = (batch: DatasetProfile) => ({ name: batch.name, files: [], digest: batch.digest, rows: batch.rows });
  const report = await detectDrift(
    { reference: { dataset: named(reference.profile), table: reference.table }, current: { dataset: named(profile), table } },
    { target: 'late' },
    { multivariate: null },
  );
  return report.columns.filter(({ verdict }) => verdict === 'moved').map(({ column }) => column);
}

beforeAll(async () => {
  analysis = await openAnalysis({ directories: [sample], threads: 2 });
  reference = await open('reference', 'bad-batch/reference.parquet');
  others.set('reference', reference.dataset);
  others.set('airlines', await openDataset(analysis, { name: 'airlines', files: 'data/airlines.csv', root: sample }));
  const declared = planted.declared.map((rule): Check => ({ ...rule, severity: 'block' }));
  checks = [...declared, ...suggestChecks(reference.profile, { target: 'late', time: 'time', key: ['flight_id'], table: reference.table })];
}, 60_000);

afterAll(async () => {
  await analysis?.close();
});

describe.each(['bad.parquet', 'bad.csv'] as const)('%s', (file) => {
  let batch: Batch;
  let findings: Finding[];
  let moved: string[];

  beforeAll(async () => {
    batch = await open('current', `bad-batch/${file}`);
    findings = await judge(batch);
    moved = await movedColumns(batch);
  }, 60_000);

  it.each(planted.faults.filter((fault) => fault.file === file))('shows the planted fault $id', ({ expect: expected }) => {
    const failed = findings.filter(({ verdict }) => verdict === 'fail');
    const seen = expected.filter(({ kind, column }) =>
      kind === 'drift' ? moved.includes(column ?? '') : failed.some((finding) => finding.check.kind === kind && (column === null || finding.column === column)),
    );
    expect(seen, `none of ${JSON.stringify(expected)} among ${failed.map(({ id }) => id).join(', ')}`).not.toEqual([]);
  });

  it('has no check that crashed', () => {
    expect(findings.filter(({ verdict }) => verdict === 'error').map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
  });
});

describe('the clean batch', () => {
  it('passes every check but those that have nothing to judge, and nothing in it has moved', async () => {
    const clean = await open('current', 'bad-batch/clean.parquet');
    const findings = await judge(clean);
    expect(findings.filter(({ verdict }) => verdict !== 'pass').map(({ id, verdict, message }) => `${verdict} ${id}: ${message}`)).toEqual([]);
    expect(await movedColumns(clean)).toEqual([]);
  }, 60_000);
});

describe('the rows behind a finding', () => {
  it('are counted exactly and shown with file and row', async () => {
    const bad = await open('current', 'bad-batch/bad.parquet');
    const finding = (await judge(bad)).find(({ id }) => id === 'references:carrier')!;
    const measurement = planFailingRows(finding, { profile: bad.profile, reference: reference.profile, now })!;
    const shown = await failingRows(bad.dataset, measurement, 3, { otherDatasets: others });
    expect(shown.count).toBe(finding.failing?.rows);
    expect(shown.rows).toHaveLength(3);
    expect(shown.rows.map(({ values }) => values.carrier)).toEqual(['ZZ', 'ZZ', 'ZZ']);
  }, 60_000);

  it('of an unsorted column come with the value before them', async () => {
    const bad = await open('current', 'bad-batch/bad.parquet');
    const finding = (await judge(bad)).find(({ id }) => id === 'sorted:time')!;
    const measurement = planFailingRows(finding, { profile: bad.profile, reference: reference.profile, now })!;
    const { rows } = await failingRows(bad.dataset, measurement, 5);
    expect(rows).toHaveLength(5);
    for (const { values } of rows) expect(String(values.time) < String(values['previous time'])).toBe(true);
  }, 60_000);
});
