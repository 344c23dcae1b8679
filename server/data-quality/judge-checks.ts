import type { Check, Finding } from '../../protocol/data-quality.ts';
import { reasonNotNumeric } from './breaking-rows.ts';
import type { CheckEvidence, Judgement } from './check-evidence.ts';
import { columnOf, columnsNeeded, identifyChecks } from './identify-checks.ts';
import { judgeFreshness } from './judge-freshness.ts';
import { judgeLabelDistribution, judgeLabelLeakage } from './judge-label.ts';
import { judgeOutliers } from './judge-outliers.ts';
import { judgeBreakingRows } from './judge-breaking-rows.ts';
import { judgeColumns, judgeConstant, judgeRenamed, judgeRowCount, judgeType } from './judge-schema.ts';
import { orderFindings } from './order-findings.ts';

/**
 * Applies every check to a batch.
 *
 * A hard limit (a share, a range, a count) is judged on the batch as it is: it obeys or not. Where the reference is the
 * measure (outlier rate, label distribution) chance is allowed for. A check that cannot be judged affects itself alone:
 * `error` when its evidence is missing or judging it crashed, `inconclusive` when there are no rows or values to judge,
 * never `pass`. An empty batch fails its row count and leaves everything else but its columns open.
 *
 * @returns one finding per check, worst first (`orderFindings`)
 */
export function judgeChecks(checks: readonly Check[], evidence: CheckEvidence): Finding[] {
  const required = new Set(checks.flatMap((check) => (check.kind === 'columns' ? check.required : [])));
  const findings = identifyChecks(checks).map(({ id, check }): Finding => {
    const column = columnOf(check);
    const judgement = judgeSafely(id, check, evidence, required);
    return { id, check, severity: check.severity, ...(column !== undefined && { column }), ...judgement };
  });
  return orderFindings(findings);
}

function judgeSafely(id: string, check: Check, evidence: CheckEvidence, required: ReadonlySet<string>): Judgement {
  try {
    const missing = columnsNeeded(check).find((name) => !evidence.profile.columns.some((column) => column.name === name));
    if (missing !== undefined) return judgeWithoutColumn(missing, evidence, required);
    if (evidence.profile.rows === 0 && check.kind !== 'row_count' && check.kind !== 'columns') {
      return { verdict: 'inconclusive', message: 'no rows to judge', measured: '0 rows', needed: '', failing: null };
    }
    const unsuited = reasonNotNumeric(check, evidence.profile.columns.find(({ name }) => name === columnOf(check)));
    if (unsuited !== null) return { verdict: 'inconclusive', message: unsuited, measured: '', needed: 'a number', failing: null };
    return judgeCheck(id, check, evidence);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { verdict: 'error', message: `the check could not be judged: ${reason}`, measured: '', needed: '', failing: null };
  }
}

function judgeCheck(id: string, check: Check, evidence: CheckEvidence): Judgement {
  switch (check.kind) {
    case 'row_count':
      return judgeRowCount(check, evidence);
    case 'columns':
      return judgeColumns(check, evidence);
    case 'type':
      return judgeType(id, check, evidence);
    case 'renamed':
      return judgeRenamed(check, evidence);
    case 'constant':
      return judgeConstant(check, evidence);
    case 'freshness':
      return judgeFreshness(id, check, evidence);
    case 'outliers':
      return judgeOutliers(id, check, evidence);
    case 'label_leakage':
      return judgeLabelLeakage(check, evidence);
    case 'label_distribution':
      return judgeLabelDistribution(check, evidence);
    case 'nulls':
    case 'not_finite':
    case 'empty_strings':
    case 'unique':
    case 'duplicate_rows':
    case 'range':
    case 'allowed_values':
    case 'pattern':
    case 'length':
    case 'format':
    case 'late_rows':
    case 'sorted':
    case 'expression':
    case 'references':
    case 'overlap':
      return judgeBreakingRows(id, check, evidence);
  }
}

/** A lost column is one finding, that of the columns check; the others about it stay open rather than repeat it. */
function judgeWithoutColumn(name: string, { reference }: CheckEvidence, required: ReadonlySet<string>): Judgement {
  const nothing = { measured: 'no such column', needed: '', failing: null };
  if (required.has(name)) return { ...nothing, verdict: 'inconclusive', message: `${name} is not in this batch, so there is nothing to judge` };
  if (reference?.columns.some((column) => column.name === name)) return { ...nothing, verdict: 'fail', message: `${name} is not in this batch; the reference has it` };
  return { ...nothing, verdict: 'error', message: `${name} is in neither this batch nor the reference`, next: 'Correct the column name in slipway.yaml' };
}
