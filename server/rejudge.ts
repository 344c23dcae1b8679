import type { RunReport } from '../protocol/run.ts';
import { evidenceOf } from './evidence.ts';
import { judge } from './gates/judge.ts';

/** Judges a saved run again from its record alone. Differing ids mean that the rules of judgement have changed since. */
export function rejudge(report: RunReport): { same: boolean; differing: string[] } {
  const again = judge(report.policy, evidenceOf(report));
  const saved = new Map(report.gates.map(({ gate, verdict }) => [gate.id, verdict]));
  const differing = again.gates.filter(({ gate, verdict }) => saved.get(gate.id) !== verdict).map(({ gate }) => gate.id);
  const lost = report.gates.filter(({ gate }) => !again.gates.some((each) => each.gate.id === gate.id)).map(({ gate }) => gate.id);
  const all = [...differing, ...lost, ...(again.decision.verdict === report.decision.verdict ? [] : ['decision'])];
  return { same: all.length === 0, differing: all };
}
