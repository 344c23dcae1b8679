import type { Decision, Gate, GateResult } from '../../protocol/gates.ts';
import type { Verdict } from '../../protocol/measured.ts';
import { builtInGates, completePolicy } from './built-in-gates.ts';
import { describeGate } from './describe-gate.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { judgeCases } from './judge-cases.ts';
import { judgeChange } from './judge-change.ts';
import { judgeDataQuality } from './judge-data-quality.ts';
import { judgeDrift } from './judge-drift.ts';
import { judgeExport } from './judge-export.ts';
import { judgeFairness } from './judge-fairness.ts';
import { judgeFlips } from './judge-flips.ts';
import { judgeMetric } from './judge-metric.ts';
import { judgeNonInferiority } from './judge-non-inferiority.ts';
import { judgeOutputs } from './judge-outputs.ts';
import { judgeParity } from './judge-parity.ts';
import { judgeRuntime } from './judge-runtime.ts';
import { judgeShadow } from './judge-shadow.ts';
import { judgeSignature } from './judge-signature.ts';
import { judgeValue } from './judge-value.ts';
import { type Judgement, error, verdictsBySeriousness } from './judgement.ts';
import { decisionSentence } from './sentence.ts';

/**
 * Judges a model by a policy.
 *
 * @param policy   gates in any order; the built-in ones are added. Order changes the order of results, never a verdict.
 * @param evidence what was measured; parts that are missing make the gates that need them `error`
 * @returns one result per gate that applies, and the decision. Comparison gates do not apply to the champion itself, nor
 *   the signature to answers that are columns of the data: they are named in `notApplicable` and give no result.
 *
 * The decision, over gates of severity `block`: any fail is `fail`; else any error is `error`; else any inconclusive is
 * `inconclusive`; else `pass`. A policy in which no blocking gate but the built-in ones applies is `inconclusive`: sound
 * outputs alone say nothing about quality. Gates of severity `warn` are listed and decide nothing.
 *
 * @throws RangeError if two gates have the same id
 */
export function judge(policy: readonly Gate[], evidence: Evidence): { gates: GateResult[]; decision: Decision } {
  const complete = completePolicy(policy).filter(({ kind }) => kind !== 'export' || !isUnrecorded(evidence));
  const applies = (gate: Gate): boolean => (evidence.role === 'candidate' || !comparesWithChampion(gate)) && !(gate.kind === 'signature' && isCalledByNobody(evidence));
  const gates = complete.filter(applies).map((gate) => judgeGate(gate, evidence));
  return { gates, decision: decide(gates, complete.filter((gate) => !applies(gate)), evidence) };
}

/** One of the two is columns of the data, so there is no call that could break. */
function isCalledByNobody({ signatures }: Evidence): boolean {
  // Evidence of the wrong shape is for the gate itself to refuse.
  return typeof signatures === 'object' && !isMissing(signatures) && (signatures.candidate === null || signatures.champion === null);
}

/** Nothing lies beside the model file that it could be held against. */
function isUnrecorded({ recorded }: Evidence): boolean {
  return Array.isArray(recorded) && recorded.length === 0;
}

function comparesWithChampion(gate: Gate): boolean {
  switch (gate.kind) {
    case 'change':
    case 'non_inferior':
    case 'flips':
    case 'shadow':
    case 'signature':
      return true;
    case 'value':
      return gate.against === 'champion';
    case 'metric':
    case 'fairness':
    case 'cases':
    case 'drift':
    case 'data_quality':
    case 'latency':
    case 'throughput':
    case 'size':
    case 'parity':
    case 'outputs':
    case 'export':
      return false;
  }
}

function judgeGate(gate: Gate, evidence: Evidence): GateResult {
  const { champion = null, candidate = null, difference = null, rows = null, parts = [], ...judgement } = judgeSafely(gate, evidence);
  return { gate, ...describeGate(gate), ...judgement, champion, candidate, difference, rows, parts };
}

/** Evidence of the wrong shape must not take the other gates down with it. */
function judgeSafely(gate: Gate, evidence: Evidence): Judgement {
  try {
    const judgement = judgeByKind(gate, evidence);
    return verdictsBySeriousness.includes(judgement.verdict) ? judgement : error('the evidence carries a verdict that is none');
  } catch (cause) {
    return error(`this gate could not be judged: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function judgeByKind(gate: Gate, evidence: Evidence): Judgement {
  switch (gate.kind) {
    case 'metric':
      return judgeMetric(gate, evidence);
    case 'change':
      return judgeChange(gate, evidence);
    case 'non_inferior':
      return judgeNonInferiority(gate, evidence);
    case 'fairness':
      return judgeFairness(gate, evidence);
    case 'cases':
      return judgeCases(gate, evidence);
    case 'flips':
      return judgeFlips(gate, evidence);
    case 'drift':
      return judgeDrift(gate, evidence);
    case 'data_quality':
      return judgeDataQuality(gate, evidence);
    case 'latency':
    case 'throughput':
    case 'size':
      return judgeRuntime(gate, evidence);
    case 'parity':
      return judgeParity(gate, evidence);
    case 'shadow':
      return judgeShadow(gate, evidence);
    case 'value':
      return judgeValue(gate, evidence);
    case 'outputs':
      return judgeOutputs(evidence);
    case 'signature':
      return judgeSignature(evidence);
    case 'export':
      return judgeExport(evidence);
  }
}

function decide(gates: readonly GateResult[], others: readonly Gate[], evidence: Evidence): Decision {
  const blockers = gates.filter(({ gate }) => gate.severity === 'block');
  const stopping = blockers.filter(({ verdict }) => verdict !== 'pass');
  const warnings = gates.filter(({ gate, verdict }) => gate.severity === 'warn' && verdict !== 'pass');
  const decision = {
    verdict: decideVerdict(blockers),
    blocking: stopping.map(({ gate }) => gate.id),
    warnings: warnings.map(({ gate }) => gate.id),
    notApplicable: others.map(({ id }) => id),
    counts: countVerdicts(gates),
  };
  return { ...decision, sentence: decisionSentence(decision, gates, evidence) };
}

function decideVerdict(blockers: readonly GateResult[]): Verdict {
  const saysSomething = blockers.some(({ gate }) => !builtInGates.some(({ kind }) => kind === gate.kind));
  const verdicts = blockers.map(({ verdict }) => verdict);
  if (verdicts.includes('fail')) return 'fail';
  if (verdicts.includes('error')) return 'error';
  if (verdicts.includes('inconclusive') || !saysSomething) return 'inconclusive';
  return 'pass';
}

function countVerdicts(gates: readonly GateResult[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { pass: 0, fail: 0, inconclusive: 0, error: 0 };
  for (const { verdict } of gates) counts[verdict]++;
  return counts;
}
