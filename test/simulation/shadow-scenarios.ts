import type { ShadowIntent, ShadowSettings, ShadowVerdict } from '../../protocol/shadow.ts';
import { judgeShadow } from '../../server/comparison/judge-shadow.ts';
import { addNoise, addPairs, createEvidence } from '../../server/comparison/shadow-evidence.ts';
import { planShadow } from '../../server/comparison/shadow-plan.ts';
import { isRateBelow } from '../../server/stats/beta-mixture-test.ts';
import { pairedDifferenceSequence } from '../../server/stats/confidence-sequence.ts';
import { leastTrials } from '../../server/stats/least-trials.ts';
import { createRandom, type Random } from '../../server/stats/random.ts';
import { type SprtPlan, sprt } from '../../server/stats/sprt.ts';

/** How often a test calls two equally good models different at one of so many looks. */
export interface PeekingOutcome {
  looks: number;
  repeats: number;
  /** Plain z-test at 5 % on the rows that changed. */
  plain: number;
  /** Confidence sequence of the paired difference at 95 %. */
  sequence: number;
}

/** 2,000 labelled pairs, on a fifth of which exactly one model is right: each of the two as often. */
export function peek(looks: number, repeats: number, seed: number): PeekingOutcome {
  const outcome: PeekingOutcome = { looks, repeats, plain: 0, sequence: 0 };
  const rows = 2000;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const random = createRandom(seed).split(`peek ${looks} ${repeat}`);
    let [candidateOnly, championOnly] = [0, 0];
    let [plain, sequence] = [false, false];
    for (let row = 1; row <= rows; row++) {
      const draw = random.uniform();
      if (draw < 0.1) candidateOnly++;
      else if (draw < 0.2) championOnly++;
      if (row % (rows / looks) !== 0) continue;
      plain ||= Math.abs(candidateOnly - championOnly) > 1.959964 * Math.sqrt(candidateOnly + championOnly);
      const { low, high } = pairedDifferenceSequence({ candidateOnly, championOnly, rows: row }, 0.95);
      sequence ||= low > 0 || high < 0;
    }
    if (plain) outcome.plain++;
    if (sequence) outcome.sequence++;
  }
  return outcome;
}

export interface AcceptOutcome {
  limit: number;
  rate: number;
  repeats: number;
  accepted: number;
  /** Pairs at acceptance, of those accepted; null when more than the share was never accepted. */
  median: number | null;
  p90: number | null;
}

/** How often, and when, disagreement is accepted as below a limit when looked at every 5 pairs up to 6,000. */
export function acceptRate(limit: number, rate: number, repeats: number, seed: number): AcceptOutcome {
  const waits: number[] = [];
  const pairsMax = 6000;
  // The most disagreements with which so many pairs are accepted.
  const allowed = Int32Array.from({ length: pairsMax + 1 }, () => -1);
  for (let differ = 0, from = 0; from <= pairsMax; differ++) {
    const least = leastTrials((pairs) => isRateBelow(differ, pairs, limit, 0.05), Math.max(from, differ));
    from = least ?? pairsMax + 1;
    for (let pairs = from; pairs <= pairsMax; pairs++) allowed[pairs] = differ;
  }
  for (let repeat = 0; repeat < repeats; repeat++) {
    const random = createRandom(seed).split(`accept ${limit} ${rate} ${repeat}`);
    let differ = 0;
    for (let pairs = 1; pairs <= pairsMax; pairs++) {
      if (random.uniform() < rate) differ++;
      if (pairs % 5 !== 0 || differ > allowed[pairs]) continue;
      waits.push(pairs);
      break;
    }
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): number | null => waits.at(Math.ceil(share * repeats) - 1) ?? null;
  return { limit, rate, repeats, accepted: waits.length, median: waits.length >= repeats / 2 ? at(0.5) : null, p90: waits.length >= 0.9 * repeats ? at(0.9) : null };
}

export interface SprtOutcome {
  rate: number;
  repeats: number;
  rejected: number;
  meanTrials: number;
}

/** How Wald's test decides at a true rate of failures, and after how many inputs on average. */
export function runSprt(plan: SprtPlan, rate: number, repeats: number, seed: number): SprtOutcome {
  const outcome: SprtOutcome = { rate, repeats, rejected: 0, meanTrials: 0 };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const random = createRandom(seed).split(`sprt ${rate} ${repeat}`);
    let [failures, trials] = [0, 0];
    let decision = sprt(0, 0, plan).decision;
    while (decision === null) {
      trials++;
      if (random.uniform() < rate) failures++;
      decision = sprt(failures, trials, plan).decision;
    }
    if (decision === 'unacceptable') outcome.rejected++;
    outcome.meanTrials += trials / repeats;
  }
  return outcome;
}

/** A candidate whose truth is known, judged as it would be live or in a replay. */
export interface ShadowScenario {
  name: string;
  intent: ShadowIntent;
  kind: 'live' | 'replay';
  pairs: number;
  looks: number;
  /** Share of inputs on which only the candidate, and only production, decides right; the rest both do. */
  candidateOnly: number;
  productionOnly: number;
  /** Which pairs have labels. */
  labels: 'none' | ShadowSettings['labelled'];
  /** Share of inputs on which production's decision is a coin's; the candidate's then is too. */
  noise: number;
  repeats: number;
}

export interface ShadowOutcome {
  scenario: ShadowScenario;
  /** First settled verdict, or the one at the end. */
  verdicts: Record<ShadowVerdict, number>;
  /** Median number of pairs at the first settled verdict; null when fewer than half were settled. */
  median: number | null;
}

export function judgeOften(scenario: ShadowScenario, seed: number): ShadowOutcome {
  const verdicts: ShadowOutcome['verdicts'] = { better: 0, worse: 0, equivalent: 0, 'keep-going': 0, inconclusive: 0, error: 0 };
  const waits: number[] = [];
  for (let repeat = 0; repeat < scenario.repeats; repeat++) {
    const { verdict, pairs } = judgeOnce(scenario, createRandom(seed).split(`${scenario.name} ${repeat}`));
    verdicts[verdict]++;
    if (verdict !== 'inconclusive') waits.push(pairs);
  }
  waits.sort((a, b) => a - b);
  return { scenario, verdicts, median: waits.length >= scenario.repeats / 2 ? waits[Math.ceil(scenario.repeats / 2) - 1] : null };
}

function judgeOnce({ intent, kind, pairs, looks, labels, ...truth }: ShadowScenario, random: Random): { verdict: ShadowVerdict; pairs: number } {
  const side = { name: 'model', digest: null, provider: 'cpu', precision: 'float32' } as const;
  const shape = { kind: 'score', threshold: 0.5, classes: ['no', 'yes'] } as const;
  const evidence = createEvidence(planShadow({ production: { ...side, version: '1' }, candidate: { ...side, version: '2' }, source: { kind }, shape }, { intent, labelled: labels === 'none' ? 'random' : labels }));
  const step = Math.ceil(pairs / looks);
  for (let seen = 0; seen < pairs; seen += step) {
    const rows = Math.min(step, pairs - seen);
    const { codes, production, again, candidate } = drawAnswers(truth, rows, random);
    const sides = { production: { answers: { kind: 'score', scores: production } }, candidate: { answers: { kind: 'score', scores: candidate } } } as const;
    const inputs = Array.from({ length: rows }, (_, row) => ({ id: String(seen + row), row: 0 }));
    addPairs(evidence, { at: seen, inputs, ...sides, ...(labels !== 'none' && { labels: { kind: 'classes', codes } as const }) });
    if (truth.noise > 0) addNoise(evidence, { how: 'alone', rows, ...sides, again: { answers: { kind: 'score', scores: again } } });
    const ended = seen + rows >= pairs;
    const { verdict } = judgeShadow(evidence, { ended });
    if (verdict !== 'keep-going') return { verdict, pairs: seen + rows };
  }
  throw new Error('a judgement at the end is never to keep going');
}

function drawAnswers({ candidateOnly, productionOnly, noise }: Pick<ShadowScenario, 'candidateOnly' | 'productionOnly' | 'noise'>, rows: number, random: Random): { codes: Int32Array; production: Float64Array; again: Float64Array; candidate: Float64Array } {
  const codes = Int32Array.from({ length: rows }, () => random.below(2));
  const [production, again, candidate] = [0, 1, 2].map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    const right = codes[row] === 1 ? 0.9 : 0.1;
    const draw = random.uniform();
    const flaky = random.uniform() < noise;
    const coin = (): number => (random.below(2) === 1 ? 0.9 : 0.1);
    production[row] = flaky ? coin() : draw < candidateOnly ? 1 - right : right;
    again[row] = flaky ? coin() : production[row];
    candidate[row] = flaky ? coin() : draw >= candidateOnly && draw < candidateOnly + productionOnly ? 1 - right : right;
  }
  return { codes, production, again, candidate };
}
