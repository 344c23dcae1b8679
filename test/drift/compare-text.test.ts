import { describe, expect, it } from 'vitest';
import { detectDrift } from '../../server/drift/detect-drift.ts';
import { createRandom } from '../../server/stats/random.ts';
import { column, input, repeat } from './tables.ts';

/** Sentences of random words. */
function sentences(label: string, rows: number, words: readonly string[], length = 6): string[] {
  const random = createRandom(label);
  return Array.from({ length: rows }, () => Array.from({ length }, () => words[random.below(words.length)]).join(' '));
}

const weather = ['wind', 'rain', 'gust', 'cloud', 'storm', 'clear', 'fog', 'heat'];
const money = ['price', 'tax', 'loan', 'rate', 'cash', 'bond', 'stock', 'fee'];

async function compare(before: (string | null)[], after: (string | null)[]) {
  const report = await detectDrift(input([column('note', before, 'text')], [column('note', after, 'text')]), {}, { multivariate: null });
  return report.columns[0];
}

describe('a text column', () => {
  it('about the same things is still', async () => {
    const drift = await compare(sentences('a', 600, weather), sentences('b', 600, weather));
    expect(drift).toMatchObject({ verdict: 'still', effect: { name: 'auc', floor: 0.6 } });
    expect(drift.effect.band).toBeLessThan(0.6);
  });

  it('about other things has moved', async () => {
    const drift = await compare(sentences('a', 600, weather), sentences('b', 600, money));
    expect(drift.verdict).toBe('moved');
    expect(drift.effect.value).toBeGreaterThan(0.99);
    expect(drift.message).toMatch(/^lengths: .*; AUC 1 \(chance ≤ 0\.5\d*\), p < 1e-9$/);
  });

  it('with a handful of rows is inconclusive', async () => {
    expect((await compare(sentences('a', 600, weather), sentences('b', 5, money))).verdict).toBe('inconclusive');
    expect((await compare(repeat(['', 3]), repeat(['', 3]))).verdict).toBe('inconclusive');
  });

  it('says how many texts the classifier saw when there are many', async () => {
    const drift = await compare(sentences('a', 6000, weather), sentences('b', 500, weather));
    expect(drift.effect.definition).toContain('on 5,000 of 6,000 reference texts and 500 of 500 current ones (seed 0)');
  }, 60_000);

  it('has its nulls told apart from its texts', async () => {
    const drift = await compare(sentences('a', 500, weather), sentences('b', 500, weather).map((text, row) => (row % 4 === 0 ? null : text)));
    expect(drift).toMatchObject({ verdict: 'moved', nulls: { moved: true, difference: 0.25 } });
  });
});
