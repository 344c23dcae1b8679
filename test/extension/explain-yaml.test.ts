import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { explainYaml } from '../../extension/slipway-yaml/explain-yaml.ts';
import { noNames } from '../../extension/slipway-yaml/known-names.ts';
import type { ConfigSchema } from '../../extension/slipway-yaml/schema-forms.ts';

const schema = JSON.parse(readFileSync('docs/slipway.schema.json', 'utf8')) as ConfigSchema;
const names = { ...noNames, columns: [{ name: 'carrier', about: 'VARCHAR · 0 % null', values: [] }] };

function at(marked: string) {
  const text = marked.replace('‸', '');
  const found = explainYaml(text, marked.indexOf('‸'), schema, names);
  return found === null ? null : { word: text.slice(found.span.start, found.span.end), markdown: found.markdown };
}

it.each([
  ['a key', 'models:\n  m:\n    thres‸hold: 0.3\n', 'threshold', ['Score from which a row is predicted positive', 'Default: `0.5`']],
  ['a key of the kind of gate it stands in', 'gates:\n  - {fairness: equalized_odds_difference, by: sex, m‸ax: 0.1}\n', 'max', ['Largest difference allowed']],
  ['a key with few words', 'gates:\n  - {cases: all, ‸severity: warn}\n', 'severity', ['One of `block`, `warn`, `info`']],
  ['a key that must be there', 'gates:\n  - {latency: p99, maxM‸s: 5}\n', 'maxMs', ['(required)', 'Example: `maxMs: 5`']],
  ['a metric', 'gates:\n  - {metric: rec‸all, min: 0.3}\n', 'recall', ['Share of positives that are predicted positive', 'Higher is better', 'Undefined when there are no positives']],
  ['a metric with a number', 'gates:\n  - {metric: ndcg_at_1‸0, min: 0.3}\n', 'ndcg_at_10', ['ranking']],
  ['a column', 'models:\n  m:\n    slices: [carr‸ier]\n', 'carrier', ['VARCHAR · 0 % null']],
])('%s is explained', (_, marked, word, said) => {
  const found = at(marked);
  expect(found?.word).toBe(word);
  for (const text of said) expect(found?.markdown).toContain(text);
});

it.each(['# com‸ment\n', 'unknown‸: 1\n', 'gates:\n  - {metric: no_such‸, min: 1}\n', 'seed: 1‸2\n', '‸', 'models:\n  m:\n    business: {problem: words‸}\n'])('there is nothing to say about %j', (marked) => {
  expect(at(marked)).toBeNull();
});
