import type { Check } from '../../protocol/data-quality.ts';
import { numberText, shareText, countText } from '../../protocol/number-text.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { countedRows } from './judge-breaking-rows.ts';
import type { CheckEvidence, Judgement } from './check-evidence.ts';
import { outlierFences } from './outlier-fences.ts';

const rowsMin = 30;
const defaultRatio = 2;

/**
 * Judges how many values lie beyond the reference's fences.
 *
 * `maxShare` is a hard limit. `maxRatio` (default 2 when neither is given) compares with the reference's own rate inside the
 * same fences, and chance is allowed for on both sides: it fails when the lower end of the batch's 95 % Wilson interval is
 * above `maxRatio` times the upper end of the reference's. So rare outliers do not fail a batch for having one.
 */
export function judgeOutliers(id: string, check: Extract<Check, { kind: 'outliers' }>, evidence: CheckEvidence): Judgement {
  const { profile, reference, measurements, referenceMeasurements } = evidence;
  const named = ({ name }: { name: string }): boolean => name === check.column;
  const column = profile.columns.find(named)!;
  const before = reference?.columns.find(named);
  const fences = outlierFences(check, before ?? column);
  const values = column.rows - column.nulls - column.nans;
  if (fences.low === null) return { verdict: 'inconclusive', message: `no outlier fences for ${check.column}: ${fences.reason}`, measured: 'no fences', needed: '', failing: null };
  if (values === 0) return { verdict: 'inconclusive', message: `${check.column} has no values to judge`, measured: 'no values', needed: '', failing: null };

  const rows = countedRows(measurements.get(id));
  const share = rows / values;
  const interval = wilsonInterval(rows, values, 0.95)!;
  const found = `${rows === 1 ? '1 row' : `${countText(rows)} rows`} (${shareText(share)}) beyond ${numberText(fences.low)} … ${numberText(fences.high)}`;
  const common = { measured: shareText(share), value: { value: share, interval, rows: values }, failing: { rows, of: values } };
  const next = 'Look at the rows: a wrong unit or a broken sensor is repaired at the source; to accept them, set maxOutliers';
  if (check.maxShare !== undefined && share > check.maxShare + 1e-12) {
    return { ...common, verdict: 'fail', message: `${found}, allowed ${shareText(check.maxShare)}`, needed: `≤ ${shareText(check.maxShare)}`, next };
  }
  if (check.maxShare !== undefined && check.maxRatio === undefined) return { ...common, verdict: 'pass', message: found, needed: `≤ ${shareText(check.maxShare)}` };
  if (!before) {
    return { ...common, verdict: 'inconclusive', message: `${found}; there is no reference to compare the rate with`, needed: 'a reference, or maxOutliers' };
  }
  const referenceValues = before.rows - before.nulls - before.nans;
  const referenceRows = countedRows(referenceMeasurements?.get(id));
  const ratio = check.maxRatio ?? defaultRatio;
  const limit = Math.min(1, ratio * wilsonInterval(referenceRows, referenceValues, 0.95)!.high);
  const needed = `≤ ${numberText(ratio)} × reference (${shareText(referenceRows / referenceValues)})`;
  if (interval.low > limit) return { ...common, verdict: 'fail', message: `${found}, reference ${shareText(referenceRows / referenceValues)}`, needed, next };
  if (values < rowsMin) return { ...common, verdict: 'inconclusive', message: `${countText(values)} values are too few to compare a rate`, needed };
  return { ...common, verdict: 'pass', message: `${found}, reference ${shareText(referenceRows / referenceValues)}`, needed };
}
