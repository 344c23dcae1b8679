import type { GateResult } from '../protocol/gates.ts';
import type { RunReport } from '../protocol/run.ts';
import type { ConfigOutline } from '../protocol/workspace.ts';
import * as l10n from './l10n.ts';

/** What of a run is told beside the lines of slipway.yaml. */
export type JudgedRun = Pick<RunReport, 'id' | 'model' | 'role' | 'gates' | 'decision' | 'startedAt' | 'finishedAt'>;

/** A gate that did not pass, at its line as the outline has it. */
export interface GateFinding {
  line: number;
  severity: 'error' | 'warning' | 'information';
  gate: string;
  run: string;
  message: string;
  /** The slices or groups that decided it. */
  parts: string[];
}

/** The gates that the newest candidate of each model did not pass, in the order of the file. */
export function gateFindings(runs: readonly JudgedRun[], outline: ConfigOutline): GateFinding[] {
  return runs
    .flatMap((run) => run.gates.flatMap((result) => findingOf(result, run, outline)))
    .sort((a, b) => a.line - b.line);
}

function findingOf(result: GateResult, { id, model }: JudgedRun, outline: ConfigOutline): GateFinding[] {
  const line = lineOf(result, model.name, outline);
  if (result.verdict === 'pass' || line === null) return [];
  const parts = result.parts.length < 2 ? [] : result.parts.filter(({ verdict }) => verdict === result.verdict).slice(0, 5);
  return [
    {
      line,
      severity: severityOf(result),
      gate: result.gate.id,
      run: id,
      message: l10n.t('{0} {1}: {2}: {3}', model.name, model.version, result.title, result.reason),
      parts: parts.map(({ title, reason }) => `${title}: ${reason}`),
    },
  ];
}

function severityOf({ gate, verdict }: GateResult): GateFinding['severity'] {
  if (verdict === 'inconclusive' || gate.severity === 'info') return 'information';
  return gate.severity === 'block' ? 'error' : 'warning';
}

/** A gate that is built in stands at its model; one that was written and is no longer there is nowhere. */
export function lineOf({ gate }: Pick<GateResult, 'gate'>, model: string, outline: ConfigOutline): number | null {
  const described = outline.models.find(({ name }) => name === model);
  if (described === undefined) return null;
  const written = described.gates.find(({ id }) => id === gate.id);
  if (written !== undefined && written.line > 0) return written.line;
  return gate.line === undefined ? described.line : null;
}
