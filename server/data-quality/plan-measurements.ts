import type { Check, Finding } from '../../protocol/data-quality.ts';
import type { Measurement } from '../../protocol/measurements.ts';
import { type BreakingRowsContext, breakingRows, breakingRowsInProfile, reasonNotNumeric } from './breaking-rows.ts';
import { columnOf, columnsNeeded, identifyChecks } from './identify-checks.ts';

export interface MeasurementPlan {
  /** To ask of the batch under question. */
  current: Measurement[];
  /** To ask of the reference, for checks that compare a rate with the reference's. */
  reference: Measurement[];
}

/**
 * What has to be counted, beyond the profiles, before the checks can be judged.
 *
 * Checks the profile answers, and checks on columns that are not there, ask nothing. Ids are those of `identifyChecks`;
 * the reference's answer to the same question has the same id.
 */
export function planMeasurements(checks: readonly Check[], context: BreakingRowsContext): MeasurementPlan {
  const { profile, reference } = context;
  const plan: MeasurementPlan = { current: [], reference: [] };
  if (profile.rows === 0) return plan;
  const columns = new Map(profile.columns.map((column) => [column.name, column]));
  const referenceColumns = new Set(reference?.columns.map(({ name }) => name));
  for (const { id, check } of identifyChecks(checks)) {
    const needed = columnsNeeded(check).map((name) => columns.get(name));
    if (!needed.every((column) => column !== undefined)) continue;
    if (reasonNotNumeric(check, columns.get(columnOf(check) ?? '')) !== null || breakingRowsInProfile(check, needed) !== null) continue;
    const measurement = breakingRows(id, check, context);
    if (measurement === null) continue;
    plan.current.push(measurement);
    if (check.kind === 'outliers' && referenceColumns.has(check.column)) plan.reference.push(measurement);
  }
  return plan;
}

/**
 * The question that answers a finding's failing rows, to be asked when somebody wants to see them.
 *
 * @returns null when rows are not what fails in it
 */
export function planFailingRows({ id, check }: Pick<Finding, 'id' | 'check'>, context: BreakingRowsContext): Measurement | null {
  return breakingRows(id, check, context);
}
