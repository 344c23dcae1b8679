import type { ConfusionMatrix } from '../../protocol/evaluation.ts';
import type { Measured } from '../../protocol/measured.ts';
import { countText, differenceText, numberText } from '../../protocol/number-text.ts';
import type { DecisionValue, DisagreementSlices, DistributionShift, HarmedSlices, LatencyQuantiles, NoiseReport, ShadowErrors, ShadowLabels, ShadowLatency, ShadowReport } from '../../protocol/shadow.ts';
import { cohenKappa } from '../stats/classification-metrics.ts';
import { exceedanceTest } from '../stats/exceedance-test.ts';
import { type QuantileSketch, countAbove, sketchQuantile } from '../stats/quantile-sketch.ts';
import { sprt } from '../stats/sprt.ts';
import { classesOf } from './answers.ts';
import { changeSizes } from './change-sizes.ts';
import { aboveNoiseInterval, decideShadow } from './decide-shadow.ts';
import { judgeLabels } from './judge-labels.ts';
import { noiseReport } from './noise-floor.ts';
import { type ShadowBounds, shadowBounds } from './shadow-bounds.ts';
import { type ShadowEvidence, agreementOverTime, comparedPairs } from './shadow-evidence.ts';

export interface ShadowMoment {
  /** No pair follows: a replay is through, or the shadow was stopped. */
  ended: boolean;
  /** Where the pairs' inputs are at hand; see `findDisagreementSlices`. */
  slices?: DisagreementSlices;
  /** The same of what labels say; see `findHarmedSlices`. */
  harmed?: HarmedSlices;
}

/** Classes that a confusion matrix shows by name. */
const CLASSES_SHOWN = 20;
const FLIPS_SHOWN = 20;
/** Classes for which kappa is computed and distributions are compared. */
const CLASSES_MAX = 200;
/** Chance of calling an unacceptable rate of failures acceptable. */
const ERRORS_BETA = 0.1;
/** Requests on both sides without which nothing is called slower. */
const LATENCIES_MIN = 100;

/**
 * Judges a candidate by the evidence so far.
 *
 * Live it may be asked after every pair without spoiling the error rate: every interval and test then holds at all looks at
 * once. A replay is judged once, at its end, by tests for a sample whose size is fixed, which need about a third fewer pairs.
 * Error rates of candidates are Wald's SPRT in both cases.
 */
export function judgeShadow(evidence: ShadowEvidence, { ended, slices, harmed }: ShadowMoment): ShadowReport {
  const { plan } = evidence;
  const live = plan.source.kind === 'live';
  const { compared, agree, differ } = comparedPairs(evidence);
  const bounds = shadowBounds(plan, evidence.noise.runs.size > 0);
  const noise = noiseReport(evidence.noise, bounds.noise, ({ candidateOnly, productionOnly, pairs }) => bounds.paired({ candidateOnly, championOnly: productionOnly, rows: pairs }));
  const disagreement: Measured = compared === 0 ? { value: null, reason: 'no pairs', rows: 0 } : { value: differ / compared, rows: compared, interval: bounds.disagreement(differ, compared) };
  const aboveNoise = subtractNoise(evidence, bounds, noise, disagreement);
  const errors = errorsOf(evidence, compared);
  const labels = judgeLabels(evidence, bounds);
  const shifts = noise?.nonDeterministic ? shiftsOf(evidence, bounds) : [];
  const latency = latencyOf(evidence, live);
  const decision = decideShadow({ evidence, bounds, ended, disagreement, aboveNoise, noise, shifts, errors, labels });
  return {
    schema: 'slipway.shadow/1',
    production: plan.production,
    candidate: plan.candidate,
    source: { ...plan.source, from: timeText(evidence.from), to: timeText(evidence.to), ended },
    settings: plan.settings,
    answers: plan.shape.kind,
    pairs: {
      compared,
      agree,
      differ,
      candidateFailed: evidence.outcomes['candidate-failed'],
      candidateInvalid: evidence.outcomes['candidate-invalid'],
      productionInvalid: evidence.outcomes['production-invalid'],
      dropped: [...evidence.dropped].map(([reason, pairs]) => ({ reason, pairs })),
    },
    disagreement,
    overTime: agreementOverTime(evidence, bounds.disagreement),
    noise,
    aboveNoise,
    basis: plan.settings.intent === 'same-build' && noise?.nonDeterministic ? 'distributions' : 'pairs',
    distributions: shifts,
    change: changeSizes(evidence, bounds),
    ...decisionsOf(evidence),
    latency,
    errors,
    slices: slices ?? null,
    harmed: harmed ?? null,
    worst: evidence.worst.map(({ pair }) => pair),
    labels: labels?.report ?? null,
    ...decision,
    sentence: decision.sentence + harmText(harmed, labels?.report.metric ?? null, plan.settings.value) + latencyText(latency),
  };
}

/** An average hides for whom it is worse. */
function harmText(harmed: HarmedSlices | undefined, metric: ShadowLabels['metric'] | null, value: DecisionValue | null): string {
  const worst = harmed?.found.at(0);
  if (worst === undefined || metric === null) return '';
  const size = differenceText(worst.gain.value ?? NaN, metric === 'accuracy' ? 'share' : metric === 'value' ? 'money' : 'metric');
  const more = (harmed?.found.length ?? 1) - 1;
  return ` It is worse where ${worst.slice.name}: ${size}${metric === 'value' ? ` ${value?.currency ?? ''}` : ''} on ${countText(worst.rows)} rows${more > 0 ? `, and in ${more === 1 ? 'one more slice' : `${countText(more)} more slices`}` : ''}.`;
}

function subtractNoise(evidence: ShadowEvidence, bounds: ShadowBounds, noise: NoiseReport | null, disagreement: Measured): Measured {
  if (disagreement.value === null) return disagreement;
  const interval = disagreement.interval && { ...disagreement.interval, ...aboveNoiseInterval({ evidence, bounds, noise }, disagreement.rows) };
  return { value: disagreement.value - (noise?.share.value ?? 0), rows: disagreement.rows, ...(interval && { interval }) };
}

function errorsOf({ outcomes, plan }: ShadowEvidence, compared: number): ShadowErrors {
  const { alpha, errorRates } = plan.settings;
  return {
    production: outcomes['production-failed'],
    candidate: outcomes['candidate-failed'],
    inputs: compared + outcomes['production-failed'],
    test: sprt(outcomes['candidate-failed'], compared, { ...errorRates, alpha, beta: ERRORS_BETA }),
  };
}

/** Share of each class, or of each tenth of the score, on both sides; the widest gap first. */
function shiftsOf(evidence: ShadowEvidence, bounds: ShadowBounds): DistributionShift[] {
  const { shape } = evidence.plan;
  const classes = shape.kind === 'score' ? Array.from({ length: 10 }, (_, tenth) => `${tenth / 10}–${(tenth + 1) / 10}`) : classesOf(shape);
  if (classes === null || classes.length > CLASSES_MAX) return [];
  const counts = shape.kind === 'score' ? evidence.tenths : evidence.decisions;
  const pairs = [...counts.values()].reduce((total, count) => total + count, 0);
  if (pairs === 0) return [];
  const shares = classes.map((name) => ({ name, production: 0, candidate: 0, productionOnly: 0, candidateOnly: 0 }));
  for (const [key, count] of counts) {
    const [before, after] = [shares[Math.floor(key / classes.length)], shares[key % classes.length]];
    before.production += count / pairs;
    after.candidate += count / pairs;
    if (before === after) continue;
    before.productionOnly += count;
    after.candidateOnly += count;
  }
  return shares
    .map(({ name, production, candidate, productionOnly, candidateOnly }): DistributionShift => ({
      name,
      production,
      candidate,
      difference: { value: candidate - production, rows: pairs, interval: bounds.paired({ candidateOnly, championOnly: productionOnly, rows: pairs }, classes.length) },
    }))
    .sort((a, b) => Math.abs(b.candidate - b.production) - Math.abs(a.candidate - a.production));
}

function decisionsOf({ decisions, plan }: ShadowEvidence): Pick<ShadowReport, 'confusion' | 'kappa' | 'flips'> {
  const classes = classesOf(plan.shape);
  if (classes === null) return { confusion: null, kappa: null, flips: [] };
  const cells = [...decisions].map(([key, pairs]) => ({ from: Math.floor(key / classes.length), to: key % classes.length, pairs }));
  const flips = cells.filter(({ from, to }) => from !== to).sort((a, b) => b.pairs - a.pairs || a.from - b.from || a.to - b.to);
  return {
    confusion: confusionOf(classes, cells),
    kappa: kappaOf(classes.length, decisions),
    flips: flips.slice(0, FLIPS_SHOWN).map(({ from, to, pairs }) => ({ from: classes[from], to: classes[to], pairs })),
  };
}

function confusionOf(classes: readonly string[], cells: readonly { from: number; to: number; pairs: number }[]): ConfusionMatrix {
  const counts = new Float64Array(classes.length);
  for (const { from, to, pairs } of cells) {
    counts[from] += pairs;
    counts[to] += pairs;
  }
  const order = [...classes.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const shown = (classes.length > CLASSES_SHOWN ? order.slice(0, CLASSES_SHOWN - 1) : order).sort((a, b) => a - b);
  const labels = [...shown.map((index) => classes[index]), ...(shown.length < classes.length ? ['other'] : [])];
  const placeOf = (index: number): number => (shown.includes(index) ? shown.indexOf(index) : labels.length - 1);
  const matrix = labels.map(() => labels.map(() => 0));
  for (const { from, to, pairs } of cells) matrix[placeOf(from)][placeOf(to)] += pairs;
  return { labels, counts: matrix };
}

function kappaOf(classes: number, decisions: ReadonlyMap<number, number>): Measured {
  const rows = [...decisions.values()].reduce((total, pairs) => total + pairs, 0);
  if (rows === 0) return { value: null, reason: 'no pairs', rows };
  if (classes > CLASSES_MAX) return { value: null, reason: `more than ${CLASSES_MAX} classes`, rows };
  const counts = new Float64Array(classes * classes);
  for (const [key, pairs] of decisions) counts[key] = pairs;
  return { ...cohenKappa({ classes, counts }), rows };
}

function latencyOf({ latency, plan }: ShadowEvidence, live: boolean): ShadowLatency | null {
  const { production, candidate } = latency;
  const p95 = sketchQuantile(production, 0.95);
  if (p95 === null || candidate.count === 0) return null;
  const limitMs = p95 * plan.settings.maxLatencyRatio;
  const test = exceedanceTest(countAbove(candidate, limitMs), candidate.count, 0.05);
  const pValue = live ? test.sequentialP : test.pValue;
  return {
    production: quantilesOf(production),
    candidate: quantilesOf(candidate),
    exceedance: { limitMs, share: test.share, expected: 0.05, pValue },
    slower: Math.min(production.count, candidate.count) >= LATENCIES_MIN && pValue <= plan.settings.alpha,
  };
}

function quantilesOf(sketch: QuantileSketch): LatencyQuantiles {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((probability) => sketchQuantile(sketch, probability));
  return { requests: sketch.count, p50Ms, p95Ms, p99Ms };
}

function latencyText(latency: ShadowLatency | null): string {
  if (!latency?.slower) return '';
  return ` It is slower: p95 ${numberText(latency.candidate.p95Ms ?? NaN)} ms against ${numberText(latency.production.p95Ms ?? NaN)} ms.`;
}

function timeText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
