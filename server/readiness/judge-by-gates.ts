import type { Gate, GateResult } from '../../protocol/gates.ts';
import { countText } from '../../protocol/number-text.ts';
import type { RunReport } from '../../protocol/run.ts';
import { missing, type ReadinessSubject, type Standing } from './subject.ts';

/**
 * A criterion shown by the gates that `wanted` picks from the policy as slipway.yaml has it now.
 *
 * @param wanted    which gates of the policy are about it
 * @param unwritten what is lacking, and what to write, where the policy has no such gate
 * @returns the worst of their verdicts (fail, error, missing, inconclusive, pass), with its reason. `missing` where nothing
 *   was judged, where a gate reads otherwise now than when it was judged, or where the run no longer speaks for the model
 *   ({@link outdated}). Severity plays no part: a warning that fails is not met.
 */
export function judgeByGates(subject: ReadinessSubject, wanted: (gate: Gate) => boolean, unwritten: { text: string; next: string }): Standing {
  const { model, run } = subject;
  const policy = policyOf(subject);
  const gates = [...subject.builtInGates, ...(policy ?? [])].filter(wanted);
  if (policy !== null && gates.length === 0) return missing(unwritten.text, unwritten.next);
  if (run === null) return missing('no verdict yet', `\`slipway run ${model.name}\``);
  if (policy === null) return missing(`the gates that run ${run.id} was judged by are no longer written`, `\`slipway run ${model.name}\``);
  const old = outdated(subject, gates.some(isAboutCurrent));
  if (old !== null) return missing(old, `\`slipway run ${model.name}\``);
  const applied = gates.filter(({ id }) => !run.decision.notApplicable.includes(id));
  if (applied.length === 0) return missing(`${gates.map(({ id }) => id).join(', ')}: compares with the champion, and this is the champion`, unwritten.next);
  const standings = applied.map((gate) => standingOf(gate, run, model.name));
  const worst = worstOf(standings);
  const met = standings.filter(({ state }) => state === 'pass').length;
  if (standings.length === 1) return worst;
  return worst.state === 'pass' ? { ...worst, text: `${countText(met)} gates pass: ${applied.map(({ id }) => titleOf(id, run)).join(' · ')}` } : { ...worst, text: `${worst.text} (${countText(met)} of ${countText(standings.length)} gates pass)` };
}

/**
 * The gates a model must pass as slipway.yaml has them now.
 *
 * @returns those that are written; where none are, the default ones, which only a run knows; null where it does not tell
 */
export function policyOf({ model, run }: Pick<ReadinessSubject, 'model' | 'run'>): Gate[] | null {
  if (model.gates !== null) return model.gates;
  const isDefault = run !== null && run.policy.every(({ line }) => line === undefined);
  return isDefault ? run.policy : null;
}

/**
 * Why a run no longer speaks for its model, in a sentence; null while it does: slipway.yaml has other settings, another
 * champion stands against it, or, for what is about current data, newer data has come.
 */
export function outdated({ run, settingsChanged, versions, current }: ReadinessSubject, aboutCurrent: boolean): string | null {
  if (run === null) return null;
  if (settingsChanged) return `slipway.yaml gives other data, inputs or settings than run ${run.id} was made with`;
  const champion = versions.find((version) => version.champion) ?? null;
  if (run.role === 'candidate' && champion?.digest !== run.lineage.champion?.digest) return `run ${run.id} was held against ${run.lineage.champion?.version ?? 'no champion'}, and the champion is ${champion === null ? 'gone' : `now ${champion.version}, sha256 ${champion.digest.slice(0, 12)}`}`;
  const judged = run.lineage.datasets.current;
  if (!aboutCurrent || judged === undefined || current === null) return null;
  if (current.files.join('\n') !== judged.files.join('\n')) return `${current.files.join(', ')} has come since run ${run.id}`;
  if (current.report !== null && current.report.profile.digest !== judged.digest && current.report.checkedAt > run.startedAt) return `${current.files.join(', ')} has changed since run ${run.id}`;
  return null;
}

export function isAboutCurrent(gate: Gate): boolean {
  return gate.kind === 'drift' || ('on' in gate && gate.on === 'current');
}

/** The same rule, wherever it stands in the file. */
export function sameGate(a: Gate, b: Gate): boolean {
  const text = (gate: Gate): string => JSON.stringify(Object.entries(gate).filter(([key, value]) => key !== 'line' && value !== undefined).sort(([one], [other]) => (one < other ? -1 : 1)));
  return text(a) === text(b);
}

function standingOf(gate: Gate, run: RunReport, model: string): Standing {
  const result = run.gates.find((each) => each.gate.id === gate.id);
  if (result === undefined) return missing(`run ${run.id} was not judged by ${gate.id}`, `\`slipway run ${model}\``);
  if (!sameGate(gate, result.gate)) return missing(`${result.title} was judged by another rule: it was ${result.needs}`, `\`slipway run ${model}\``);
  return { state: result.verdict, text: saidOf(result), evidence: { kind: 'gate', run: run.id, gate: gate.id }, next: nextOf(result) };
}

/** Many reasons name what they are about; the others need the gate's title before them. */
function saidOf({ title, reason }: GateResult): string {
  const [first] = title.split(/[ ,]/);
  return reason.toLowerCase().startsWith(`${first.toLowerCase()} `) ? reason : `${title}: ${reason}`;
}

function nextOf({ verdict, rowsNeeded }: GateResult): string | null {
  return verdict === 'inconclusive' && rowsNeeded !== undefined ? `about ${countText(rowsNeeded)} more labelled rows` : null;
}

function titleOf(id: string, run: RunReport): string {
  return run.gates.find(({ gate }) => gate.id === id)?.title ?? id;
}

const bySeriousness = ['fail', 'error', 'missing', 'inconclusive', 'pass', 'off'] as const;

/** @throws RangeError when there is none */
function worstOf(standings: readonly Standing[]): Standing {
  for (const state of bySeriousness) {
    const found = standings.find((standing) => standing.state === state);
    if (found !== undefined) return found;
  }
  throw new RangeError('the worst of nothing');
}
