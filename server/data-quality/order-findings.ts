import type { Finding } from '../../protocol/data-quality.ts';
import type { Severity, Verdict } from '../../protocol/measured.ts';

const verdictRank = { fail: 0, error: 1, inconclusive: 2, pass: 3 } as const satisfies Record<Verdict, number>;
const severityRank = { block: 0, warn: 1, info: 2 } as const satisfies Record<Severity, number>;

/** Trouble on top: what is not a pass before what is, then by severity, verdict, share of rows that fail, and id. */
export function orderFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      Number(a.verdict === 'pass') - Number(b.verdict === 'pass') ||
      severityRank[a.severity] - severityRank[b.severity] ||
      verdictRank[a.verdict] - verdictRank[b.verdict] ||
      failingShare(b) - failingShare(a) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
}

function failingShare({ failing }: Finding): number {
  return failing === null || failing.of === 0 ? 0 : failing.rows / failing.of;
}
