import type { BuiltInCriterion } from '../../protocol/config.ts';
import type { Task } from '../../protocol/evaluation.ts';
import type { EvaluationRole, Gate, GateKind } from '../../protocol/gates.ts';
import { countText } from '../../protocol/number-text.ts';
import type { BatchReport } from '../../protocol/run.ts';
import { isAboutCurrent, judgeByGates, outdated, policyOf, sameGate } from './judge-by-gates.ts';
import { missing, type ReadinessSubject, type Standing } from './subject.ts';

interface BuiltIn {
  group: string;
  /** Null where the criterion says nothing about this model. */
  judge(subject: ReadinessSubject): Standing | null;
}

/** What every model must show, in the order in which it is told. */
export const builtIn: Record<BuiltInCriterion, BuiltIn> = {
  'business goal': { group: 'Business', judge: judgeGoal },
  'value of outcomes': {
    group: 'Business',
    judge(subject) {
      const task = taskOf(subject);
      if (task !== null && task !== 'binary') return null;
      const next = subject.model.value === null ? `write what each outcome is worth as \`value\` of ${subject.model.name}, and \`{value: 0}\` under \`gates\`` : 'write `{value: 0}` under `gates`';
      return judgeByGates(subject, ({ kind }) => kind === 'value', { text: 'no gate asks what its predictions are worth', next });
    },
  },
  'quality on holdout': { group: 'Quality', judge: (subject) => judgeQuality(subject, 'holdout') },
  'quality on current': { group: 'Quality', judge: (subject) => judgeQuality(subject, 'current') },
  'regression cases': {
    group: 'Quality',
    judge: (subject) => judgeByGates(subject, ({ kind }) => kind === 'cases', { text: 'no gate asks for curated cases', next: `${subject.model.datasets.cases === null ? 'collect rows that must come out right as the dataset `cases`, and ' : ''}write \`{cases: all}\` under \`gates\`` }),
  },
  fairness: { group: 'Quality', judge: judgeFairness },
  'blocking gates': { group: 'Quality', judge: judgeDecision },
  'data quality of current': { group: 'Data', judge: (subject) => judgeCurrent(subject, (gate) => gate.kind === 'data_quality' && gate.on === 'current', standingOfChecks) },
  'drift of current': { group: 'Data', judge: (subject) => judgeCurrent(subject, ({ kind }) => kind === 'drift', standingOfDrift) },
  latency: { group: 'Runtime', judge: (subject) => judgeKind(subject, 'latency', '{latency: p95, maxMs: 100}') },
  throughput: { group: 'Runtime', judge: (subject) => judgeKind(subject, 'throughput', '{throughput: 1000}') },
  'runtime parity': { group: 'Runtime', judge: (subject) => judgeKind(subject, 'parity', '{parity: available}') },
};

function judgeKind(subject: ReadinessSubject, kind: GateKind, example: string): Standing {
  return judgeByGates(subject, (gate) => gate.kind === kind, { text: `no gate asks for ${kind}`, next: `write \`${example}\` under \`gates\`` });
}

/** Known from slipway.yaml, or from what was evaluated; null before either tells. */
function taskOf({ model, run }: ReadinessSubject): Task | null {
  return model.task ?? run?.evaluations.holdout?.task ?? run?.evaluations.current?.task ?? null;
}

function judgeGoal({ model }: ReadinessSubject): Standing {
  const goal = model.business;
  const wanted = ['problem', 'metric', 'baseline', 'target', 'owner', 'signed'] as const;
  if (goal === null) return missing('no goal is written', `write \`business\` under ${model.name}: ${wanted.join(', ')}`, { kind: 'config', line: model.line });
  const lacking = wanted.filter((key) => goal[key] === null || goal[key].trim() === '');
  const evidence = { kind: 'config', line: goal.line } as const;
  if (lacking.length > 0) return missing(`${lacking.join(', ')} ${lacking.length === 1 ? 'is' : 'are'} not written`, `write \`${lacking.join('`, `')}\` under \`business\` of ${model.name}`, evidence);
  return { state: 'pass', text: `${goal.metric}: ${goal.baseline} → ${goal.target} · ${goal.owner} answers for it · signed ${goal.signed}`, evidence, next: null };
}

const qualityKinds: readonly GateKind[] = ['metric', 'change', 'non_inferior', 'flips'];

function judgeQuality(subject: ReadinessSubject, on: EvaluationRole): Standing {
  const hasData = subject.model.datasets[on] !== null;
  const next = `${hasData ? '' : `name ${on === 'holdout' ? 'labelled data it has not seen' : 'labelled data of production'} as the dataset \`${on}\`, and `}write a gate on a metric${on === 'current' ? ' with `on: current`' : ''}`;
  return judgeByGates(subject, (gate) => qualityKinds.includes(gate.kind) && 'on' in gate && gate.on === on, { text: `no gate asks for quality on ${on}`, next });
}

/** Every set of groups that slipway.yaml declares needs a gate of its own. */
function judgeFairness(subject: ReadinessSubject): Standing | null {
  const { model } = subject;
  if (model.groups.length === 0) return null;
  const isFor = (gate: Gate, group: string[]): boolean => gate.kind === 'fairness' && gate.by.join('\n') === group.join('\n');
  const policy = policyOf(subject);
  const bare = policy === null ? [] : model.groups.filter((group) => !policy.some((gate) => isFor(gate, group)));
  const standing = judgeByGates(subject, ({ kind }) => kind === 'fairness', { text: `no gate asks for fairness by ${namesOf(model.groups)}`, next: nextForGroups(model.groups) });
  // A disparity that was found is worse than one nobody looked for.
  if (bare.length === 0 || standing.state === 'fail' || standing.state === 'error') return standing;
  return missing(`no gate asks for fairness by ${namesOf(bare)}`, nextForGroups(bare));
}

function namesOf(groups: readonly string[][]): string {
  return groups.map((group) => group.join(' × ')).join(', ');
}

function nextForGroups([first]: readonly string[][]): string {
  return `write \`{fairness: demographic_parity_ratio, by: ${first.length === 1 ? first[0] : `[${first.join(', ')}]`}, min: 0.8}\` under \`gates\``;
}

/** The verdict as it was recorded, as long as the policy it was taken under is the one that is written. */
function judgeDecision(subject: ReadinessSubject): Standing {
  const { model, run } = subject;
  const next = `\`slipway run ${model.name}\``;
  if (run === null) return missing('no verdict yet', next);
  const policy = policyOf(subject);
  const blocking = (gates: readonly Gate[]): Gate[] => gates.filter(({ severity }) => severity === 'block');
  const [now, then] = [blocking(policy ?? []), blocking(run.policy)];
  if (policy === null || now.length !== then.length || !now.every((gate) => then.some((each) => sameGate(gate, each)))) return missing(`the blocking gates are others than run ${run.id} was judged by`, next);
  const old = outdated(subject, now.some(isAboutCurrent));
  if (old !== null) return missing(old, next);
  const { verdict, sentence, blocking: stopping } = run.decision;
  return { state: verdict, text: sentence, evidence: verdict === 'pass' || stopping.length === 0 ? { kind: 'run', run: run.id } : { kind: 'gate', run: run.id, gate: stopping[0] }, next: null };
}

/** By the gates that are about it; where none is written, by the newest batch alone, which may show nothing wrong at all. */
function judgeCurrent(subject: ReadinessSubject, wanted: (gate: Gate) => boolean, standingOf: (batch: BatchReport) => Standing): Standing {
  const { model, current, run } = subject;
  if (model.datasets.current === null) return missing('slipway.yaml names no current data', 'name the data of production as the dataset `current`');
  if (policyOf(subject)?.some(wanted)) return judgeByGates(subject, wanted, { text: '', next: '' });
  if (current === null) return missing('no file of current data is there', 'put the newest data where `current` looks for it');
  const recorded = run === null || outdated(subject, true) !== null ? undefined : run.batches.find(({ role }) => role === 'current')?.batch;
  const batch = newerOf(current.report, recorded ?? null);
  return batch === null ? missing(`${current.files.join(', ')} has not been checked`, `\`slipway check ${current.files[0]}\``) : standingOf(batch);
}

function newerOf(a: BatchReport | null, b: BatchReport | null): BatchReport | null {
  if (a === null || b === null) return a ?? b;
  return a.checkedAt >= b.checkedAt ? a : b;
}

function standingOfChecks({ id, profile, dataQuality: { findings } }: BatchReport): Standing {
  const evidence = { kind: 'batch', batch: id } as const;
  const blocking = findings.filter(({ severity }) => severity === 'block');
  if (blocking.length === 0) return missing(`nothing is checked of ${profile.name}`, 'write what must be true of it under `checks`', evidence);
  for (const state of ['fail', 'error', 'inconclusive'] as const) {
    const found = blocking.filter(({ verdict }) => verdict === state);
    if (found.length > 0) return { state, text: `${profile.name}: ${found[0].message}${found.length === 1 ? '' : ` (and ${countText(found.length - 1)} more)`}`, evidence, next: found[0].next ?? null };
  }
  return { state: 'pass', text: `${profile.name}: ${countText(blocking.length)} of ${countText(blocking.length)} checks hold`, evidence, next: null };
}

function standingOfDrift({ id, profile, drift, driftMissing }: BatchReport): Standing {
  const evidence = { kind: 'batch', batch: id } as const;
  if (drift === null) return missing(`${profile.name}: ${driftMissing ?? 'drift was not measured'}`, 'name the data the model was made from as the dataset `reference`', evidence);
  const of = countText(drift.columns.length);
  const allowed = 'write how many may move under `gates`, such as `{drift: features, maxColumns: 2}`';
  if (drift.moved > 0) return { state: 'fail', text: `${profile.name}: ${countText(drift.moved)} of ${of} columns moved, and no gate allows any`, evidence, next: allowed };
  if (drift.errors > 0) return { state: 'error', text: `${profile.name}: ${countText(drift.errors)} of ${of} columns could not be compared`, evidence, next: null };
  if (drift.columns.length === 0) return missing(`${profile.name}: no column could be compared`, null, evidence);
  if (drift.inconclusive > 0) return { state: 'inconclusive', text: `${profile.name}: too few rows to tell for ${countText(drift.inconclusive)} of ${of} columns`, evidence, next: null };
  return { state: 'pass', text: `${profile.name}: none of ${of} columns moved`, evidence, next: null };
}
