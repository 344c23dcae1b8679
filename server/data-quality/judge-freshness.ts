import type { Check } from '../../protocol/data-quality.ts';
import { countText, durationText } from '../../protocol/number-text.ts';
import { countedRows } from './judge-breaking-rows.ts';
import type { CheckEvidence, Judgement } from './check-evidence.ts';

const hourMs = 3_600_000;

/**
 * Judges the age of the newest row: at most `maxAgeHours` old, and no row further in the future than allowed.
 *
 * Times without a zone are read as UTC. A time in the future is a finding of its own, since it would make any batch look
 * fresh: the age is then unknown.
 */
export function judgeFreshness(id: string, check: Extract<Check, { kind: 'freshness' }>, { profile, measurements, now }: CheckEvidence): Judgement {
  const column = profile.columns.find(({ name }) => name === check.column)!;
  const needed = `≤ ${ageText(check.maxAgeHours * hourMs)} old`;
  if (column.kind !== 'datetime') return { verdict: 'error', message: `${check.column} is ${column.type}, not a time`, measured: column.type, needed, failing: null };
  if (typeof column.maximum !== 'string') return { verdict: 'inconclusive', message: `${check.column} has no times to judge`, measured: 'no values', needed, failing: null };

  const future = countedRows(measurements.get(id));
  const failing = { rows: future, of: column.rows - column.nulls };
  if (future > 0) {
    const many = future === 1 ? '1 row lies' : `${countText(future)} rows lie`;
    return { verdict: 'fail', message: `${many} in the future, the newest at ${column.maximum}`, measured: `${countText(future)} in the future`, needed, failing, next: 'Correct the clock or the time zone of the source, or set allowFuture' };
  }
  const age = now - Date.parse(column.maximum);
  if (!Number.isFinite(age)) return { verdict: 'error', message: `${check.column}: ${column.maximum} is no date this program can count from`, measured: column.maximum, needed, failing: null };
  const passes = age <= check.maxAgeHours * hourMs;
  return {
    verdict: passes ? 'pass' : 'fail',
    message: `newest row ${ageText(Math.max(0, age))} old (${column.maximum})${passes ? '' : `, allowed ${ageText(check.maxAgeHours * hourMs)}`}`,
    measured: `${ageText(Math.max(0, age))} old`,
    needed,
    failing: null,
    ...(!passes && { next: `Export the data again, or write under checks: - {column: ${JSON.stringify(check.column)}, maxAge: ${Math.ceil(age / hourMs)}h}` }),
  };
}

function ageText(milliseconds: number): string {
  const days = milliseconds / (24 * hourMs);
  return days >= 2 ? `${Number(days.toFixed(1))} days` : durationText(milliseconds);
}
