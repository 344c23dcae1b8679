import type { AgreementPoint, DecisionValue, Disagreement, InputReference, ShadowSettings, ShadowSide, ShadowSource } from '../../protocol/shadow.ts';
import { numberText } from '../../protocol/number-text.ts';
import { type Moments, mergeMoments, moments } from '../stats/moments.ts';
import { type QuantileSketch, addToSketch, createSketch, mergeSketches } from '../stats/quantile-sketch.ts';
import { type AnswerShape, type Answers, type PairRecord, classesOf, similarityNames } from './answers.ts';
import { type AnsweredBatch, compareAnswers, shapeFault } from './compare-answers.ts';
import { type NoiseCounts, type RepeatBatch, addRepeats, createNoise, mergeNoise } from './noise-floor.ts';

/** What is compared and by which rules: fixed before the first pair. */
export interface ShadowPlan {
  production: ShadowSide;
  candidate: ShadowSide;
  source: Pick<ShadowSource, 'kind' | 'sampling' | 'recording'>;
  shape: AnswerShape;
  settings: ShadowSettings;
}

/** Inputs answered by both, in the same order. */
export interface PairBatch {
  /** Milliseconds since 1970. */
  at: number;
  inputs: readonly InputReference[];
  production: AnsweredBatch;
  candidate: AnsweredBatch;
  labels?: Labels;
}

/** What was right: class per row, −1 where not known; or a number, NaN where not known. */
export type Labels = { kind: 'classes'; codes: Int32Array } | { kind: 'values'; values: Float64Array };

/** Everything a verdict needs, in bounded memory however many pairs there are. Evidence of shares of the traffic merges. */
export interface ShadowEvidence {
  plan: ShadowPlan;
  from: number | null;
  to: number | null;
  outcomes: Record<PairRecord['outcome'], number>;
  dropped: Map<string, number>;
  /** Why something could not be compared at all; any makes the verdict `error`. */
  crashes: string[];
  timeline: Timeline;
  /** The number that stands for an answer. */
  numbers: { production: QuantileSketch; candidate: QuantileSketch; difference: QuantileSketch; moments: Moments };
  /** Largest |difference| within an answer. */
  absolute: { sketch: QuantileSketch; moments: Moments };
  similarities: { sketch: QuantileSketch; moments: Moments }[];
  /** Pairs by production's and the candidate's class: production × classes + candidate. */
  decisions: Map<number, number>;
  /** Pairs by tenth of production's and the candidate's score: 10 × production + candidate. */
  tenths: Map<number, number>;
  latency: { production: QuantileSketch; candidate: QuantileSketch };
  worst: { severity: number; pair: Disagreement }[];
  noise: NoiseCounts;
  labelled: LabelledCounts;
}

export interface Timeline {
  /** Pairs per point. */
  stride: number;
  /** Oldest first; `at` is that of the last pair. */
  points: { at: number; pairs: number; agree: number }[];
}

export interface LabelledCounts {
  pairs: number;
  disagreements: number;
  right: Record<NonNullable<Disagreement['right']>, number>;
  /** Absolute errors where labels are numbers, and per row: candidate − production, candidate − (1 ± margin)·production. */
  errors: Record<'production' | 'candidate' | 'difference' | 'aboveUpper' | 'aboveLower', Moments>;
  /** What decisions were worth, and per row candidate − production; nothing where the plan has no worth. */
  worth: Record<'production' | 'candidate' | 'difference', Moments>;
}

export const TIMELINE_MAX = 240;
export const WORST_MAX = 100;
/** Crashes told; more of them change nothing. */
const CRASHES_MAX = 20;

const nothing = (): Moments => moments(new Float64Array());

export function createEvidence(plan: ShadowPlan): ShadowEvidence {
  return {
    plan,
    from: null,
    to: null,
    outcomes: { agree: 0, differ: 0, 'production-failed': 0, 'candidate-failed': 0, 'production-invalid': 0, 'candidate-invalid': 0 },
    dropped: new Map(),
    crashes: [],
    timeline: { stride: 1, points: [] },
    numbers: { production: createSketch(), candidate: createSketch(), difference: createSketch(), moments: nothing() },
    absolute: { sketch: createSketch(), moments: nothing() },
    similarities: similarityNames(plan.shape.kind).map(() => ({ sketch: createSketch(), moments: nothing() })),
    decisions: new Map(),
    tenths: new Map(),
    latency: { production: createSketch(), candidate: createSketch() },
    worst: [],
    noise: createNoise(),
    labelled: {
      pairs: 0,
      disagreements: 0,
      right: { both: 0, candidate: 0, production: 0, neither: 0 },
      errors: { production: nothing(), candidate: nothing(), difference: nothing(), aboveUpper: nothing(), aboveLower: nothing() },
      worth: { production: nothing(), candidate: nothing(), difference: nothing() },
    },
  };
}

/** What became of a pair that was counted. */
export interface CountedPair {
  outcome: PairRecord['outcome'];
  numbers: PairRecord['numbers'];
  /** Faults first, then changed decisions, then the size of the difference; 0 where the pair agrees. */
  severity: number;
  /** Why it disagrees, in words; empty where it agrees. */
  reason: string;
  /** What the candidate gains over production: 1, 0 or −1 right answers, the difference of their worth, or less error. NaN where no label is known. */
  gain: number;
}

/**
 * Counts a batch of pairs in.
 *
 * Answers of another shape than was agreed on are a crash of the comparison: its rows are counted as dropped, never as
 * agreement, and the verdict becomes `error`.
 *
 * @returns one entry per row; none where the batch could not be compared
 */
export function addPairs(evidence: ShadowEvidence, batch: PairBatch): CountedPair[] {
  const { shape, settings } = evidence.plan;
  const rows = batch.inputs.length;
  if (rows === 0) return [];
  const fault = shapeFault(shape, batch.production.answers, rows) ?? shapeFault(shape, batch.candidate.answers, rows);
  if (fault !== null) {
    addCrash(evidence, fault);
    addDropped(evidence, 'answers of another shape', rows);
    return [];
  }
  evidence.from = Math.min(evidence.from ?? batch.at, batch.at);
  evidence.to = Math.max(evidence.to ?? batch.at, batch.at);
  const compare = compareAnswers(shape, settings, batch.production, batch.candidate, rows);
  const records = batch.inputs.map((_, row) => compare(row));
  records.forEach((record, row) => addPair(evidence, batch, record, row));
  addNumbers(evidence, records);
  addLatencies(evidence, batch);
  countLabels(evidence, batch, records);
  return records.map((record, row) => {
    const agrees = record.outcome === 'agree' || record.outcome === 'production-failed';
    return { outcome: record.outcome, numbers: record.numbers, severity: agrees ? 0 : severityOf(record), reason: agrees ? '' : reasonText(shape, record), gain: gainOf(record, batch.labels, row, settings.value) };
  });
}

/** Counts labels of pairs in that were added without them, and says of the worst disagreements who was right. */
export function addLabels(evidence: ShadowEvidence, batch: PairBatch & { labels: Labels }): void {
  const { shape, settings } = evidence.plan;
  const compare = compareAnswers(shape, settings, batch.production, batch.candidate, batch.inputs.length);
  const records = batch.inputs.map((_, row) => compare(row));
  countLabels(evidence, batch, records);
  for (const { pair } of evidence.worst) {
    const row = batch.inputs.findIndex((input) => input.id === pair.input.id && input.row === pair.input.row);
    if (row >= 0) Object.assign(pair, labelOf(shape, batch, records[row], row));
  }
}

/** Counts inputs in that production was asked twice. */
export function addNoise(evidence: ShadowEvidence, batch: RepeatBatch): void {
  addRepeats(evidence.noise, evidence.plan.shape, evidence.plan.settings, batch);
}

/** Counts inputs that were never compared: a full queue, a deadline, answers of another shape. */
export function addDropped(evidence: ShadowEvidence, reason: string, pairs: number): void {
  evidence.dropped.set(reason, (evidence.dropped.get(reason) ?? 0) + pairs);
}

/** Notes that the comparison itself failed: the verdict is `error` from now on. */
export function addCrash(evidence: ShadowEvidence, reason: string): void {
  if (evidence.crashes.length < CRASHES_MAX && !evidence.crashes.includes(reason)) evidence.crashes.push(reason);
}

/** The evidence of both. @throws RangeError when they were gathered by different plans */
export function mergeEvidence(a: ShadowEvidence, b: ShadowEvidence): ShadowEvidence {
  if (JSON.stringify(a.plan) !== JSON.stringify(b.plan)) throw new RangeError('evidence gathered by different plans cannot be merged');
  const outcomes = { ...a.outcomes };
  for (const outcome of Object.keys(outcomes) as PairRecord['outcome'][]) outcomes[outcome] += b.outcomes[outcome];
  return {
    plan: a.plan,
    from: a.from === null || b.from === null ? (a.from ?? b.from) : Math.min(a.from, b.from),
    to: a.to === null || b.to === null ? (a.to ?? b.to) : Math.max(a.to, b.to),
    outcomes,
    dropped: mergeCounts(a.dropped, b.dropped),
    crashes: [...new Set([...a.crashes, ...b.crashes])].slice(0, CRASHES_MAX),
    timeline: mergeTimelines(a.timeline, b.timeline),
    numbers: {
      production: mergeSketches(a.numbers.production, b.numbers.production),
      candidate: mergeSketches(a.numbers.candidate, b.numbers.candidate),
      difference: mergeSketches(a.numbers.difference, b.numbers.difference),
      moments: mergeMoments(a.numbers.moments, b.numbers.moments),
    },
    absolute: { sketch: mergeSketches(a.absolute.sketch, b.absolute.sketch), moments: mergeMoments(a.absolute.moments, b.absolute.moments) },
    similarities: a.similarities.map(({ sketch, moments: own }, index) => ({ sketch: mergeSketches(sketch, b.similarities[index].sketch), moments: mergeMoments(own, b.similarities[index].moments) })),
    decisions: mergeCounts(a.decisions, b.decisions),
    tenths: mergeCounts(a.tenths, b.tenths),
    latency: { production: mergeSketches(a.latency.production, b.latency.production), candidate: mergeSketches(a.latency.candidate, b.latency.candidate) },
    worst: [...a.worst, ...b.worst].sort(bySeverity).slice(0, WORST_MAX),
    noise: mergeNoise(a.noise, b.noise),
    labelled: mergeLabelled(a.labelled, b.labelled),
  };
}

/** Pairs that count: those whose input production answered. */
export function comparedPairs({ outcomes }: ShadowEvidence): { compared: number; agree: number; differ: number } {
  const differ = outcomes.differ + outcomes['candidate-failed'] + outcomes['candidate-invalid'] + outcomes['production-invalid'];
  return { compared: outcomes.agree + differ, agree: outcomes.agree, differ };
}

/** Agreement since the beginning at each point; `bounds` is the interval of a share of disagreement. */
export function agreementOverTime({ timeline }: ShadowEvidence, bounds: (differ: number, pairs: number) => { low: number; high: number }): AgreementPoint[] {
  let [pairs, agree] = [0, 0];
  return timeline.points.map((point) => {
    pairs += point.pairs;
    agree += point.agree;
    const { low, high } = bounds(pairs - agree, pairs);
    return { at: new Date(point.at).toISOString(), pairs, agreement: agree / pairs, low: 1 - high, high: 1 - low, recent: point.agree / point.pairs };
  });
}

function addPair(evidence: ShadowEvidence, batch: PairBatch, record: PairRecord, row: number): void {
  evidence.outcomes[record.outcome]++;
  if (record.outcome === 'production-failed') return;
  const agree = record.outcome === 'agree';
  addToTimeline(evidence.timeline, batch.at, agree);
  if (record.decisions !== null && record.decisions.production >= 0 && record.decisions.candidate >= 0) {
    const classes = classesOf(evidence.plan.shape)?.length ?? 0;
    addTo(evidence.decisions, record.decisions.production * classes + record.decisions.candidate);
  }
  if (evidence.plan.shape.kind === 'score' && record.numbers !== null) addTo(evidence.tenths, 10 * tenthOf(record.numbers.production) + tenthOf(record.numbers.candidate));
  if (!agree) addWorst(evidence, batch, record, row);
}

/** Scores outside 0–1 count with the tenth at their end. */
function tenthOf(score: number): number {
  return Math.min(9, Math.max(0, Math.floor(score * 10)));
}

function addNumbers(evidence: ShadowEvidence, records: readonly PairRecord[]): void {
  const { numbers, absolute, similarities } = evidence;
  const differences: number[] = [];
  const sizes: number[] = [];
  const alike: number[][] = similarities.map(() => []);
  for (const record of records) {
    if (record.numbers !== null) {
      const difference = record.numbers.candidate - record.numbers.production;
      addToSketch(numbers.production, record.numbers.production);
      addToSketch(numbers.candidate, record.numbers.candidate);
      // Two huge numbers can lie further apart than the largest number.
      if (Number.isFinite(difference)) {
        differences.push(difference);
        addToSketch(numbers.difference, difference);
      }
    }
    if (record.absolute !== null) {
      sizes.push(record.absolute);
      addToSketch(absolute.sketch, record.absolute);
    }
    record.similarities.forEach((similarity, index) => {
      alike[index].push(similarity);
      addToSketch(similarities[index].sketch, similarity);
    });
  }
  numbers.moments = mergeMoments(numbers.moments, moments(Float64Array.from(differences)));
  absolute.moments = mergeMoments(absolute.moments, moments(Float64Array.from(sizes)));
  similarities.forEach((similarity, index) => (similarity.moments = mergeMoments(similarity.moments, moments(Float64Array.from(alike[index])))));
}

function addLatencies({ latency }: ShadowEvidence, { production, candidate }: PairBatch): void {
  for (const [sketch, side] of [[latency.production, production], [latency.candidate, candidate]] as const) {
    side.latencyMs?.forEach((milliseconds, row) => {
      if (side.answers !== null && side.failed?.[row] !== 1 && Number.isFinite(milliseconds)) addToSketch(sketch, milliseconds);
    });
  }
}

function addToTimeline(timeline: Timeline, at: number, agree: boolean): void {
  let last = timeline.points.at(-1);
  if (last === undefined || last.pairs >= timeline.stride) {
    if (timeline.points.length >= TIMELINE_MAX) coarsen(timeline);
    last = { at, pairs: 0, agree: 0 };
    timeline.points.push(last);
  }
  last.at = Math.max(last.at, at);
  last.pairs++;
  if (agree) last.agree++;
}

/** Puts points together two by two. */
function coarsen(timeline: Timeline): void {
  const points: Timeline['points'] = [];
  for (let index = 0; index < timeline.points.length; index += 2) {
    const [first, second] = [timeline.points[index], timeline.points.at(index + 1)];
    points.push(second ? { at: second.at, pairs: first.pairs + second.pairs, agree: first.agree + second.agree } : first);
  }
  timeline.points = points;
  timeline.stride *= 2;
}

function mergeTimelines(a: Timeline, b: Timeline): Timeline {
  const merged: Timeline = { stride: Math.max(a.stride, b.stride), points: [...a.points, ...b.points].sort((one, other) => one.at - other.at).map((point) => ({ ...point })) };
  while (merged.points.length > TIMELINE_MAX) coarsen(merged);
  return merged;
}

function addWorst(evidence: ShadowEvidence, batch: PairBatch, record: PairRecord, row: number): void {
  const severity = severityOf(record);
  const { worst } = evidence;
  if (worst.length === WORST_MAX && severity <= worst[WORST_MAX - 1].severity) return;
  const { shape } = evidence.plan;
  const [production, candidate] = [batch.production, batch.candidate].map((side) => answerText(shape, side, row));
  const pair: Disagreement = {
    input: batch.inputs[row],
    at: new Date(batch.at).toISOString(),
    reason: reasonText(shape, record),
    production,
    candidate,
    absolute: record.absolute,
    relative: record.relative,
    ...labelOf(shape, batch, record, row),
  };
  const place = worst.findIndex((other) => other.severity < severity);
  worst.splice(place < 0 ? worst.length : place, 0, { severity, pair });
  worst.length = Math.min(worst.length, WORST_MAX);
}

/** The worst first; a difference of severities would be NaN between two faults. */
function bySeverity(a: { severity: number }, b: { severity: number }): number {
  return a.severity === b.severity ? 0 : a.severity > b.severity ? -1 : 1;
}

/** Faults first, then changed decisions, then the size of the difference. */
function severityOf({ outcome, decisions, absolute, similarities }: PairRecord): number {
  if (outcome === 'candidate-invalid') return Infinity;
  if (outcome !== 'differ') return Number.MAX_VALUE;
  const changed = decisions !== null && decisions.production !== decisions.candidate;
  return (changed ? 1e6 : 0) + (absolute ?? 1 - (similarities.at(0) ?? 0));
}

function reasonText(shape: AnswerShape, { outcome, decisions }: PairRecord): string {
  switch (outcome) {
    case 'candidate-failed':
      return 'no answer';
    case 'candidate-invalid':
    case 'production-invalid':
      return `${outcome === 'candidate-invalid' ? 'candidate' : 'production'}: ${shape.kind === 'ranking' ? 'an item stands twice' : 'not a finite number, or no known class'}`;
    case 'agree':
    case 'differ':
    case 'production-failed': {
      const classes = classesOf(shape);
      if (classes !== null && decisions !== null && decisions.production !== decisions.candidate) return `${classes[decisions.production]} → ${classes[decisions.candidate]}`;
      return 'over tolerance';
    }
  }
}

/** Characters of an answer that a list of disagreements shows. */
const TEXT_MAX = 200;

function answerText(shape: AnswerShape, { answers, failed }: AnsweredBatch, row: number): string {
  if (answers === null || failed?.[row] === 1) return 'no answer';
  const text = textOf(shape, answers, row);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;
}

function textOf(shape: AnswerShape, answers: Answers, row: number): string {
  const number = (value: number): string => (Number.isFinite(value) ? numberText(value, 5) : String(value));
  switch (answers.kind) {
    case 'classifier': {
      const classes = classesOf(shape) ?? [];
      const own = answers.probabilities?.subarray(row * classes.length, (row + 1) * classes.length);
      const code = answers.codes ? answers.codes[row] : (own?.indexOf(Math.max(...own)) ?? -1);
      return [classes.at(code >= 0 ? code : classes.length) ?? 'no known class', ...(own ? [number(own[code] ?? NaN)] : [])].join(' ');
    }
    case 'score':
      return number(answers.scores[row]);
    case 'regression':
      return number(answers.values[row]);
    case 'ranking':
      return answers.lists[row]?.slice(0, shape.kind === 'ranking' ? shape.k : undefined).join(', ') ?? 'no answer';
    case 'embedding': {
      const width = shape.kind === 'embedding' ? shape.width : 0;
      return `[${[...answers.values.subarray(row * width, row * width + Math.min(width, 4))].map(number).join(', ')}${width > 4 ? ', …' : ''}]`;
    }
    case 'text':
      return answers.texts[row] ?? 'no answer';
  }
}

function labelOf(shape: AnswerShape, { labels }: PairBatch, record: PairRecord, row: number): Pick<Disagreement, 'label' | 'right'> {
  if (labels === undefined) return { label: null, right: null };
  if (labels.kind === 'values') return { label: Number.isNaN(labels.values[row]) ? null : numberText(labels.values[row], 5), right: null };
  const code = labels.codes[row];
  const label = classesOf(shape)?.at(code >= 0 ? code : Infinity);
  if (label === undefined) return { label: null, right: null };
  return { label, right: rightOf(record, code) };
}

function rightOf({ decisions }: PairRecord, label: number): NonNullable<Disagreement['right']> {
  const [production, candidate] = [decisions?.production === label, decisions?.candidate === label];
  return production ? (candidate ? 'both' : 'production') : candidate ? 'candidate' : 'neither';
}

/** A candidate without an answer is wrong; a pair without production's counts for neither. */
function countLabels(evidence: ShadowEvidence, { labels, inputs }: PairBatch, records: readonly PairRecord[]): void {
  if (labels === undefined) return;
  const given = labels.kind === 'classes' ? labels.codes.length : labels.values.length;
  if (given !== inputs.length) throw new RangeError(`${given} labels for ${inputs.length} inputs`);
  const counts = evidence.labelled;
  const { labelled, labelMargin: margin, value } = evidence.plan.settings;
  const [production, candidate]: [number[], number[]] = [[], []];
  const worth: [production: number[], candidate: number[]] = [[], []];
  records.forEach((record, row) => {
    if (record.outcome === 'production-failed' || record.outcome === 'production-invalid') return;
    if (labelled === 'disagreements' && record.outcome === 'agree') return;
    if (labels.kind === 'classes') {
      if (!(labels.codes[row] >= 0)) return;
      counts.right[rightOf(record, labels.codes[row])]++;
      if (value !== null) {
        worth[0].push(worthOf(value, record.decisions?.production ?? -1, labels.codes[row]));
        worth[1].push(worthOf(value, record.decisions?.candidate ?? -1, labels.codes[row]));
      }
    } else {
      const label = labels.values[row];
      if (Number.isNaN(label) || record.numbers === null) return;
      production.push(Math.abs(record.numbers.production - label));
      candidate.push(Math.abs(record.numbers.candidate - label));
    }
    counts.pairs++;
    if (record.outcome !== 'agree') counts.disagreements++;
  });
  const add = (name: keyof LabelledCounts['errors'], of: (row: number) => number): void => {
    counts.errors[name] = mergeMoments(counts.errors[name], moments(Float64Array.from(production, (_, row) => of(row))));
  };
  add('production', (row) => production[row]);
  add('candidate', (row) => candidate[row]);
  add('difference', (row) => candidate[row] - production[row]);
  add('aboveUpper', (row) => candidate[row] - (1 + margin) * production[row]);
  add('aboveLower', (row) => candidate[row] - (1 - margin) * production[row]);
  const addWorth = (name: keyof LabelledCounts['worth'], values: readonly number[]): void => {
    counts.worth[name] = mergeMoments(counts.worth[name], moments(Float64Array.from(values)));
  };
  addWorth('production', worth[0]);
  addWorth('candidate', worth[1]);
  addWorth('difference', worth[0].map((before, row) => worth[1][row] - before));
}

function gainOf({ outcome, decisions, numbers }: PairRecord, labels: Labels | undefined, row: number, value: DecisionValue | null): number {
  if (labels === undefined || outcome === 'production-failed' || outcome === 'production-invalid') return NaN;
  if (labels.kind === 'values') return numbers === null ? NaN : Math.abs(numbers.production - labels.values[row]) - Math.abs(numbers.candidate - labels.values[row]);
  const label = labels.codes[row];
  if (!(label >= 0) || decisions === null) return NaN;
  if (value !== null) return worthOf(value, decisions.candidate, label) - worthOf(value, decisions.production, label);
  return Number(decisions.candidate === label) - Number(decisions.production === label);
}

/** No decision is worth as much as the worse of the two. */
function worthOf({ tp, fp, fn, tn }: DecisionValue, decision: number, label: number): number {
  const [negative, positive] = label === 1 ? [fn, tp] : [tn, fp];
  return decision === 1 ? positive : decision === 0 ? negative : Math.min(negative, positive);
}

function mergeLabelled(a: LabelledCounts, b: LabelledCounts): LabelledCounts {
  const errors = (name: keyof LabelledCounts['errors']): Moments => mergeMoments(a.errors[name], b.errors[name]);
  const right = (who: keyof LabelledCounts['right']): number => a.right[who] + b.right[who];
  const worth = (name: keyof LabelledCounts['worth']): Moments => mergeMoments(a.worth[name], b.worth[name]);
  return {
    pairs: a.pairs + b.pairs,
    disagreements: a.disagreements + b.disagreements,
    right: { both: right('both'), candidate: right('candidate'), production: right('production'), neither: right('neither') },
    errors: { production: errors('production'), candidate: errors('candidate'), difference: errors('difference'), aboveUpper: errors('aboveUpper'), aboveLower: errors('aboveLower') },
    worth: { production: worth('production'), candidate: worth('candidate'), difference: worth('difference') },
  };
}

function addTo(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mergeCounts<Key>(a: Map<Key, number>, b: Map<Key, number>): Map<Key, number> {
  const merged = new Map(a);
  for (const [key, count] of b) merged.set(key, (merged.get(key) ?? 0) + count);
  return merged;
}
