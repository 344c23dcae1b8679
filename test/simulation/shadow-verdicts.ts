import { countText } from '../../protocol/number-text.ts';
import { isRateBelow } from '../../server/stats/beta-mixture-test.ts';
import { leastTrials } from '../../server/stats/least-trials.ts';
import { wilsonInterval } from '../../server/stats/proportion-interval.ts';
import { binomialCdf, normalQuantile } from '../../server/stats/special.ts';
import { type SprtPlan, expectedTrials } from '../../server/stats/sprt.ts';
import { type ShadowScenario, acceptRate, judgeOften, peek, runSprt } from './shadow-scenarios.ts';

const seed = 20240603;
const repeats = 2000;

const build = (name: string, rest: Partial<ShadowScenario>): ShadowScenario => ({
  name, intent: 'same-build', kind: 'live', pairs: 6000, looks: 20, candidateOnly: 0, productionOnly: 0, labels: 'none', noise: 0, repeats: 1000, ...rest,
});
const model = (name: string, rest: Partial<ShadowScenario>): ShadowScenario => build(name, { intent: 'new-model', labels: 'random', pairs: 12_000, repeats: 500, ...rest });
const replayed = (scenario: ShadowScenario): ShadowScenario => ({ ...scenario, kind: 'replay', looks: 4 });

const builds: ShadowScenario[] = [
  build('always the same answer', {}),
  build('0.1 % differ', { productionOnly: 0.001 }),
  build('0.25 % differ', { productionOnly: 0.0025 }),
  build('1 % differ: exactly the margin', { productionOnly: 0.01 }),
  build('2 % differ', { productionOnly: 0.02 }),
  build('3 % differ', { productionOnly: 0.03 }),
  build('coins on 5 % of inputs, on both sides', { noise: 0.05, pairs: 20_000, repeats: 200 }),
];
const models: ShadowScenario[] = [
  model('as good, 2 % + 2 % differ', { candidateOnly: 0.02, productionOnly: 0.02, pairs: 30_000, repeats: 200 }),
  model('a point worse: exactly the margin', { candidateOnly: 0.015, productionOnly: 0.025 }),
  model('a point worse, disagreements labelled', { candidateOnly: 0.015, productionOnly: 0.025, labels: 'disagreements' }),
  model('three points worse', { candidateOnly: 0.02, productionOnly: 0.05 }),
  model('three points better', { candidateOnly: 0.05, productionOnly: 0.02 }),
];

/** How often does the verdict on a shadow promote what it should not, and how long does it take? About five minutes. */
export async function shadowRule(): Promise<string> {
  return `## The verdict on a shadow

Seed ${seed}. A shadow is looked at while it runs, so that its tests must hold at every look; a replay is judged once, at its
end. Margins are 1 % of pairs and 1 point of accuracy, α is 5 %, at least 400 pairs.

### Looking more often than once
Two equally good models, 2,000 labelled pairs, on a fifth of which exactly one is right. Called different at any of the looks:

${table(['looks', 'repeats', 'plain z-test at 5 % [95 %]', 'confidence sequence [95 %]'], [1, 5, 10, 20].map((looks) => {
    const { plain, sequence } = peek(looks, repeats, seed);
    return [String(looks), String(repeats), rate(plain, repeats), rate(sequence, repeats)];
  }))}

### Pairs needed to accept that disagreement is below a limit
Fixed sample (Clopper–Pearson) / at every look (beta mixture), by the number of disagreements seen, α 5 %:

${table(['limit', 'none', '1', '3', '5'], [0.05, 0.02, 0.01, 0.005, 0.001].map((limit) => [
    percent(limit),
    ...[0, 1, 3, 5].map((differ) => `${countText(leastTrials((pairs) => binomialCdf(differ, pairs, limit) <= 0.05, differ) ?? NaN)} / ${countText(leastTrials((pairs) => isRateBelow(differ, pairs, limit, 0.05), differ) ?? NaN)}`),
  ]))}

### Accepted when looked at every 5 pairs, up to 6,000
Target: at most 5 % where the true share is the limit.

${table(['limit', 'true share', 'repeats', 'accepted [95 %]', 'median pairs', '90th percentile'], ([[0.01, 0.01], [0.02, 0.02], [0.01, 0.013], [0.02, 0.026], [0.01, 0.0025], [0.02, 0.005]] as const).map(([limit, share]) => {
    const { accepted, median, p90 } = acceptRate(limit, share, repeats, seed);
    return [percent(limit), percent(share), String(repeats), rate(accepted, repeats), pairsText(median), pairsText(p90)];
  }))}

### Failures of the candidate
Wald's test at α 5 %, β 10 %; the fixed sample is that of a z-test with the same error rates.

${table(['acceptable / too much', 'true rate', 'called too much [95 %]', 'mean inputs', 'expected', 'fixed sample'], ([[0.005, 0.02], [0.01, 0.05], [0.001, 0.01]] as const).flatMap(([acceptable, unacceptable]) => {
    const plan: SprtPlan = { acceptable, unacceptable, alpha: 0.05, beta: 0.1 };
    const expected = expectedTrials(plan);
    return (['acceptable', 'unacceptable'] as const).map((which) => {
      const { rejected, meanTrials } = runSprt(plan, plan[which], repeats, seed);
      return [`${percent(acceptable)} / ${percent(unacceptable)}`, percent(plan[which]), rate(rejected, repeats), meanTrials.toFixed(0), expected[which].toFixed(0), fixedSample(plan).toFixed(0)];
    });
  }))}

### Another build of the same model
Target: equivalent at most 5 % where the margin is reached. Live with 20 looks, and a replay of as many pairs.

${verdicts(builds.flatMap((scenario) => [scenario, replayed(scenario)]))}

### A new model, labelled as it goes
Target: promoted (better or equivalent) at most 5 % where it is a point worse. The differing inputs are those on which exactly
one of the two is right.

${verdicts(models.flatMap((scenario) => [scenario, replayed(scenario)]))}
`;
}

function verdicts(scenarios: readonly ShadowScenario[]): string {
  return table(
    ['candidate', 'source', 'pairs', 'looks', 'repeats', 'equivalent [95 %]', 'better [95 %]', 'worse [95 %]', 'inconclusive', 'median pairs to a verdict'],
    scenarios.map((scenario) => {
      const { verdicts: counts, median } = judgeOften(scenario, seed);
      const of = scenario.repeats;
      return [scenario.name, scenario.kind, countText(scenario.pairs), scenario.kind === 'live' ? String(scenario.looks) : '1', String(of), rate(counts.equivalent, of), rate(counts.better, of), rate(counts.worse, of), percent(counts.inconclusive / of), pairsText(median)];
    }),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return lines.join('\n');
}

function fixedSample({ acceptable, unacceptable, alpha, beta }: SprtPlan): number {
  const spread = (share: number): number => Math.sqrt(share * (1 - share));
  return ((normalQuantile(1 - alpha) * spread(acceptable) + normalQuantile(1 - beta) * spread(unacceptable)) / (unacceptable - acceptable)) ** 2;
}

function rate(count: number, of: number): string {
  const interval = wilsonInterval(count, of, 0.95);
  return `${percent(count / of)}${interval ? ` [${(100 * interval.low).toFixed(1)}, ${(100 * interval.high).toFixed(1)}]` : ''}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

function pairsText(pairs: number | null): string {
  return pairs === null ? '—' : countText(pairs);
}
