import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../protocol/config.ts';
import { loadConfig, parseConfig } from '../../server/config.ts';
import { Problem } from '../../server/problem.ts';

const flights = `models:
  flight-delay:
    target: late
    positive: 1
    champion: v1
    slices: [carrier]
datasets:
  reference: data/reference.parquet
  holdout: data/holdout.parquet
  current: data/current/*.parquet
  cases: cases/curated.csv
`;

async function issuesOf(text: string, options: { workspace?: string; columns?: ReadonlyMap<string, readonly string[]> } = {}): Promise<string[]> {
  const parsed = await parseConfig(text, { path: 'slipway.yaml', ...options });
  const issues = 'problem' in parsed ? (parsed.problem.issues ?? []) : parsed.warnings;
  return issues.map(({ line, column, endColumn, message, suggestion, severity }) => `${line}:${column}-${endColumn} ${severity === 'warning' ? 'warning: ' : ''}${message}${suggestion === undefined ? '' : ` → ${suggestion}`}`);
}

async function configOf(text: string): Promise<Config> {
  const parsed = await parseConfig(text, { path: 'slipway.yaml' });
  if ('problem' in parsed) throw new Error(JSON.stringify(parsed.problem.issues, null, 1));
  return parsed.config;
}

describe('a broken slipway.yaml is answered with', () => {
  const gates = (...lines: string[]) => `${flights}gates:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  const model = (...lines: string[]) => `models:\n  m:\n${lines.map((line) => `    ${line}\n`).join('')}datasets: {holdout: h.csv}\n`;
  const cases: [string, string, string[]][] = [
    ['an unknown key', 'modles: {}', ['1:1-7 `modles` is not known here; did you mean `models`? → models']],
    ['an unknown key that is near nothing', 'resources: {quota: 3}', ['1:13-18 `quota` is not known here; what may stand here: providers, threads, memoryMb, deadlineMs, batchRows']],
    ['a wrong type', 'seed: high', ['1:7-11 `seed` must be a number, not "high"']],
    ['a fraction', 'resources: {threads: 1.5}', ['1:22-25 `threads` must be a whole number, not 1.5']],
    ['a tolerance for classes', model('target: y', 'task: binary', 'tolerance: 5'), ['5:5-14 `tolerance` is for regression models, and this is a binary model']],
    ['a negative tolerance', model('target: y', 'tolerance: -1'), ['4:16-18 `tolerance` must be at least 0, not -1']],
    ['a number out of range', model('target: y', 'threshold: 1.5'), ['4:16-19 `threshold` must be at most 1, not 1.5']],
    ['a name that YAML reads as a number', model('target: y', 'champion: 1.10'), ["4:15-19 `champion` must be a name (put a number in quotes), not 1.1; did you mean '1.10'? → '1.10'"]],
    ['a word that is none of the choices', model('target: y', 'task: binnary'), ['4:11-18 `task` must be one of binary, multiclass, regression, ranking, generation, not "binnary"; did you mean binary? → binary']],
    ['a key without a value', 'models:\n  m:\n    target:\n', ['3:5-11 `target` is empty; write a value or remove the key']],
    ['a name with a slash', 'models: {a/b: {}}', ['1:10-13 `a/b` must be a name without slashes, at most 100 characters']],
    ['a missing key', model('target: y', 'value: {tp: 1, fp: 2, fn: 3}'), ['4:5-10 `value` needs `currency`: unit']],
    ['a list where keys belong', 'models: [a]', ['1:9-12 `models` must be a set of keys, not a list']],
    ['a key of another task', model('target: y', 'task: regression', 'positive: 1'), ['5:5-13 `positive` is for binary models, and this is a regression model']],
    ['a positive class that is no class', model('target: y', 'classes: [yes, no]', 'positive: yess'), ['5:15-19 `yess` is not one of the `classes`; did you mean `yes`? → yes']],
    ['a dataset that is not declared', model('target: y', 'reference: holdot'), ['4:16-22 there is no dataset `holdot`; did you mean `holdout`? → holdout']],
    ['a ranking model without lists', model('target: y', 'task: ranking'), ['2:3-4 a ranking model needs `query`: the column whose equal values make one list']],
    ['prediction columns of an unknown task', model('target: y', 'predictions: {v1: p}'), ['4:5-16 `predictions` needs `task`, since there is no model to read it from']],
    ['a slice declared twice', model('target: y', 'slices: [a, a]'), ['4:17-18 the slice `a` is declared twice']],
    ['an empty range', model('target: y', 'slices: [{name: s, where: {t: {min: 3, below: 2}}}]'), ['4:35-53 no row is at least 3 and less than 2']],
    ['freshness of rows without a time', 'datasets: {current: {path: c.csv, freshness: 36h}}', ['1:35-44 `freshness` needs `time`: the column that says when a row happened']],
    ['a time span in other words', 'datasets: {current: {path: c.csv, time: t, freshness: 36 hours}}', ['1:55-63 `freshness` must be a time span: `90m`, `36h`, `7d` or `2w`, not "36 hours"']],

    ['a misspelt metric', gates('{metric: rocauc, min: 0.7}'), ['13:14-20 there is no metric `rocauc`; did you mean `roc_auc`? → roc_auc']],
    ['half of a metric’s name', gates('{metric: auc, min: 0.7}'), ['13:14-17 there is no metric `auc`; did you mean `roc_auc`? → roc_auc']],
    ['a metric of another task', gates('{metric: rmse, max: 3}'), ['13:14-18 `rmse` is a metric of regression models, and `flight-delay` is a binary model']],
    ['a metric that needs a number', 'models: {m: {task: ranking, query: q, target: y}}\ndatasets: {holdout: h.csv}\ngates: [{metric: ndgc_at_5, min: 0.5}, {metric: ndcg_at, min: 0.5}]', ['3:18-27 there is no metric `ndgc_at_5`; did you mean `ndcg_at_5`? → ndcg_at_5', '3:49-56 there is no metric `ndcg_at`; did you mean `ndcg_at_10`? → ndcg_at_10']],
    ['a group metric written as any other', gates('{metric: demographic_parity_ratio, min: 0.8}'), ['13:14-38 `demographic_parity_ratio` compares groups; write `fairness: demographic_parity_ratio` with `by`']],
    ['a misspelt key of a gate', gates('{metric: roc_auc, mim: 0.7}'), ['13:23-26 `mim` is not known here; did you mean `min`? → min']],
    ['a misspelt kind of gate', gates('{metrik: roc_auc, min: 0.7}'), ['13:6-12 `metrik` is not known here; did you mean `metric`? → metric']],
    ['a gate of no kind', gates('{min: 0.7}'), ['13:5-15 item 1 of `gates` must have one of the keys `metric`, `fairness`, `cases`, `flips`, `drift`, `dataQuality`, `latency`, `throughput`, `size`, `parity`, `value`, `shadow`']],
    ['a gate that is no set of keys', gates('roc_auc'), ['13:5-12 item 1 of `gates` must be a set of keys, not "roc_auc"']],
    ['a metric gate without a bound', gates('{metric: roc_auc}'), ['13:14-21 nothing is asked of `roc_auc`; add `min`, `max`, `minChange` or `nonInferior`']],
    ['two rules in one gate', gates('{metric: roc_auc, min: 0.7, nonInferior: 0.01}'), ['13:5-51 this gate asks for several things at once; write a gate for each']],
    ['a minimum above the maximum', gates('{metric: roc_auc, min: 0.9, max: 0.8}'), ['13:28-31 no model can pass: `min` 0.9 is more than `max` 0.8']],
    ['a minimum above what the metric can be', gates('{metric: roc_auc, min: 70}'), ['13:28-30 no model can pass: `roc_auc` is never more than 1']],
    ['a maximum below what the metric can be', gates('{metric: log_loss, max: -1}'), ['13:29-31 no model can pass: `log_loss` is never less than 0']],
    ['a bound that every model passes', gates('{metric: roc_auc, min: 0}'), ['13:28-29 warning: every model passes: `roc_auc` is never less than 0']],
    ['a minimum of what should be low', gates('{metric: log_loss, min: 0.2}'), ['13:24-27 warning: a lower `log_loss` is better; did you mean `max`? → max']],
    ['an improvement beyond the range', gates('{metric: roc_auc, minChange: 2}'), ['13:34-35 no model can pass: `roc_auc` can change by at most 1']],
    ['a percentage of what is no share', gates('{metric: log_loss, minChange: -1%}'), ['13:35-38 `log_loss` is not a share, so a percentage of it means nothing here; write a number, or add `relative: true`']],
    ['a negative margin', gates('{metric: recall, nonInferior: -1%}'), ['13:35-38 a margin cannot be negative; write how much worse the candidate may be, or `superior: true` when it must be better']],
    ['a refinement of nothing', gates('{metric: recall, min: 0.5, relative: true}'), ['13:32-40 `relative` does nothing without `minChange`']],
    ['a slice by an undeclared column', gates('{metric: recall, by: origin, min: 0.5}'), ['13:26-32 `flight-delay` has no slices by `origin`; add `origin` to its `slices`']],
    ['a slice by a misspelt column', gates('{metric: recall, by: carier, min: 0.5}'), ['13:26-32 `flight-delay` has no slices by `carier`; did you mean `carrier`? → carrier']],
    ['one value of an undeclared column', gates('{metric: recall, slice: origin = JFK, min: 0.5}'), ['13:29-41 `flight-delay` declares no slice `origin = JFK`; add it to its `slices`']],
    ['a slice and a column at once', gates('{metric: recall, slice: carrier = AA, by: carrier, min: 0.5}'), ['13:22-27 a gate is either on one `slice` or `by` a column; write two gates']],
    ['fairness without groups', gates('{fairness: equal_opportunity_difference, by: sex, max: 0.1}'), ['13:50-53 `flight-delay` has no groups by `sex`; add it to its `groups`']],
    ['the wrong bound of a ratio', 'models: {m: {target: y, positive: 1, groups: [sex]}}\ndatasets: {holdout: h.csv}\ngates: [{fairness: demographic_parity_ratio, by: sex, max: 0.8}]', ['3:20-44 `demographic_parity_ratio` needs `min`: a ratio is best at 1', '3:55-58 `max` does not bound `demographic_parity_ratio`; use `min` → min']],
    ['a comparison without a champion', 'models: {m: {target: y, task: binary}}\ndatasets: {holdout: h.csv}\ngates: [{flips: 2%}, {metric: recall, minChange: 0}]', ['3:9-20 this gate compares with the champion, and `m` names none; add `champion`', '3:22-52 this gate compares with the champion, and `m` names none; add `champion`']],
    ['cases that are not there', 'models: {m: {target: y}}\ndatasets: {holdout: h.csv}\ngates: [{cases: all}]', ['3:10-15 `m` has no curated cases; add a dataset called `cases`']],
    ['drift without a current batch', 'models: {m: {target: y}}\ndatasets: {reference: r.csv}\ngates: [{drift: features}]', ['3:10-15 `m` has no `current` dataset, so drift cannot be told']],
    ['a drift budget of one thing', gates('{drift: multivariate, maxColumns: 3}'), ['13:27-37 `maxColumns` does nothing for multivariate drift, which is about one thing']],
    ['drift that is turned off', `${flights}drift: {multivariate: false}\ngates: [{drift: multivariate}]`, ['13:17-29 `multivariate` is turned off under `drift`']],
    ['nothing to judge on', 'models: {m: {target: y}}\ngates: [{metric: accuracy, min: 0.5}]', ['2:9-37 `m` has nothing to be judged on; add a dataset called `holdout`']],
    ['no right answers', 'models: {m: {champion: v1}}\ndatasets: {holdout: h.csv}\ngates: [{metric: accuracy, min: 0.5}]', ['3:9-37 `m` has no `target`, and this gate needs the right answers']],
    ['a better build of the same model', gates('{shadow: better, intent: same-build}'), ['13:14-20 no model can pass: another build of the same model is equivalent at best']],
    ['a sibling that is not named', gates('{parity: sibling}'), ['13:14-21 `parity: sibling` needs `file`: the other build of the model']],
    ['value of outcomes nobody valued', gates('{value: 0}'), ['13:6-11 `flight-delay` does not say what outcomes are worth; give it a `value`']],
    ['a share that could mean two things', gates('{flips: 2}'), ['13:13-14 `flips` must be a share of the whole, such as `2%` or 0.02, not 2']],
    ['a size in no unit', gates('{size: 50 megs}'), ['13:12-19 `size` must be a size: `50MB`, `800KB`, `1.5GB` or a number of megabytes, not "50 megs"']],
    ['a misspelt quantile', gates('{latency: p96, maxMs: 5}'), ['13:15-18 `latency` must be one of p50, p95, p99, not "p96"; did you mean p95? → p95']],
    ['the same gate twice', gates('{cases: all}', '{cases: 95%}'), ['14:5-17 this gate is called `cases`, like the one on line 13; give one of them another `name`']],
    ['the name of a built-in gate', gates('{cases: all, name: outputs}'), ['13:24-31 `outputs` is the name of a built-in gate']],

    ['a check of nothing', 'datasets: {current: c.csv}\nchecks: [{column: humid}]', ['2:19-24 nothing is said about `humid`; add a rule such as `maxNulls: 2%`']],
    ['a check with its range upside down', 'datasets: {current: c.csv}\nchecks: [{column: humid, min: 5, max: 1}, {rows: {min: 9, max: 3}}]', ['2:31-32 `min` 5 is more than `max` 1', '2:56-57 `min` 9 is more than `max` 3']],
    ['a check on a misspelt dataset', 'datasets: {current: c.csv}\nchecks: [{rows: {min: 1}, on: curent}]', ['2:31-37 there is no dataset `curent`; did you mean `current`? → current']],
    ['a refinement of no rule', 'datasets: {current: c.csv}\nchecks: [{column: x, maxNulls: 1%, strict: true}]', ['2:36-42 `strict` does nothing without `sorted`']],
    ['an empty file', '', ['1:1-2 the file is empty; run `slipway init` to fill it']],
  ];
  it.each(cases)('%s', async (_, text, expected) => {
    expect(await issuesOf(text)).toEqual(expected);
  });
});

describe('all that is wrong', () => {
  it('is said at once, in the order of the lines, each thing once', async () => {
    const text = `sede: 1\nmodels:\n  m: {target: y, task: binary, thresold: 0.3, champion: v1}\n  n: {target: y, task: regression}\ndatasets: {holdout: h.csv}\nchecks:\n  - {colunm: x}\ngates:\n  - {metric: rocauc, min: 0.5}\n  - {metric: r2, mn: 0.5}\n`;
    expect(await issuesOf(text)).toEqual([
      '1:1-5 `sede` is not known here; did you mean `seed`? → seed',
      '3:32-40 `thresold` is not known here; did you mean `threshold`? → threshold',
      '7:6-12 `colunm` is not known here; did you mean `column`? → column',
      '9:14-20 there is no metric `rocauc`; did you mean `roc_auc`? → roc_auc',
      '10:18-20 `mn` is not known here; did you mean `min`? → min',
    ]);
  });

  it('travels on the problem, placed at the first error', async () => {
    const parsed = await parseConfig('seed: x\nallow: 3\n', { path: 'here/slipway.yaml' });
    if (!('problem' in parsed)) throw new Error('it parsed');
    expect(parsed.problem).toBeInstanceOf(Problem);
    expect([parsed.problem.code, parsed.problem.message, parsed.problem.where]).toEqual(['config-invalid', 'here/slipway.yaml has 2 errors', { path: 'here/slipway.yaml', line: 1, column: 7 }]);
    expect(parsed.problem.issues?.[0]).toEqual({ path: 'here/slipway.yaml', line: 1, column: 7, endColumn: 8, key: 'seed', message: '`seed` must be a number, not "x"', severity: 'error' });
  });

  it('of a file that is not YAML is its syntax alone', async () => {
    const parsed = await parseConfig('models: [a\nseed: x\n', { path: 'slipway.yaml' });
    expect('problem' in parsed && parsed.problem.code).toBe('config-syntax');
  });

  it('includes columns that are in no dataset, when the columns are known', async () => {
    const columns = new Map([['holdout', ['late', 'carrier', 'sex']]]);
    const text = 'models:\n  m: {target: lat, slices: [carier, origin], groups: [sex], inputs: {x: carrier}}\ndatasets:\n  holdout: {path: h.csv, key: id}\n';
    expect(await issuesOf(text, { columns })).toEqual([
      '2:15-18 there is no column `lat` in the data; did you mean `late`? → late',
      '2:29-35 there is no column `carier` in the data; did you mean `carrier`? → carrier',
      '2:37-43 there is no column `origin` in the data',
      '4:31-33 there is no column `id` in the data',
    ]);
  });
});

describe('a good slipway.yaml', () => {
  it('of ten lines gets sensible defaults', async () => {
    const config = await configOf(flights);
    expect(config).toEqual({
      version: 1,
      seed: 1,
      suggestChecks: true,
      allow: [],
      drift: { alpha: 0.05, floors: { numeric: 0.1, categorical: 0.1, text: 0.6, output: 0.05, missing: 0.02 }, columnFloors: [], include: [], exclude: [], multivariate: true },
      resources: { providers: ['cpu'], threads: null, memoryMb: 4096, deadlineMs: 30_000, batchRows: 4096 },
      serving: {
        maxBatchRows: 32,
        maxQueueDelayMs: 0,
        preferredBatchRows: [],
        preserveOrder: false,
        queueRows: 256,
        timeoutMs: 30_000,
        timeoutAction: 'reject',
        hosts: 1,
        cacheMb: 0,
        bodyMb: 64,
        jsonElements: 2_000_000,
        statusCodes: 'slipway',
        log: { enabled: true, share: 1, errors: true, slowMs: null, inputs: 'all', redact: [], waitingRows: 100_000, waitingMb: 64, fileRows: 50_000, fileMb: 32, fileSeconds: 60, keepDays: 30, keepMb: 1000 },
        shadow: { queueRows: 4096, queueMb: 64, concurrency: 8, noise: 0.05 },
        trace: { endpoint: null, sample: 1 },
      },
      datasets: [
        { name: 'reference', line: 8, files: ['data/reference.parquet'], time: null, key: [], target: null, checks: [] },
        { name: 'holdout', line: 9, files: ['data/holdout.parquet'], time: null, key: [], target: null, checks: [] },
        { name: 'current', line: 10, files: ['data/current/*.parquet'], time: null, key: [], target: null, checks: [] },
        { name: 'cases', line: 11, files: ['cases/curated.csv'], time: null, key: [], target: null, checks: [] },
      ],
      models: [
        {
          name: 'flight-delay',
          line: 2,
          files: ['models/flight-delay/*/*.onnx'],
          task: 'binary',
          target: 'late',
          references: ['late'],
          query: null,
          item: null,
          positive: '1',
          threshold: 0.5,
          tolerance: null,
          classes: null,
          champion: 'v1',
          inputs: [],
          outputs: { score: null, probabilities: null, label: null, value: null },
          predictions: [],
          datasets: { reference: 'reference', holdout: 'holdout', current: 'current', cases: 'cases' },
          groups: [],
          slices: [{ kind: 'by', columns: ['carrier'] }],
          value: null,
          business: null,
          gates: null,
          readiness: { criteria: [], off: [] },
          route: { line: 2, weights: null, shadows: [] },
        },
      ],
    } satisfies Config);
  });

  it('says every kind of gate in a line, each with an id of its own and its line', async () => {
    const text = `models:
  m:
    target: y
    positive: 1
    champion: v1
    slices: [carrier, [carrier, origin], {name: cold, where: {temp: {below: 32}}}]
    groups: [sex]
    value: {tp: 10, fp: -2, fn: -5, currency: USD}
datasets: {reference: r.csv, holdout: h.csv, current: c.csv, cases: k.csv}
gates:
  - {metric: roc_auc, min: 70%}
  - {metric: roc_auc, min: 0.75, severity: warn}
  - {metric: log_loss, max: 0.5, on: current, decide: interval, name: sharp}
  - {metric: roc_auc, nonInferior: 0.005}
  - {metric: roc_auc, superior: true, severity: info}
  - {metric: recall, by: carrier, nonInferior: 1%}
  - {metric: recall, by: [carrier, origin], min: 0.1}
  - {metric: recall, slice: carrier = AA, minChange: -1%, relative: true, minRows: 50}
  - {metric: recall, slice: cold, min: 0.2}
  - {fairness: equal_opportunity_difference, by: sex, max: 0.1}
  - {cases: 95%}
  - {flips: 2%}
  - {drift: features, maxColumns: 3}
  - {dataQuality: current}
  - {latency: p95, maxMs: 5}
  - {throughput: 10000}
  - {size: 64MiB}
  - {parity: available}
  - {parity: sibling, file: model.int8.onnx, maxDecisionsChanged: 5}
  - {parity: [cpu, webgpu], relative: 0.01}
  - {value: 0, against: champion}
  - {shadow: better, source: live, maxDisagreement: 5%, minPairs: 1000, maxAgeDays: 7}
  - {shadow: equivalent, intent: same-build}
`;
    const [{ gates }] = (await configOf(text)).models;
    const on = 'holdout';
    expect(gates).toEqual([
      { id: 'roc_auc.min', severity: 'block', line: 11, kind: 'metric', metric: 'roc_auc', on, min: 0.7, decide: 'point', minRows: 100 },
      { id: 'roc_auc.min.warn', severity: 'warn', line: 12, kind: 'metric', metric: 'roc_auc', on, min: 0.75, decide: 'point', minRows: 100 },
      { id: 'sharp', severity: 'block', line: 13, kind: 'metric', metric: 'log_loss', on: 'current', max: 0.5, decide: 'interval', minRows: 100 },
      { id: 'roc_auc.non_inferior', severity: 'block', line: 14, kind: 'non_inferior', metric: 'roc_auc', on, margin: 0.005, alpha: 0.025, superior: false, minRows: 100 },
      { id: 'roc_auc.superior', severity: 'info', line: 15, kind: 'non_inferior', metric: 'roc_auc', on, margin: 0, alpha: 0.025, superior: true, minRows: 100 },
      { id: 'recall.non_inferior.by.carrier', severity: 'block', line: 16, kind: 'non_inferior', metric: 'recall', on, by: 'carrier', margin: 0.01, alpha: 0.025, superior: false, minRows: 30 },
      { id: 'recall.min.by.carrier × origin', severity: 'block', line: 17, kind: 'metric', metric: 'recall', on, by: 'carrier × origin', min: 0.1, decide: 'point', minRows: 30 },
      { id: 'recall.change.slice.carrier = AA', severity: 'block', line: 18, kind: 'change', metric: 'recall', on, slice: 'carrier = AA', min: -0.01, relative: true, minRows: 50 },
      { id: 'recall.min.slice.cold', severity: 'block', line: 19, kind: 'metric', metric: 'recall', on, slice: 'cold', min: 0.2, decide: 'point', minRows: 30 },
      { id: 'equal_opportunity_difference.by.sex', severity: 'block', line: 20, kind: 'fairness', measure: 'equal_opportunity_difference', on, by: ['sex'], max: 0.1, minRows: 30, decide: 'point' },
      { id: 'cases', severity: 'block', line: 21, kind: 'cases', minShare: 0.95 },
      { id: 'flips', severity: 'block', line: 22, kind: 'flips', on, maxHarmfulShare: 0.02, decide: 'point' },
      { id: 'drift.features', severity: 'block', line: 23, kind: 'drift', of: 'features', maxColumns: 3 },
      { id: 'data_quality.current', severity: 'block', line: 24, kind: 'data_quality', on: 'current', maxFailing: 0, severities: ['block'] },
      { id: 'latency.p95', severity: 'block', line: 25, kind: 'latency', quantile: 'p95', maxMs: 5, batch: 1 },
      { id: 'throughput.batch_256', severity: 'block', line: 26, kind: 'throughput', minRowsPerSecond: 10000, batch: 256 },
      { id: 'size', severity: 'block', line: 27, kind: 'size', maxMb: 67.108864 },
      { id: 'parity.available', severity: 'block', line: 28, kind: 'parity', providers: 'available', relative: 1e-3, absolute: 1e-5, maxDecisionsChanged: 0 },
      { id: 'parity.model.int8.onnx', severity: 'block', line: 29, kind: 'parity', providers: 'available', sibling: 'model.int8.onnx', relative: 0.05, absolute: 0.05, maxDecisionsChanged: 5 },
      { id: 'parity.cpu.webgpu', severity: 'block', line: 30, kind: 'parity', providers: ['cpu', 'webgpu'], relative: 0.01, absolute: 1e-5, maxDecisionsChanged: 0 },
      { id: 'value.champion', severity: 'block', line: 31, kind: 'value', on, min: 0, against: 'champion', decide: 'point' },
      { id: 'shadow.better.live', severity: 'block', line: 32, kind: 'shadow', needs: 'better', source: 'live', maxDisagreement: 0.05, minPairs: 1000, maxAgeDays: 7 },
      { id: 'shadow.equivalent', severity: 'block', line: 33, kind: 'shadow', needs: 'equivalent', intent: 'same-build', source: 'any' },
    ]);
  });

  it('says every kind of check, several about a column in one item', async () => {
    const text = `datasets:
  reference: r.csv
  airports: a.csv
  current: {path: c/*.csv, time: t, key: [id, part], freshness: 2d}
  cases: k.csv
checks:
  suggest: false
  rules:
    - {column: humid, on: current, type: DOUBLE, maxNulls: 2%, nulls: [null, empty], maxNotFinite: 0, min: 0, max: 100, tolerate: 1%, varies: true, outliers: iqr, maxOutlierRatio: 2}
    - {column: [a, b], on: current, unique: true, maxEmpty: 1%}
    - {column: code, on: current, values: [x, 1, true], pattern: 'N\\d+', minLength: 2, format: uuid, references: {dataset: airports, column: faa}}
    - {column: t, on: current, maxAge: 36h, allowFuture: 30m, notBefore: 2013-10-01, sorted: increasing, strict: true}
    - {rows: {min: 1000}, on: current, severity: warn}
    - {columns: [a, b], ordered: true, extra: report, on: current}
    - {renamed: true}
    - {unique: [a, b], on: current}
    - {maxDuplicates: 0.1%, on: current}
    - {expression: a < b, name: order, on: current}
    - {leakage: y, on: current}
    - {labelDistribution: y}
    - {overlap: reference}
`;
    const config = await configOf(text);
    const checks = (name: string) => config.datasets.find((dataset) => dataset.name === name)?.checks;
    const block = (line: number) => ({ severity: 'block', line });
    expect(config.suggestChecks).toBe(false);
    expect(checks('current')).toEqual([
      { kind: 'unique', columns: ['id', 'part'], ...block(4) },
      { kind: 'freshness', column: 't', maxAgeHours: 48, ...block(4) },
      { kind: 'type', column: 'humid', type: 'DOUBLE', ...block(9) },
      { kind: 'nulls', column: 'humid', maxShare: 0.02, counts: ['null', 'empty'], ...block(9) },
      { kind: 'not_finite', column: 'humid', maxShare: 0, ...block(9) },
      { kind: 'constant', column: 'humid', ...block(9) },
      { kind: 'range', column: 'humid', min: 0, max: 100, maxShare: 0.01, ...block(9) },
      { kind: 'outliers', column: 'humid', method: 'iqr', maxRatio: 2, ...block(9) },
      { kind: 'empty_strings', column: 'a', maxShare: 0.01, ...block(10) },
      { kind: 'unique', columns: ['a'], ...block(10) },
      { kind: 'empty_strings', column: 'b', maxShare: 0.01, ...block(10) },
      { kind: 'unique', columns: ['b'], ...block(10) },
      { kind: 'allowed_values', column: 'code', values: ['x', 1, true], ...block(11) },
      { kind: 'pattern', column: 'code', pattern: 'N\\d+', ...block(11) },
      { kind: 'length', column: 'code', min: 2, ...block(11) },
      { kind: 'format', column: 'code', format: 'uuid', ...block(11) },
      { kind: 'references', column: 'code', dataset: 'airports', inColumn: 'faa', ...block(11) },
      { kind: 'freshness', column: 't', maxAgeHours: 36, allowFutureMinutes: 30, ...block(12) },
      { kind: 'late_rows', column: 't', notBefore: '2013-10-01', ...block(12) },
      { kind: 'sorted', column: 't', direction: 'increasing', strict: true, ...block(12) },
      { kind: 'row_count', min: 1000, severity: 'warn', line: 13 },
      { kind: 'columns', required: ['a', 'b'], ordered: true, extra: 'report', ...block(14) },
      { kind: 'renamed', ...block(15) },
      { kind: 'unique', columns: ['a', 'b'], ...block(16) },
      { kind: 'duplicate_rows', maxShare: 0.001, ...block(17) },
      { kind: 'expression', name: 'order', expression: 'a < b', ...block(18) },
      { kind: 'label_leakage', target: 'y', ...block(19) },
      { kind: 'label_distribution', target: 'y', ...block(20) },
      { kind: 'overlap', dataset: 'reference', columns: ['id', 'part'], ...block(21) },
    ]);
    expect(checks('reference')).toEqual([]);
    expect(checks('cases')).toEqual([]);
    expect(checks('airports')?.map(({ kind }) => kind)).toEqual(['renamed', 'label_distribution', 'overlap']);
  });

  it('keeps what a number in it was typed as, where text is meant', async () => {
    const config = await configOf("models: {'2': {target: y, champion: '1.10', predictions: {1: p}, task: binary, classes: [1, 0], slices: [{name: s, where: {a: [1, x], b: null, c: true}}]}}");
    expect(config.models[0]).toMatchObject({
      name: '2',
      champion: '1.10',
      classes: ['1', '0'],
      predictions: [{ version: '1', score: 'p', label: null }],
      slices: [{ kind: 'where', name: 's', where: [{ column: 'a', values: ['1', 'x'] }, { column: 'b', value: null }, { column: 'c', value: 'true' }] }],
    });
  });

  it('gives a model with gates of its own none of the others', async () => {
    const config = await configOf('models: {a: {target: y, task: regression, gates: [{metric: r2, min: 0.5}]}, b: {target: z, task: binary}}\ndatasets: {holdout: h.csv}\ngates: [{metric: recall, min: 0.5}]');
    expect(config.models.map(({ gates }) => gates?.map(({ id }) => id))).toEqual([['r2.min'], ['recall.min']]);
  });

  it('reads `no` as text and aliases as what they stand for', async () => {
    const config = await configOf('models: {m: {target: y, positive: no, classes: &c [no, yes], groups: [a]}, n: {target: y, classes: *c}}');
    expect(config.models.map(({ positive, classes }) => [positive, classes])).toEqual([['no', ['no', 'yes']], [null, ['no', 'yes']]]);
  });
});

describe('files that slipway.yaml names', () => {
  let workspace: string;
  let outside: string;
  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'slipway-config-'));
    outside = await mkdtemp(join(tmpdir(), 'slipway-outside-'));
    for (const file of ['data/reference.csv', 'data/current/a.csv', 'models/m/v1/model.onnx', 'models/m/v2/model.onnx']) {
      await mkdir(dirname(join(workspace, file)), { recursive: true });
      await writeFile(join(workspace, file), 'x\n1\n');
    }
    await writeFile(join(outside, 'secret.csv'), 'x\n1\n');
    await symlink(join(outside, 'secret.csv'), join(workspace, 'data/link.csv'));
    await symlink(outside, join(workspace, 'linked'));
    await symlink(join(workspace, 'data/reference.csv'), join(workspace, 'data/fine.csv'));
  });
  afterAll(async () => {
    await rm(workspace, { recursive: true });
    await rm(outside, { recursive: true });
  });

  it.each([
    ['a misspelt file', 'datasets: {a: data/refrence.csv}', ['1:15-32 there is no file `data/refrence.csv`; did you mean `data/reference.csv`? → data/reference.csv']],
    ['a misspelt folder', 'datasets: {a: dat/reference.csv}', ['1:15-32 there is no file `dat/reference.csv`; did you mean `data/reference.csv`? → data/reference.csv']],
    ['a pattern without matches', 'datasets: {a: {path: data/*.parquet}}', ['1:22-36 no file matches `data/*.parquet`']],
    ['one path of several', 'datasets: {a: [data/reference.csv, data/x.csv]}', ['1:36-46 there is no file `data/x.csv`']],
    ['a folder', 'datasets: {a: data/current}', ['1:15-27 `data/current` is a folder; write a pattern for the files in it → data/current/*']],
    ['a link that leads outside', 'datasets: {a: data/link.csv}', ['1:15-28 `data/link.csv` is a link that leads outside the workspace; list the folder it leads to under `allow`']],
    ['a linked folder', 'datasets: {a: linked/secret.csv}', ['1:15-32 `linked/secret.csv` is a link that leads outside the workspace; list the folder it leads to under `allow`']],
    ['a folder that may not be allowed', 'allow: [/, missing]', ['1:9-10 `/` is the whole disk; list the folders that are needed', '1:12-19 there is no folder `missing`']],
    ['a model that is not exported yet', 'models: {n: {target: y}}', ['1:10-11 warning: no file matches `models/n/*/*.onnx`']],
    ['a shadow that is no version', 'models: {m: {target: y, route: {shadows: {v11: 100%}}}}', ['1:43-46 `m` has no version `v11`; did you mean `v1`? → v1']],
    ['a share for no version', 'models: {m: {target: y, route: {weights: {v11: 100%}}}}', ['1:43-46 `m` has no version `v11`; did you mean `v1`? → v1']],
    ['a champion that is no version', 'models: {m: {target: y, champion: v11}}', ['1:35-38 `m` has no version `v11`; did you mean `v1`? → v1']],
    ['a sibling that is missing', 'models: {m: {target: y, gates: [{parity: sibling, file: models/m/v9/model.onnx}]}}', ['1:57-79 there is no file `models/m/v9/model.onnx`; did you mean `models/m/v1/model.onnx`? → models/m/v1/model.onnx']],
    ['nothing, when all is there', 'models: {m: {target: y, champion: v2}}\ndatasets: {a: data/fine.csv, b: data/current/*.csv}', []],
  ])('are complained of: %s', async (_, text, expected) => {
    expect(await issuesOf(text, { workspace })).toEqual(expected);
  });

  it('are never found by a pattern behind a link that leads outside', async () => {
    for (const pattern of ['data/l*.csv', 'linked/*.csv', '**/secret.csv', 'linke?/*']) expect(await issuesOf(`datasets: {a: '${pattern}'}`, { workspace })).toHaveLength(1);
  });

  it('may lie in a folder that is allowed, also behind a link', async () => {
    expect(await issuesOf(`allow: ['${outside}']\ndatasets: {a: '${outside}/secret.csv', b: data/link.csv, c: '${outside}/*.csv'}`, { workspace })).toEqual([]);
    expect(await issuesOf(`datasets: {a: '${outside}/secret.csv'}`, { workspace })).toHaveLength(1);
    const parsed = await parseConfig('allow: [data]', { path: 'slipway.yaml', workspace });
    expect('config' in parsed && parsed.config.allow).toEqual([join(await realpath(workspace), 'data')]);
  });

  it('are loaded from the workspace, or it is said that slipway.yaml is missing', async () => {
    await expect(loadConfig(workspace)).rejects.toMatchObject({ code: 'config-missing' });
    await writeFile(join(workspace, 'slipway.yaml'), 'datasets: {a: data/reference.csv}\n');
    expect((await loadConfig(workspace)).datasets.map(({ files }) => files)).toEqual([['data/reference.csv']]);
    await writeFile(join(workspace, 'slipway.yaml'), 'datasets: {a: data/nothing.csv}\n');
    await expect(loadConfig(workspace)).rejects.toMatchObject({ code: 'config-invalid', issues: [{ line: 1, column: 15 }] });
  });
});
