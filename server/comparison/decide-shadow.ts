import type { Interval, Measured } from '../../protocol/measured.ts';
import { countText, differenceText, numberText, shareText } from '../../protocol/number-text.ts';
import type { DistributionShift, NoiseReport, ShadowErrors, ShadowLabels, ShadowReport, ShadowSettings, ShadowVerdict } from '../../protocol/shadow.ts';
import { leastTrials } from '../stats/least-trials.ts';
import { sprt } from '../stats/sprt.ts';
import { hasLabels, type JudgedLabels, judgeLabels, scaleLabels } from './judge-labels.ts';
import { noiseText } from './noise-floor.ts';
import type { ShadowBounds } from './shadow-bounds.ts';
import { type ShadowEvidence, comparedPairs } from './shadow-evidence.ts';

/** What a verdict is made from. */
export interface ShadowFindings {
  evidence: ShadowEvidence;
  bounds: ShadowBounds;
  ended: boolean;
  disagreement: Measured;
  aboveNoise: Measured;
  noise: NoiseReport | null;
  shifts: readonly DistributionShift[];
  errors: ShadowErrors;
  labels: JudgedLabels | null;
}

export type ShadowDecision = Pick<ShadowReport, 'verdict' | 'sentence' | 'nextSentence' | 'needs'>;

/** A finding that is not settled yet: whether one goes on is decided by whether more can come. */
type Finding = Omit<ShadowDecision, 'verdict'> & { verdict: Exclude<ShadowVerdict, 'keep-going' | 'inconclusive'> | 'open' };

/**
 * The verdict on a candidate, and what would change it.
 *
 * In this order: a comparison that failed is an error; a replay is judged at its end; answers that are no answers and too
 * many failures are worse; too few pairs are open. Then the intent decides: another build is equivalent when it disagrees
 * above noise less than the margin, worse when surely more; a new model by its labels, or equivalent when it disagrees so
 * rarely that who is right cannot matter. Open is `keep-going` while pairs come, `inconclusive` when none follow.
 */
export function decideShadow(findings: ShadowFindings): ShadowDecision {
  const { evidence, ended } = findings;
  const { maxPairs } = evidence.plan.settings;
  const over = ended || (maxPairs !== null && comparedPairs(evidence).compared >= maxPairs);
  const { verdict, ...rest } = find(findings);
  if (verdict !== 'open') return { verdict, ...rest };
  return over ? { ...rest, verdict: 'inconclusive', sentence: `Inconclusive: ${rest.sentence}` } : { ...rest, verdict: 'keep-going', sentence: `Keep going: ${rest.sentence}` };
}

function find(findings: ShadowFindings): Finding {
  const { evidence, ended, errors } = findings;
  const { settings, source } = evidence.plan;
  const { compared } = comparedPairs(evidence);
  const invalid = evidence.outcomes['candidate-invalid'];
  if (evidence.crashes.length > 0) return settled('error', `The two could not be compared: ${evidence.crashes[0]}.`, 'Nothing is known about the candidate until that is mended and the comparison run again.');
  if (compared === 0) return open('there is no pair yet.', 'Send traffic, or replay a recording.');
  if (source.kind === 'replay' && !ended) return open(`${countText(compared)} pairs so far; ${seen(findings)}.`, 'A replay is judged once, at its end.');
  if (invalid > 0) return settled('worse', `Worse: for ${countText(invalid)} of ${countText(compared)} inputs the candidate’s answer is not a finite number or no known class, where production’s is sound.`);
  if (errors.test.decision === 'unacceptable') return settled('worse', `Worse: the candidate fails on ${shareText(errors.candidate / compared)} of ${countText(compared)} inputs that production answers; ${shareText(settings.errorRates.acceptable)} would be acceptable.`);
  if (compared < settings.minPairs) return open(`${countText(compared)} of at least ${countText(settings.minPairs)} pairs; ${seen(findings)}.`, '', { what: 'pairs', count: settings.minPairs - compared });
  if (errors.test.decision === null) return openFailures(findings);
  return settings.intent === 'same-build' ? findBuild(findings) : findModel(findings);
}

function findBuild(findings: ShadowFindings): Finding {
  const { evidence, aboveNoise, noise } = findings;
  const { margin } = evidence.plan.settings;
  const interval = aboveNoise.interval;
  if (noise?.nonDeterministic) return findDistributions(findings, noise);
  if (interval === undefined) return open(`${seen(findings)}.`, '');
  if (interval.high < margin) return settled('equivalent', `Equivalent: ${seen(findings)}; above noise it is surely less than the margin of ${shareText(margin)}.`);
  if (interval.low > margin) return settled('worse', `Worse: ${seen(findings)}; above noise it is surely more than the margin of ${shareText(margin)}.`);
  return openAt(findings, `${seen(findings)}; the margin is ${shareText(margin)}.`, (pairs) => {
    const { low, high } = aboveNoiseInterval(findings, pairs);
    return high < margin || low > margin;
  });
}

/** Pairs do not tell a candidate from noise: every share of answers must be the same within the margin. */
function findDistributions({ evidence, shifts, bounds }: ShadowFindings, noise: NoiseReport): Finding {
  const { margin } = evidence.plan.settings;
  const why = `production disagrees with itself on ${shareText(noise.share.value ?? 0)}, so that all answers are compared instead of pairs`;
  const ends = shifts.flatMap(({ difference }) => (difference.interval ? [difference.interval] : []));
  const [widest] = shifts;
  if (widest === undefined || ends.length < shifts.length) return open(`${why}, which answers of this kind do not allow.`, 'Label what they answer, or make production repeat itself: a fixed seed, one thread, full precision.');
  const told = `${widest.name} is answered on ${shareText(widest.candidate)} instead of ${shareText(widest.production)} of inputs`;
  if (ends.every(({ low, high }) => low > -margin && high < margin)) return settled('equivalent', `Equivalent: ${why}; no share of answers has moved by the margin of ${shareText(margin)}. At most, ${told}.`);
  if (ends.some(({ low, high }) => low > margin || high < -margin)) return settled('worse', `Worse: ${why}; ${told}.`);
  const { decisions } = evidence;
  const pairs = [...decisions.values()].reduce((total, count) => total + count, 0);
  const least = leastTrials((trials) => {
    const { low, high } = bounds.paired(scaledShift(widest, trials), shifts.length);
    return (low > -margin && high < margin) || low > margin || high < -margin;
  }, pairs);
  return openFor(`${why}; ${told}.`, 'pairs', least === null ? null : least - pairs);
}

/** As many rows won and lost by a share of answers as the observed difference needs at least. */
function scaledShift({ production, candidate }: DistributionShift, rows: number): { candidateOnly: number; championOnly: number; rows: number } {
  const moved = Math.round(Math.abs(candidate - production) * rows);
  return candidate > production ? { candidateOnly: moved, championOnly: 0, rows } : { candidateOnly: 0, championOnly: moved, rows };
}

function findModel(findings: ShadowFindings): Finding {
  const { evidence, labels, disagreement, bounds } = findings;
  const { margin, minLabels } = evidence.plan.settings;
  const judged = labels !== null && labels.report.pairs >= minLabels ? labels : null;
  if (judged?.verdict) return settled(judged.verdict, `${capitalised(judged.verdict)}: ${labelText(judged, evidence.plan.settings)}; ${seen(findings)}.`);
  const matters = hasLabels(evidence.plan.shape) ? 'so that it matters little who is right' : 'so that the answers are as good as the same';
  if (disagreement.interval && disagreement.interval.high < margin) return settled('equivalent', `Equivalent: ${seen(findings)}, surely less than the margin of ${shareText(margin)}, ${matters}.`);
  if (!hasLabels(evidence.plan.shape)) return open(`${seen(findings)}, and answers of this kind carry no label here.`, 'Look at the worst disagreements, and let a person say which answers are right.');
  if (labels === null || judged === null) {
    const known = labels?.report.pairs ?? 0;
    const which = evidence.plan.settings.labelled === 'random' ? 'of a random share of the pairs' : 'of a random share of those that disagree';
    return open(`${seen(findings)}; who is right is known for ${countText(known)} pairs.`, `At least ${moreText(minLabels - known, 'labels')} needed, ${which}.`, { what: 'labels', count: minLabels - known });
  }
  const least = leastTrials((pairs) => judgeLabels({ ...evidence, labelled: scaleLabels(evidence.labelled, pairs) }, bounds)?.verdict !== null, judged.report.pairs);
  return openFor(`${labelText(judged, evidence.plan.settings)}; ${seen(findings)}.`, 'labels', least === null ? null : least - judged.report.pairs);
}

function labelText({ report }: JudgedLabels, { labelMargin: margin, value: worth }: ShadowSettings): string {
  if (worth !== null) return worthText(report, margin, worth.currency);
  const { metric, production, candidate, difference } = report;
  const { interval } = difference;
  const unit = metric === 'accuracy' ? 'share' : 'metric';
  const range = interval ? ` (${differenceText(interval.low, unit)} to ${differenceText(interval.high, unit)})` : '';
  const name = metric === 'accuracy' ? 'accuracy' : 'mean absolute error';
  const allowed = metric === 'accuracy' ? `${differenceText(margin, 'share').slice(1)}` : shareText(margin);
  const value = (measured: Measured): string => (metric === 'accuracy' ? shareText(measured.value ?? NaN) : numberText(measured.value ?? NaN));
  const found = `${differenceText(difference.value ?? NaN, unit)}${range} at a margin of ${allowed}`;
  if (candidate.value === null) return `by ${countText(report.pairs)} labelled disagreements its ${name} differs from production’s by ${found}`;
  return `on ${countText(report.pairs)} labelled pairs its ${name} is ${value(candidate)}, production’s ${value(production)}: ${found}`;
}

/** "on 249,435 labelled pairs a decision of it is worth 3.41 USD, production’s 2.96: +0.45 (+0.43 to +0.47) at a margin of 1.0 %" */
function worthText({ pairs, production, candidate, difference }: ShadowLabels, margin: number, currency: string): string {
  const { interval } = difference;
  const range = interval ? ` (${differenceText(interval.low, 'money')} to ${differenceText(interval.high, 'money')})` : '';
  const found = `${differenceText(difference.value ?? NaN, 'money')}${range}`;
  if (candidate.value === null) return `by ${countText(pairs)} labelled disagreements a decision of it is worth ${found} ${currency} more or less than production’s`;
  return `on ${countText(pairs)} labelled pairs a decision of it is worth ${numberText(candidate.value)} ${currency}, production’s ${numberText(production.value ?? NaN)}: ${found} at a margin of ${shareText(margin)}`;
}

/** "they disagree on 1.3 % (1.0 % to 1.6 %) of 18,204 pairs, production disagrees with itself on 0.2 %" */
function seen({ disagreement, noise, evidence }: ShadowFindings): string {
  const { interval } = disagreement;
  const range = interval ? ` (${shareText(interval.low)} to ${shareText(interval.high)})` : '';
  const alone = evidence.plan.settings.intent === 'new-model' && noise === null ? '' : `, ${noiseText(noise)}`;
  return `they disagree on ${shareText(disagreement.value ?? 0)}${range} of ${countText(disagreement.rows)} pairs${alone}`;
}

/** Disagreement less noise after `pairs` pairs at the present rate; noise as it is known now. */
export function aboveNoiseInterval({ evidence, bounds, noise }: Pick<ShadowFindings, 'evidence' | 'bounds' | 'noise'>, pairs: number): Pick<Interval, 'low' | 'high'> {
  const { compared, differ } = comparedPairs(evidence);
  const { low, high } = bounds.disagreement(pairs === compared ? differ : Math.round((differ / compared) * pairs), pairs);
  const runs = noise?.runs.flatMap(({ share }) => (share.interval ? [share.interval] : [])) ?? [];
  const floor = { low: Math.max(0, ...runs.map((run) => run.low)), high: Math.max(0, ...runs.map((run) => run.high)) };
  return { low: low - floor.high, high: high - floor.low };
}

function openFailures({ evidence, errors, disagreement }: ShadowFindings): Finding {
  const { alpha, errorRates } = evidence.plan.settings;
  const rate = errors.candidate / disagreement.rows;
  const least = leastTrials((pairs) => sprt(Math.round(rate * pairs), pairs, { ...errorRates, alpha, beta: 0.1 }).decision !== null, disagreement.rows);
  return openFor(`the candidate fails on ${shareText(rate)} of ${countText(disagreement.rows)} inputs, which is neither surely acceptable (${shareText(errorRates.acceptable)}) nor too much (${shareText(errorRates.unacceptable)}).`, 'pairs', least === null ? null : least - disagreement.rows);
}

function openAt({ disagreement }: ShadowFindings, sentence: string, decides: (pairs: number) => boolean): Finding {
  const least = leastTrials(decides, disagreement.rows);
  return openFor(sentence, 'pairs', least === null ? null : least - disagreement.rows);
}

function openFor(sentence: string, what: 'pairs' | 'labels', count: number | null): Finding {
  if (count === null) return open(sentence, `At the present rate no number of further ${what} decides: it lies too close to the margin. Set another margin, or let a person decide.`);
  return open(sentence, `About ${countText(count)} more ${count === 1 ? `${what.slice(0, -1)} decides` : `${what} decide`} at the present rate.`, { what, count });
}

function open(sentence: string, nextSentence: string, needs: ShadowDecision['needs'] = null): Finding {
  return { verdict: 'open', sentence, nextSentence: nextSentence === '' && needs !== null ? `At least ${moreText(needs.count, needs.what)} needed.` : nextSentence, needs };
}

function settled(verdict: Exclude<Finding['verdict'], 'open'>, sentence: string, nextSentence = ''): Finding {
  return { verdict, sentence, nextSentence, needs: null };
}

/** "1 more pair is", "29 more pairs are" */
function moreText(count: number, what: 'pairs' | 'labels'): string {
  return `${countText(count)} more ${count === 1 ? `${what.slice(0, -1)} is` : `${what} are`}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
