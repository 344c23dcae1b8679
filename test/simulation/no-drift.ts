import { wilsonInterval } from '../../server/stats/proportion-interval.ts';
import { type DriftScenario, type ScenarioOutcome, categories, normal, simulate, sixCategories, weekdays, withNulls } from './drift-scenarios.ts';

const seed = 20240601;
const repeats = 2000;
const zipf = Array.from({ length: 200 }, (_, index) => 1 / (index + 1));

const nothingMoved: DriftScenario[] = [
  ...[[1000, 100], [1000, 500], [1000, 1000], [500, 2000]].map(([reference, current]) => still('6 categories', categories(sixCategories), reference, current)),
  ...[30, 100, 300, 1000].map((current) => still('normal', normal, 1001, current)),
  ...[[1000, 100], [10_000, 1000]].map(([reference, current]) => still('normal, next chunk', normal, reference, current)),
  ...[[100, 100], [1000, 1000]].map(([reference, current]) => still('normal, equal sizes', normal, reference, current)),
  still('10 normal columns', normal, 1000, 1000, 10, 1000),
  still('50 normal columns', normal, 1000, 1000, 50, 200),
  still('whole numbers 0 … 6', weekdays, 1000, 1000),
  still('normal, 5 % nulls', withNulls, 1000, 300),
  still('2 categories, 3 %', categories([0.97, 0.03]), 1000, 100),
  still('200 categories, Zipf', categories(zipf), 2000, 500, 1, 500),
];

const moved: DriftScenario[] = [0.1, 0.2, 0.25, 0.3].map((shift) => ({ name: `normal + ${shift} σ`, reference: 1000, current: 1000, columns: 1, draw: normal, shift, repeats }));
const tooLittle: DriftScenario[] = [{ name: 'normal + 0.01 σ', reference: 1_000_000, current: 1_000_000, columns: 1, draw: normal, shift: 0.01, repeats: 10 }];
const small: DriftScenario[] = [0.5, 1, 2].map((shift) => ({ name: `normal + ${shift} σ, small batch`, reference: 1001, current: 30, columns: 1, draw: normal, shift, repeats }));

function still(name: string, draw: DriftScenario['draw'], reference: number, current: number, columns = 1, times = repeats): DriftScenario {
  return { name, draw, reference, current, columns, shift: 0, repeats: times };
}

const rate = (count: number, of: number): string => {
  const { low, high } = wilsonInterval(count, of, 0.95)!;
  return `${((100 * count) / of).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
};

function row({ scenario, ...outcome }: ScenarioOutcome): string {
  const of = scenario.repeats;
  const bare = scenario.columns > 1 ? ['', '', ''] : [outcome.bare.p, outcome.bare.js, outcome.bare.psi].map((count) => `${((100 * count) / of).toFixed(1)} %`);
  const sizes = `${scenario.reference.toLocaleString('en-US')} / ${scenario.current.toLocaleString('en-US')}`;
  return `| ${[scenario.name, sizes, of, rate(outcome.moved, of), rate(outcome.inconclusive, of), outcome.effect.toFixed(3), outcome.band.toFixed(3), ...bare].join(' | ')} |`;
}

async function table(scenarios: DriftScenario[]): Promise<string> {
  const lines = [
    '| data | reference / current rows | repeats | moved [95 %] | inconclusive [95 %] | mean effect | band | bare p < 0.05 | bare JS ≥ 0.1 | bare PSI ≥ 0.1 |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const scenario of scenarios) {
    const outcome = await simulate(scenario, seed);
    lines.push(row(outcome));
    process.stdout.write(`${lines[lines.length - 1]}\n`);
  }
  return lines.join('\n');
}

/** How often does the shipped drift rule call drift where there is none, and find it where there is? About a minute. */
export async function driftRule(): Promise<string> {
  return `## The drift rule

Seed ${seed}. A repeat draws both sides anew and makes a whole drift report with the default options; "moved" counts
reports that name at least one column. The last three columns show what a bare cut-off on the same data would do. The effect
is the K-S distance for numbers and Cramér's V at equal weight for categories; the band is the 95 % point of the same
statistic when nothing has moved.

The rule: with the band at or under the floor (0.1), a column has moved when its p-value, corrected over the report
(Benjamini–Hochberg), is below 0.05 and its effect reaches the floor. With the band above the floor the effect must reach
the floor after the band is taken off; otherwise the column is inconclusive.

### Nothing has moved
Target: at most 6 % false alarms in every row.

${await table(nothingMoved)}

### Something has moved
Target: at least 90 % at 0.3 σ. The floor lies at 0.25 σ, whose true D is 0.0995; the D of a sample lies somewhat above the
true one, so shifts near the floor are told more often than half of the time.

${await table(moved)}

### Significant, and too small to matter
${await table(tooLittle)}

### Batches too small for the floor
Inconclusive unless the shift is very large.

${await table(small)}
`;
}
