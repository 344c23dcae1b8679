import type { ColumnDrift, DriftReport, DriftVerdict } from '../../protocol/drift.ts';

const named = 4;
const rank = { moved: 0, error: 1, inconclusive: 2, still: 3 } as const satisfies Record<DriftVerdict, number>;
const roleRank = { label: 0, prediction: 1, feature: 2 } as const satisfies Record<ColumnDrift['role'], number>;

/** A report as a sentence a colleague could repeat: "4 of 18 columns have moved: temp, humid, dest and pressure." */
export function summariseDrift(report: DriftReport): string {
  const columns = orderColumns(report.columns);
  const moved = columns.filter(({ verdict }) => verdict === 'moved');
  const total = columns.length;
  if (total === 0) return 'No column could be compared.';
  if (report.inconclusive === total) return `There are too few rows to tell whether ${total === 1 ? 'the one column has' : `any of the ${total} columns has`} moved.`;
  const parts = [moved.length === 0 ? `None of ${total} columns has moved` : `${moved.length} of ${total} columns ${moved.length === 1 ? 'has' : 'have'} moved: ${listOf(moved.map(({ column }) => column))}`];
  if (report.inconclusive > 0) parts.push(`${report.inconclusive} ${report.inconclusive === 1 ? 'has' : 'have'} too few rows to tell`);
  if (report.errors > 0) parts.push(`${report.errors} could not be compared`);
  if (moved.length === 0 && report.multivariate?.verdict === 'moved') parts.push('but all columns together look different');
  return `${parts.join('; ')}.`;
}

/** Trouble on top: by verdict, then label and predictions before features, then by how far the effect is above its floor. */
export function orderColumns(columns: readonly ColumnDrift[]): ColumnDrift[] {
  return [...columns].sort(
    (a, b) =>
      rank[a.verdict] - rank[b.verdict] ||
      roleRank[a.role] - roleRank[b.role] ||
      (b.effect.value ?? 0) / b.effect.floor - (a.effect.value ?? 0) / a.effect.floor ||
      (a.column < b.column ? -1 : 1),
  );
}

function listOf(names: string[]): string {
  const shown = names.length > named + 1 ? [...names.slice(0, named), `${names.length - named} more`] : names;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown[shown.length - 1]}`;
}
