import type { Check, CheckRule } from '../../../protocol/data-quality.ts';
import { judgeChecks } from '../../../server/data-quality/judge-checks.ts';
import { planMeasurements } from '../../../server/data-quality/plan-measurements.ts';
import { measure } from '../../../server/datasets/measure.ts';
import { openDataset } from '../../../server/datasets/open-dataset.ts';
import { profileDataset } from '../../../server/datasets/profile-dataset.ts';
import { openAnalysis } from '../../../server/engines/duckdb.ts';
import { readInput, reportWork } from '../report-work.ts';

const input = readInput<{ folder: string; file: string; threads: number }>();

const columns = ['flight_id', 'time', 'carrier', 'origin', 'dest', 'day_of_week', 'hour', 'minute', 'distance', 'temp', 'humid', 'wind_speed', 'wind_gust', 'precip', 'pressure', 'visib', 'late'];
const carriers = ['9E', 'AA', 'AS', 'B6', 'DL', 'EV', 'F9', 'FL', 'HA', 'MQ', 'OO', 'UA', 'US', 'VX', 'WN', 'YV'];

/** In the order of expectations.py. Two of them do not hold. */
const rules: CheckRule[] = [
  { kind: 'row_count', min: 300_000, max: 400_000 },
  { kind: 'columns', required: columns, ordered: true, extra: 'report' },
  ...['flight_id', 'carrier', 'origin', 'dest', 'hour', 'late'].map((column): CheckRule => ({ kind: 'nulls', column, maxShare: 0 })),
  { kind: 'nulls', column: 'wind_gust', maxShare: 0.95 },
  { kind: 'unique', columns: ['flight_id'] },
  { kind: 'unique', columns: ['flight_id', 'time'] },
  { kind: 'range', column: 'hour', min: 0, max: 23 },
  { kind: 'range', column: 'minute', min: 0, max: 59 },
  { kind: 'range', column: 'day_of_week', min: 0, max: 7 },
  { kind: 'range', column: 'distance', min: 10, max: 5000 },
  { kind: 'range', column: 'temp', min: 20, max: 90 },
  { kind: 'range', column: 'humid', min: 0, max: 100 },
  { kind: 'range', column: 'visib', min: 1, max: 10 },
  { kind: 'range', column: 'wind_speed', min: 0, max: 40, maxShare: 0.01 },
  { kind: 'range', column: 'pressure', min: 980, max: 1045, maxShare: 0.01 },
  { kind: 'allowed_values', column: 'carrier', values: carriers },
  { kind: 'allowed_values', column: 'origin', values: ['EWR', 'JFK', 'LGA'] },
  { kind: 'allowed_values', column: 'late', values: [0, 1] },
  { kind: 'length', column: 'dest', min: 3, max: 3 },
  { kind: 'pattern', column: 'dest', pattern: '^[A-Z]{3}$' },
];

await reportWork(async () => {
  const checks = rules.map((rule): Check => ({ ...rule, severity: 'block' }));
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads });
  const dataset = await openDataset(analysis, { name: 'flights', files: input.file, root: input.folder });
  const profile = await profileDataset(dataset, { digests: new Map(), now: () => performance.now() });
  const now = Date.parse('2014-01-01T00:00:00Z');
  const measurements = await measure(dataset, planMeasurements(checks, { profile, now }).current);
  const findings = judgeChecks(checks, { profile, measurements, now });
  await analysis.close();
  return {
    checks: checks.map((check, index) => {
      const finding = findings.find((each) => each.check === check)!;
      return `${index + 1} ${check.kind}: ${finding.verdict}${finding.failing === null ? '' : `, ${finding.failing.rows} rows`}`;
    }),
  };
});
