import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelSummary, TensorInfo } from '../../protocol/registry.ts';
import { parseConfig } from '../../server/config.ts';
import type { FoundColumn, FoundData } from '../../server/config/guess-datasets.ts';
import { type FoundModel, proposeConfig } from '../../server/config/propose-config.ts';

const input = (name: string, datatype = 'float32', width: number | string = 1): TensorInfo => ({ name, datatype, shape: [null, width] });

function summary(inputs: TensorInfo[], outputs: TensorInfo[], labels: string[] | null): ModelSummary {
  return {
    bytes: 1, externalBytes: 0, irVersion: 8, opsets: [], producer: { name: '', version: '' }, domain: '', modelVersion: '', description: '', metadata: [], graph: '', inputs, outputs,
    zipMaps: [], classes: labels === null ? null : { kind: 'int64', labels }, nodeCount: 1, nodeCountExpanded: 1, parameterCount: 1, operators: [], initializers: [], externalFiles: [],
  };
}

function column(name: string, kind: FoundColumn['kind'], values: [string, number][] | number = 1000): FoundColumn {
  return typeof values === 'number' ? { name, kind, distinct: { value: values, exact: true }, topValues: null } : { name, kind, distinct: { value: values.length, exact: true }, topValues: values.map(([value, count]) => ({ value, count })) };
}

const flightColumns = [
  column('flight_id', 'identifier', 500),
  column('time', 'datetime'),
  column('carrier', 'categorical', [['UA', 9], ['AA', 5]]),
  column('dest', 'categorical', 105),
  column('temp', 'numeric'),
  column('late', 'categorical', [['0', 90], ['1', 30]]),
];
const classifier = summary([input('carrier', 'string'), input('dest', 'string'), input('temp')], [{ name: 'output_label', datatype: 'int64', shape: [null] }], ['0', '1']);
const data = (path: string, columns: FoundColumn[], rows = 500): FoundData => ({ path, rows, columns });

async function proposalFor(models: FoundModel[], files: FoundData[]) {
  const proposal = proposeConfig({ models, data: files });
  const parsed = await parseConfig(proposal.text, { path: 'slipway.yaml' });
  if ('problem' in parsed) throw new Error(`${proposal.text}\n${JSON.stringify(parsed.problem.issues, null, 1)}`);
  expect(parsed.warnings).toEqual([]);
  return { ...proposal, config: parsed.config };
}

describe('slipway init', () => {
  it('writes a short file that works for a classifier and its months of data', async () => {
    const { text, questions } = await proposalFor(
      ['v10', 'v2', 'v1'].map((version) => ({ path: `models/flight-delay/${version}/model.onnx`, summary: classifier })),
      [
        data('data/airlines.csv', [column('carrier', 'identifier', 16), column('name', 'text')], 16),
        data('bad-batch/reference.parquet', flightColumns, 900),
        data('data/reference.parquet', flightColumns),
        data('data/holdout.parquet', flightColumns),
        data('data/current/2013-05.parquet', flightColumns),
        data('data/current/2013-04.parquet', flightColumns),
        data('cases/curated.csv', [column('why', 'text'), ...flightColumns], 25),
      ],
    );
    expect(text).toBe(`# Written by \`slipway init\` from what is here; docs/config.md explains every key.
models:
  flight-delay:
    task: binary
    target: late  # guessed: not an input, and its values are the model’s classes
    positive: 1
    champion: v1  # guessed: the lowest version
    slices: [carrier]
datasets:
  reference: {path: data/reference.parquet, time: time, key: flight_id}
  holdout: {path: data/holdout.parquet, time: time, key: flight_id}
  current: {path: data/current/*.parquet, time: time, key: flight_id}
  cases: {path: cases/curated.csv, time: time}
gates:
  - {metric: roc_auc, nonInferior: 0.01}
  - {metric: accuracy, by: carrier, nonInferior: 5%}
  - {cases: all}
  - {dataQuality: current}
  - {drift: features, maxShare: 50%, severity: warn}
`);
    expect(questions).toEqual(['Is `late` the target? It is not an input, and its values are the model’s classes.', 'From which score on is a row predicted `1`? From 0.5, unless `threshold` says otherwise; it is the answer in 25 % of the rows.', 'Is `v1` the version in production? It is the lowest of 3.']);
  });

  it('tells a regression by its one number, and roles by size when no name tells them', async () => {
    const columns = [column('temp', 'numeric'), column('humid', 'numeric'), column('arr_delay', 'numeric')];
    const { config, text } = await proposalFor([{ path: 'exports/delay_v2.onnx', summary: summary([input('temp'), input('humid')], [input('variable')], null) }], [data('a.csv', columns, 100), data('b.csv', columns, 900)]);
    expect(config.models[0]).toMatchObject({ name: 'delay', files: ['exports/delay*.onnx'], task: 'regression', target: 'arr_delay', champion: 'delay_v2' });
    expect(config.datasets.map(({ name, files }) => [name, files[0]])).toEqual([['reference', 'b.csv'], ['holdout', 'a.csv']]);
    expect(text).toContain('reference: b.csv  # guessed: the largest file');
  });

  it('feeds one wide tensor from as many columns, and finds the class column among the rest', async () => {
    const pixels = Array.from({ length: 64 }, (_, index) => column(`pixel_${index}`, 'numeric'));
    const digit = column('digit', 'numeric', Array.from({ length: 10 }, (_, label): [string, number] => [String(label), 9]));
    const model = summary([input('pixels', 'float32', 64)], [{ name: 'label', datatype: 'int64', shape: [null] }, input('probabilities', 'float32', 10)], Array.from({ length: 10 }, (_, label) => String(label)));
    const files = (...more: FoundColumn[]) => [data('data/train.csv', [column('image_id', 'identifier', 500), ...pixels, ...more, digit]), data('data/test.csv', [column('image_id', 'identifier', 500), ...pixels, ...more, digit])];
    const models = [{ path: 'models/digits/v1/model.onnx', summary: model }];
    const { config } = await proposalFor(models, files(column('brightness', 'numeric')));
    expect(config.models[0]).toMatchObject({ task: 'multiclass', target: 'digit', inputs: [{ input: 'pixels', columns: pixels.map(({ name }) => name) }] });
    expect((await proposalFor(models, files())).config.models[0], 'all columns are features, so nothing is mapped').toMatchObject({ target: 'digit', inputs: [] });
  });

  it('maps an input to the column with nearly its name and asks about it, and about inputs with no column', async () => {
    const model = summary([input('carrier', 'string'), input('Temp'), input('pressure')], [{ name: 'label', datatype: 'int64', shape: [null] }], ['0', '1']);
    const { config, questions } = await proposalFor([{ path: 'models/m/v1/model.onnx', summary: model }], [data('data/holdout.csv', flightColumns)]);
    expect(config.models[0].inputs).toEqual([{ input: 'Temp', columns: ['temp'] }]);
    expect(questions).toEqual(expect.arrayContaining(['Does the column `temp` feed the input `Temp`? It is the nearest name.', 'Which column feeds the input `pressure`? Write it under `inputs`.']));
  });

  it('takes the rarer class as positive when the names do not say, and says so', async () => {
    const model = { ...classifier, classes: { kind: 'string' as const, labels: ['kept', 'left'] } };
    const columns = [...flightColumns.slice(0, 5), column('churn', 'categorical', [['kept', 80], ['left', 20]])];
    const { config, text } = await proposalFor([{ path: 'models/m/v1/model.onnx', summary: model }], [data('data/holdout.csv', columns)]);
    expect(config.models[0].positive).toBe('left');
    expect(text).toContain('positive: left  # guessed: the rarer class');
  });

  it('proposes groups of people with a fairness gate that warns', async () => {
    const model = summary([input('sex', 'string'), input('age')], [], ['0', '1']);
    const columns = [column('sex', 'categorical', [['F', 1], ['M', 1]]), column('age', 'numeric'), column('high', 'categorical', [['0', 5], ['1', 2]])];
    const { config } = await proposalFor([{ path: 'models/income/v1/model.onnx', summary: model }], [data('data/test.parquet', columns)]);
    expect(config.models[0].groups).toEqual([['sex']]);
    expect(config.models[0].gates?.find(({ kind }) => kind === 'fairness')).toMatchObject({ severity: 'warn', by: ['sex'], min: 0.8 });
  });

  it('keeps the data of two models apart', async () => {
    const other = summary([input('age'), input('sex', 'string')], [], ['0', '1']);
    const columns = [column('age', 'numeric'), column('sex', 'categorical', [['F', 1], ['M', 1]]), column('y', 'categorical', [['0', 1], ['1', 1]])];
    const { config } = await proposalFor(
      [{ path: 'models/flight/v1/model.onnx', summary: classifier }, { path: 'models/income/v1/model.onnx', summary: other }],
      [data('flight/train.csv', flightColumns), data('flight/test.csv', flightColumns), data('income/test.csv', columns)],
    );
    expect(config.models.map(({ name, datasets }) => [name, datasets.reference, datasets.holdout])).toEqual([['flight', 'flight-reference', 'flight-holdout'], ['income', null, 'income-holdout']]);
  });

  it('has something to say when there is nothing, or only data', async () => {
    const nothing = await proposalFor([], []);
    expect([nothing.config.models, nothing.config.datasets, nothing.questions.length]).toEqual([[], [], 2]);
    const only = await proposalFor([], [data('train.csv', flightColumns), data('prod.csv', flightColumns)]);
    expect(only.config.datasets.map(({ name }) => name)).toEqual(['reference', 'current']);
  });

  it('names what one version asks for and the champion does not', async () => {
    const renamed = { ...classifier, inputs: [input('carrier', 'string'), input('dest', 'string'), input('temperature')] };
    const { questions } = await proposalFor([{ path: 'models/m/v1/model.onnx', summary: classifier }, { path: 'models/m/v4/model.onnx', summary: renamed }], [data('data/test.csv', flightColumns)]);
    expect(questions).toContain('`v4` has inputs that `v1` has not: temperature.');
  });

  it('writes a file that parses whatever columns, files and versions are called', async () => {
    const nasty = fc.oneof(fc.constantFrom('a: b', 'x\nallow: [/]', '#', '- a', "it's", '"q"', 'no', 'null', '1.10', '*x', '&a', '{', 'late\r\nseed: x', '\u2028seed: 9', '<<', 'a\tb', 'ключ'), fc.string({ minLength: 1, maxLength: 12 }));
    const fileName = nasty.map((text) => text.replaceAll('/', '-')).filter((text) => !/^\.{1,2}$/.test(text));
    await fc.assert(
      fc.asyncProperty(fileName, fileName, nasty, nasty, async (name, version, target, feature) => {
        const columns = [column(target, 'categorical', [['0', 5], ['1', 2]]), column(feature, 'numeric'), column('carrier', 'categorical', [['a', 1], ['b', 1]])];
        const model = summary([input('carrier', 'string'), input(feature)], [], ['0', '1']);
        const { config } = await proposalFor([{ path: `models/${name}/${version}/model.onnx`, summary: model }], [data(`data/${name}.csv`, columns), data('data/test.csv', columns)]);
        expect([config.allow, config.seed]).toEqual([[], 1]);
      }),
      { seed: 20130103, numRuns: 300 },
    );
  });
});
