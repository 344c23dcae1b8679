import type { ConfigIssue } from '../protocol/config.ts';
import type { GateResult } from '../protocol/gates.ts';
import type { RunReport } from '../protocol/run.ts';
import { configFile } from './config.ts';

/**
 * What did not pass in a run, a line each, as compilers write it, so that editors and CI can place it:
 * `slipway.yaml:31: error: flight-delay v3: recall, carrier = AA: 4.1 pt worse, allowed 3.0 [recall.min]`.
 * The champion's are left out: it is in production already. Built-in gates have no line.
 */
export function gateProblems({ role, model, gates }: Pick<RunReport, 'role' | 'model' | 'gates'>): string[] {
  if (role === 'champion') return [];
  return gates.filter(({ verdict }) => verdict !== 'pass').map((result) => `${configFile}${result.gate.line === undefined ? '' : `:${result.gate.line}`}: ${seriousness(result)}: ${oneLine(`${model.name} ${model.version}: ${result.title}: ${result.reason}`)} [${result.gate.id}]`);
}

/** One thing wrong in slipway.yaml, in the same manner. */
export function issueProblem({ line, column, severity, message }: ConfigIssue, path: string): string {
  return `${path}:${line}:${column}: ${severity}: ${oneLine(message)}`;
}

function seriousness({ gate, verdict }: GateResult): 'error' | 'warning' | 'info' {
  if (verdict === 'inconclusive' || gate.severity === 'info') return 'info';
  return gate.severity === 'block' ? 'error' : 'warning';
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
