import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeYaml, type Completion } from '../../extension/slipway-yaml/complete-yaml.ts';
import type { KnownNames } from '../../extension/slipway-yaml/known-names.ts';
import type { ConfigSchema } from '../../extension/slipway-yaml/schema-forms.ts';

const schema = JSON.parse(readFileSync('docs/slipway.schema.json', 'utf8')) as ConfigSchema;
const names: KnownNames = {
  datasets: ['reference', 'current', 'airlines'],
  columns: [
    { name: 'carrier', about: 'VARCHAR', values: ['AA', 'UA'] },
    { name: 'late', about: 'BIGINT', values: ['0', '1'] },
    { name: 'air: time', about: 'DOUBLE', values: [] },
  ],
  models: [{ name: 'flight-delay', task: 'binary', versions: ['v1', 'v2'], inputs: ['humidity'], outputs: ['probabilities'] }],
  modelFiles: ['models/flight-delay/*/*.onnx'],
  dataFiles: ['data/reference.parquet', 'data/current/*.parquet'],
};

function at(marked: string): { items: Completion[]; labels: string[]; replaced: string; insertOf: (label: string) => string | undefined } {
  const offset = marked.indexOf('‸');
  const text = marked.replace('‸', '');
  const { span, items } = completeYaml(text, offset, schema, names);
  return { items, labels: items.map(({ label }) => label), replaced: text.slice(span.start, span.end), insertOf: (label) => items.find((item) => item.label === label)?.insert };
}

const model = 'models:\n  flight-delay:\n    task: binary\n    target: late\n    slices: [carrier]\n';

describe('keys are offered where the cursor stands in the structure', () => {
  it.each<[string, string, string[], string[]]>([
    ['in an empty file', '‸', ['models', 'datasets', 'gates', 'checks'], ['metric', 'task']],
    ['half typed at the top', 'models: {}\nga‸', ['gates', 'datasets'], ['models']],
    ['in a model', `${model}    ‸\n`, ['champion', 'threshold', 'business'], ['task', 'target', 'metric']],
    ['between two keys of a model', 'models:\n  m:\n    task: binary\n    ‸\n    target: late\n', ['champion', 'files'], ['task', 'target']],
    ['half typed between two keys', 'models:\n  m:\n    task: binary\n    cha‸\n    target: late\n', ['champion'], ['task', 'target']],
    ['in a gate in braces', `${model}gates:\n  - {metric: recall, ‸}\n`, ['min', 'max', 'nonInferior', 'severity', 'on'], ['metric', 'maxMs', 'fairness']],
    ['in a gate whose brace is open', `${model}gates:\n  - {metric: recall, m‸\n  - {cases: all}\n`, ['min', 'max'], ['metric', 'cases']],
    ['in a gate over several lines', `${model}gates:\n  - metric: recall\n    ‸\n  - {cases: all}\n`, ['min', 'slice'], ['metric', 'cases']],
    ['in another kind of gate', 'gates:\n  - {latency: p99, ‸}\n', ['maxMs', 'batch', 'severity'], ['min', 'metric']],
    ['in a check', 'checks:\n  - {column: temp, ‸}\n', ['maxNulls', 'min', 'pattern', 'tolerate'], ['rows', 'overlap']],
    ['under checks with suggestions off', 'checks: {sugg‸}\n', ['suggest', 'rules'], []],
    ['in business goals', 'models:\n  m:\n    business:\n      ‸\n', ['problem', 'owner'], ['task']],
    ['in drift floors', 'drift:\n  floors: {‸}\n', ['numeric', 'missing'], ['alpha']],
    ['of datasets, by the roles that are left', 'datasets:\n  reference: a.csv\n  ‸\n', ['holdout', 'current', 'cases'], ['reference']],
    ['of model inputs', 'models:\n  flight-delay:\n    inputs: {‸}\n', ['humidity'], []],
    ['of columns with a floor of their own', 'drift:\n  columns: {‸}\n', ['carrier', 'late'], []],
    ['below a comment', '# The policy.\n‸\nmodels: {}\n', ['gates'], ['models']],
    ['in a file with Windows line ends', 'models:\r\n  m:\r\n    task: binary\r\n    ‸\r\n', ['target'], ['task']],
  ])('%s', (_, marked, offered, absent) => {
    const { labels } = at(marked);
    expect(labels).toEqual(expect.arrayContaining(offered));
    expect(labels.filter((label) => absent.includes(label))).toEqual([]);
  });

  it('comes with its meaning, default and example', () => {
    const { items } = at(`${model}gates:\n  - {metric: recall, ‸}\n`);
    expect(items.find(({ label }) => label === 'severity')?.documentation).toContain('`block` keeps a model from promotion');
    expect(items.find(({ label }) => label === 'severity')?.documentation).toContain('Default: `block`');
    expect(items.find(({ label }) => label === 'min')?.documentation).toContain('Example: `min: 0.7`');
  });

  it('writes the colon and the start of the value, but no second colon', () => {
    expect(at('‸').insertOf('models')).toBe('models:\n  $1');
    expect(at('‸').insertOf('gates')).toBe('gates:\n  - $1');
    expect(at('models:\n  m:\n    ‸').insertOf('slices')).toBe('slices: [$1]');
    expect(at('models:\n  m:\n    ‸').insertOf('task')).toBe('task: $1');
    expect(at('models:\n  m: {‸}').insertOf('value')).toBe('value: {$1}');
    expect(at('models:\n  m:\n    ta‸rget: late').insertOf('target')).toBe('target');
  });

  it('quotes a name that is not plain text', () => {
    expect(at('drift:\n  columns: {‸}\n').insertOf('air: time')).toBe('"air: time": ');
  });
});

describe('values are offered for the key they belong to', () => {
  it.each<[string, string, string[], string[]]>([
    ['words of an enumeration', 'models:\n  m:\n    task: ‸\n', ['binary', 'regression'], ['true', 'carrier']],
    ['half typed', 'models:\n  m:\n    task: bin‸\n    target: late\n', ['binary'], []],
    ['on the line below', 'models:\n  m:\n    task:\n      ‸\n', ['binary'], ['target']],
    ['in braces', 'gates:\n  - {cases: all, severity: ‸}\n', ['block', 'warn', 'info'], []],
    ['true and false', 'drift: {multivariate: ‸}', ['true', 'false'], []],
    ['metrics that fit the task', `${model}gates:\n  - {metric: ‸}\n`, ['roc_auc', 'recall', 'fbeta_…'], ['rmse', 'ndcg_at_…', 'bleu']],
    ['every metric while the task is not known', 'gates:\n  - {metric: ‸}\n', ['roc_auc', 'rmse'], []],
    ['columns', 'models:\n  m:\n    target: ‸\n', ['carrier', 'late'], ['reference']],
    ['columns in a list', 'models:\n  m:\n    slices: [carrier, ‸\n', ['late'], []],
    ['datasets', 'models:\n  m:\n    holdout: ‸\n', ['reference', 'airlines'], ['carrier']],
    ['datasets that are in the text but not yet known', 'datasets:\n  fresh: a.csv\nchecks:\n  - {overlap: ‸}\n', ['fresh', 'reference'], []],
    ['versions of the model', 'models:\n  flight-delay:\n    champion: ‸\n', ['v1', 'v2'], []],
    ['data files', 'datasets:\n  current: data/‸\n', ['data/current/*.parquet'], ['models/flight-delay/*/*.onnx']],
    ['data files of a dataset with options', 'datasets:\n  current: {path: ‸}\n', ['data/reference.parquet'], []],
    ['model files', 'models:\n  flight-delay:\n    files: ‸\n', ['models/flight-delay/*/*.onnx'], []],
    ['slices of the declared columns', `${model}gates:\n  - {metric: recall, min: 0.3, slice: ‸}\n`, ['carrier = AA', 'carrier = UA'], ['late = 1']],
    ['declared slices for by', `${model}gates:\n  - {metric: recall, min: 0.3, by: ‸}\n`, ['carrier'], []],
    ['values of the checked column', 'checks:\n  - {column: carrier, values: [‸]}\n', ['AA', 'UA'], ['0']],
    ['labels of the target', 'models:\n  m:\n    target: late\n    positive: ‸\n', ['0', '1'], ['AA']],
    ['quantiles of latency', 'gates:\n  - {latency: ‸}\n', ['p50', 'p99'], []],
  ])('%s', (_, marked, offered, absent) => {
    const { labels } = at(marked);
    expect(labels).toEqual(expect.arrayContaining(offered));
    expect(labels.filter((label) => absent.includes(label))).toEqual([]);
  });

  it('a list of gates offers whole gates', () => {
    expect(at('gates:\n  - ‸\n').insertOf('metric')).toBe('{metric: ${1:roc_auc}, min: ${2:0.7}}');
    expect(at('gates:\n  - {cases: all}\n  ‸\n').insertOf('latency')).toBe('- {latency: ${1:p50}, maxMs: ${2:5}}');
    expect(at('gates:\n  ‸\n').insertOf('cases')).toBe('- {cases: ${1:all}}');
    expect(at('gates: [‸]\n').insertOf('size')).toBe('{size: ${1:50MB}}');
  });

  it('writes numbers as numbers, and quotes what would be read as something else', () => {
    expect(at('models:\n  m:\n    target: late\n    positive: ‸\n').insertOf('1')).toBe('1');
    expect(at('models:\n  m:\n    target: ‸\n').insertOf('air: time')).toBe('"air: time"');
    expect(at('models:\n  m:\n    target: "‸"\n').insertOf('air: time')).toBe('air: time');
  });
});

it('the word at the cursor is what a completion replaces', () => {
  expect(at('gates:\n  - {metric: ro‸c}\n').replaced).toBe('roc');
  expect(at('gates:\n  - {metric: roc_auc, mi‸\n').replaced).toBe('mi');
  expect(at('models:\n  m:\n    slices: ["carr‸').replaced).toBe('carr');
  expect(at(`${model}gates:\n  - {metric: recall, slice: carrier = A‸}\n`).replaced).toBe('carrier = A');
  expect(at('models:\n  m:\n    ta‸rget: late').replaced).toBe('target');
});

it.each(['# com‸ment', 'seed: 1 # why‸', 'models:\n  m:\n    business:\n      problem: passengers, too la‸te'])('nothing is offered in %j', (marked) => {
  expect(at(marked).labels).toEqual([]);
});

it('no text, however broken, makes it throw', () => {
  const piece = fc.constantFrom('models:', '\n', '  ', '- ', '{', '}', '[', ']', ', ', ': ', '"', "'", '#', 'metric', 'gates:', '|', '&a', '*a', '\t', '---', '? ', '!!map');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.nat(), (pieces, seed) => {
      const text = pieces.join('');
      const { span } = completeYaml(text, seed % (text.length + 1), schema, names);
      expect(span.start).toBeLessThanOrEqual(span.end);
    }),
    { numRuns: 2000 },
  );
});
