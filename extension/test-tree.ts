import type { Snapshot } from '../protocol/feed.ts';
import type { GateResult } from '../protocol/gates.ts';
import { countText, differenceText, intervalText, measuredText, noNumber } from '../protocol/number-text.ts';
import type { ConfigOutline } from '../protocol/workspace.ts';
import { type JudgedRun, lineOf } from './gate-findings.ts';
import * as l10n from './l10n.ts';

/** Models, their versions, and the gates each version has to pass. Ids stay the same from one outline to the next. */
export interface ModelTests {
  id: string;
  label: string;
  line: number;
  versions: VersionTests[];
}

export interface VersionTests {
  id: string;
  version: string;
  label: string;
  /** Its latest verdict, if there is one. */
  run: string | null;
  gates: GateTest[];
}

export interface GateTest {
  id: string;
  gate: string;
  label: string;
  /** As the outline has it. */
  line: number;
}

/** @param runs what has been read of the runs in the snapshot, by id */
export function testTree(outline: ConfigOutline, snapshot: Snapshot, runs: (id: string) => JudgedRun | null): ModelTests[] {
  return outline.models.map((model) => ({
    id: idOf(model.name),
    label: model.name,
    line: model.line,
    versions: snapshot.models
      .filter((version) => version.model === model.name)
      .map(({ version, champion, run }) => {
        const record = run === null ? null : runs(run.id);
        const written = model.gates.map(({ id, line, severity }) => ({ gate: id, label: id, severity, line }));
        // What was judged tells its title, and includes the gates that are built in.
        const judged = (record?.gates ?? []).flatMap((result) => {
          const line = lineOf(result, model.name, outline);
          const isAlone = record?.gates.filter(({ title }) => title === result.title).length === 1;
          return line === null ? [] : [{ gate: result.gate.id, label: isAlone ? result.title : `${result.title}: ${result.needs}`, severity: result.gate.severity, line }];
        });
        const skipped = record?.decision.notApplicable ?? [];
        const open = written.filter(({ gate }) => !skipped.includes(gate) && !judged.some((other) => other.gate === gate));
        return {
          id: idOf(model.name, version),
          version,
          label: champion ? l10n.t('{0} (champion)', version) : version,
          run: run?.id ?? null,
          gates: [...judged, ...open].map(({ gate, label, severity, line }) => ({ id: idOf(model.name, version, gate), gate, label: severity === 'block' ? label : `${label} (${severity})`, line })),
        };
      }),
  }));
}

/** Names hold spaces and signs, so each is encoded before they are joined. */
export function idOf(...names: string[]): string {
  return names.map(encodeURIComponent).join('/');
}

/** How a gate's result stands in a list of tests: what is not known is an error there, never a silent pass. */
export type TestOutcome = { state: 'passed' } | { state: 'failed'; message: string; expected: string; actual: string } | { state: 'errored'; message: string } | { state: 'skipped'; message: string };

export function testOutcome(result: GateResult): TestOutcome {
  const message = [l10n.t('{0}: {1}', result.title, result.reason), ...worstParts(result)].join('\n');
  if (result.verdict === 'pass') return { state: 'passed' };
  if (result.gate.severity !== 'block') return { state: 'skipped', message };
  if (result.verdict === 'fail') return { state: 'failed', message, expected: result.needs, actual: actualText(result) };
  return { state: 'errored', message };
}

function worstParts({ parts, verdict }: GateResult): string[] {
  return parts.length < 2 ? [] : parts.filter((part) => part.verdict === verdict).map(({ title, reason }) => `  ${title}: ${reason}`);
}

/** "−4.1 pt [−6.2, −2.0], 2,110 rows" */
function actualText({ bound, candidate, difference, unit, rows, reason }: GateResult): string {
  const isDifference = bound?.on === 'difference';
  const measured = isDifference ? difference : candidate;
  const value = isDifference ? (measured?.value == null ? noNumber : differenceText(measured.value, unit)) : measuredText(measured, unit);
  // A count alone does not say of what.
  if (value === noNumber || unit === 'count') return reason;
  const interval = intervalText(measured, unit, isDifference ? 'difference' : 'value');
  return `${value}${interval === '' ? '' : ` ${interval}`}${rows === null ? '' : `, ${l10n.t('{0} rows', countText(rows))}`}`;
}
