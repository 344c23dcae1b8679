import { z } from 'zod';
import { builtInCriteria } from '../../protocol/config.ts';
import type { Provider } from '../../protocol/runtime.ts';

/**
 * Everything slipway.yaml can say. The parser, the JSON Schema, docs/config.md, the editor's hover texts and the
 * defaults all come from here. A custom error is a predicate, "must be …": the key is put before it, the value after.
 */

// ---- values -------------------------------------------------------------------------------------------------------

const name = z
  .string({ error: 'must be a name (put a number in quotes)' })
  .regex(/^[^/\\\u0000-\u001f\u007f-\u009f]{1,100}$/, { error: 'must be a name without slashes, at most 100 characters' })
  .meta({ title: 'name' });
const column = z.string({ error: 'must be a column name (put a number in quotes)' }).min(1, { error: 'must be a column name' }).meta({ title: 'column' });
const columns = z.array(column).min(1, { error: 'must name at least one column' }).meta({ title: 'list of columns' });
const oneOrMoreColumns = z.union([column, columns], { error: 'must be a column name or a list of them' }).meta({ title: 'column or list of columns' });
const pathText = z.string({ error: 'must be a path' }).min(1, { error: 'must be a path' }).meta({ title: 'path' });
const pathOrPaths = z.union([pathText, z.array(pathText).min(1)], { error: 'must be a path, a pattern or a list of them' }).meta({ title: 'path or list of paths' });
const label = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a label: text, a number, true or false' }).transform(String).meta({ title: 'label' });
const positiveInteger = z.int().min(1).max(1e12);
const wholeNumber = z.int().min(0).max(1e12);
const number = z.number();

const shareError = { error: 'must be a share of the whole, such as `2%` or 0.02' };
/** `2%` or `0.02`. */
const share = z
  .union([z.number().min(0, shareError).max(1, shareError), z.string().regex(/^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?) ?%$/, shareError)], shareError)
  .transform((written) => (typeof written === 'number' ? written : Number.parseFloat(written) / 100))
  .meta({ title: 'share' });

const amountError = { error: 'must be a number or a percentage such as `1%`' };
/** A number, or a percentage of what it applies to. */
const amount = z
  .union([z.number(), z.string().regex(/^[+-]?\d+(?:\.\d+)? ?%$/, amountError)], amountError)
  .transform((written) => (typeof written === 'number' ? { value: written, percent: false } : { value: Number.parseFloat(written) / 100, percent: true }))
  .meta({ title: 'number or percentage' });

const hoursPerUnit = { m: 1 / 60, h: 1, d: 24, w: 168 } as const;
const durationError = { error: 'must be a time span: `90m`, `36h`, `7d` or `2w`' };
/** `36h` in hours. */
const duration = z
  .string(durationError)
  .regex(/^\d+(?:\.\d+)? ?[mhdw]$/, durationError)
  .transform((written) => Number.parseFloat(written) * hoursPerUnit[written.slice(-1) as keyof typeof hoursPerUnit])
  .meta({ title: 'time span' });

const megabytesPerUnit = { KB: 1e-3, MB: 1, GB: 1e3, KiB: 1024 / 1e6, MiB: 1024 ** 2 / 1e6, GiB: 1024 ** 3 / 1e6 } as const;
const sizeError = { error: 'must be a size: `50MB`, `800KB`, `1.5GB` or a number of megabytes' };
/** `50MB` in millions of bytes. */
const size = z
  .union([z.number().positive(sizeError), z.string().regex(/^\d+(?:\.\d+)? ?[KMG]i?B$/, sizeError)], sizeError)
  .transform((written) => (typeof written === 'number' ? written : Number.parseFloat(written) * megabytesPerUnit[written.replace(/^[\d. ]+/, '') as keyof typeof megabytesPerUnit]))
  .meta({ title: 'size' });

const providerNames = { cuda: 'cuda', tensorrt: 'tensorrt', webgpu: 'webgpu', dml: 'dml', coreml: 'coreml', cpu: 'cpu' } as const satisfies Record<Provider, Provider>;
const provider = z.enum(providerNames).meta({ title: 'execution provider' });
const severity = z.enum(['block', 'warn', 'info']);
const datasetRole = z.enum(['reference', 'holdout', 'current', 'cases']);

/** A documented key. */
function key<T extends z.ZodType>(schema: T, description: string, notes: { example?: unknown; default?: string } = {}): T {
  return schema.meta({
    description,
    ...(notes.example === undefined ? {} : { examples: [notes.example] }),
    ...(notes.default === undefined ? {} : { 'x-default': notes.default }),
  }) as T;
}

// ---- gates --------------------------------------------------------------------------------------------------------

const gateBase = {
  name: key(name, 'What to call this gate in reports. Must be unique.', { default: 'built from the rule, e.g. `roc_auc.min`' }).optional(),
  severity: key(severity, '`block` keeps a model from promotion; `warn` and `info` are only shown.').default('block'),
};
const judgedOn = key(z.enum(['holdout', 'current']), 'Which labelled dataset to judge on.', { default: '`holdout`, or `current` when there is no holdout' }).optional();
const decide = key(
  z.enum(['point', 'interval']),
  '`interval` needs the whole confidence interval on the right side of the bound, and is inconclusive while the bound lies inside it; `point` compares the measured value.',
).default('point');
const rowsNeeded = key(positiveInteger, 'With fewer rows the gate is inconclusive.', { default: '100; 30 per slice or group' }).optional();

/** Any text here; that the metric exists and fits the task is looked at where gates are resolved. */
const metricName = z.string({ error: 'must be the name of a metric' }).meta({ title: 'metric' });

const metricGate = z
  .strictObject({
    metric: key(metricName, 'Metric to judge; docs/metrics.md lists them.', { example: 'roc_auc' }),
    min: key(amount, 'Smallest value allowed for the candidate.', { example: 0.7 }).optional(),
    max: key(amount, 'Largest value allowed for the candidate.').optional(),
    minChange: key(amount, 'Smallest improvement over the champion; negative allows that much loss. A better model always passes.', { example: '-1%' }).optional(),
    relative: key(z.boolean(), 'Measure `minChange` as a share of the champion’s value.', { default: 'false' }).optional(),
    nonInferior: key(amount, 'The candidate is shown not to be worse than the champion by more than this margin, with its sampling error counted.', { example: 0.005 }).optional(),
    superior: key(z.boolean(), 'Also require that it is shown to be better.', { default: 'false' }).optional(),
    alpha: key(z.number().gt(0).max(0.5), 'Chance of passing a model that is worse by exactly the margin.', { default: '0.025' }).optional(),
    on: judgedOn,
    slice: key(z.string().min(1), 'Judge one declared slice instead of all rows: its name, or `column = value`.', { example: 'carrier = AA' }).optional(),
    by: key(oneOrMoreColumns, 'Judge every value of this column, or every combination of several; the worst decides. The model’s `slices` must declare it.', { example: 'carrier' }).optional(),
    minRows: rowsNeeded,
    decide,
    ...gateBase,
  })
  .describe('A metric against a bound (`min`, `max`) or against the champion (`minChange`, `nonInferior`, `superior`).');

export const fairnessMeasures = [
  'demographic_parity_difference',
  'demographic_parity_ratio',
  'equalized_odds_difference',
  'equalized_odds_ratio',
  'equal_opportunity_difference',
  'equal_opportunity_ratio',
] as const;

const fairnessGate = z
  .strictObject({
    fairness: key(z.enum(fairnessMeasures), 'Disparity between groups. A difference is best at 0 and needs `max`; a ratio is best at 1 and needs `min`.'),
    by: key(oneOrMoreColumns, 'Group column, or columns for their combinations. Must be among the model’s `groups`.', { example: 'sex' }),
    max: key(z.number().min(0).max(1), 'Largest difference allowed.', { example: 0.1 }).optional(),
    min: key(z.number().min(0).max(1), 'Smallest ratio allowed.').optional(),
    on: judgedOn,
    minRows: key(positiveInteger, 'With a group smaller than this the gate is inconclusive, unless the others fail it already.').default(30),
    decide,
    ...gateBase,
  })
  .describe('Bias between groups of people.');

const casesGate = z
  .strictObject({
    cases: key(z.union([z.literal('all'), share], { error: 'must be `all` or a share such as `95%`' }), 'Share of the curated cases that must come out right.', { example: 'all' }),
    ...gateBase,
  })
  .describe('Curated regression cases.');

const flipsGate = z
  .strictObject({
    flips: key(share, 'Largest share of rows that the champion gets right and the candidate wrong.', { example: '2%' }),
    on: judgedOn,
    decide,
    ...gateBase,
  })
  .describe('Rows that flip from right to wrong.');

const driftGate = z
  .strictObject({
    drift: key(z.enum(['features', 'predictions', 'label', 'multivariate', 'concept']), 'What must not have moved between reference and current.'),
    maxColumns: key(wholeNumber, 'Columns that may have moved.', { default: 'none, unless `maxShare` says so' }).optional(),
    maxShare: key(share, 'Share of columns that may have moved.', { example: '10%' }).optional(),
    columns: key(columns, 'Count these columns only.', { default: 'all that are compared' }).optional(),
    ...gateBase,
  })
  .describe('Drift budget.');

const dataQualityGate = z
  .strictObject({
    dataQuality: key(datasetRole, 'The dataset whose checks count.', { example: 'current' }),
    maxFailing: key(wholeNumber, 'Checks that may fail.').default(0),
    severities: key(z.array(severity).min(1), 'Which checks count.').default(['block']),
    ...gateBase,
  })
  .describe('Data-quality budget.');

const latencyGate = z
  .strictObject({
    latency: key(z.enum(['p50', 'p95', 'p99']), 'Quantile of the time for one batch, measured on this machine.'),
    maxMs: key(z.number().positive(), 'Milliseconds allowed.', { example: 5 }),
    batch: key(positiveInteger, 'Rows per batch.').default(1),
    ...gateBase,
  })
  .describe('Latency.');

const throughputGate = z
  .strictObject({
    throughput: key(z.number().positive(), 'Rows per second needed on this machine.', { example: 10000 }),
    batch: key(positiveInteger, 'Rows per batch.').default(256),
    ...gateBase,
  })
  .describe('Throughput.');

const sizeGate = z
  .strictObject({
    size: key(size, 'Largest model file allowed, with its external data. 1 MB is a million bytes.', { example: '50MB' }),
    ...gateBase,
  })
  .describe('Model size.');

const parityGate = z
  .strictObject({
    parity: key(
      z.union([z.enum(['available', 'sibling']), z.array(provider).min(2, { error: 'must name at least two execution providers' })], {
        error: 'must be `available`, `sibling` or a list of at least two execution providers',
      }),
      '`available`: the CPU against every other execution provider that starts here; a list: exactly these; `sibling`: the model against another build of it, such as a quantized one.',
      { example: 'available' },
    ),
    file: key(pathText, 'The other build, for `sibling`: a file name beside the model file, or a path from the workspace.', { example: 'model.int8.onnx' }).optional(),
    relative: key(z.number().min(0), 'Relative difference allowed per output element.', { default: '1e-3; 0.05 for a sibling' }).optional(),
    absolute: key(z.number().min(0), 'Absolute difference allowed per output element.', { default: '1e-5; 0.05 for a sibling' }).optional(),
    maxDecisionsChanged: key(wholeNumber, 'Rows whose decision may differ.').default(0),
    ...gateBase,
  })
  .describe('Runtime parity: the same model must answer the same everywhere.');

const valueGate = z
  .strictObject({
    value: key(number, 'Smallest gain per prediction, in the currency of the model’s `value`.', { example: 0 }),
    against: key(z.enum(['baseline', 'champion']), 'Gain over what.').default('baseline'),
    on: judgedOn,
    decide,
    ...gateBase,
  })
  .describe('Business value.');

const shadowGate = z
  .strictObject({
    shadow: key(z.enum(['better', 'equivalent', 'nonInferior']), 'What the newest saved comparison with the champion must say. `equivalent` takes better too; `nonInferior` takes both, and an open one whose labels show that it loses less than the margin.', { example: 'equivalent' }),
    intent: key(z.enum(['new-model', 'same-build']), 'Only comparisons made with it.', { default: 'any' }).optional(),
    source: key(z.enum(['live', 'replay', 'any']), 'Only comparisons of live requests, or of a replay.').default('any'),
    maxDisagreement: key(share, 'Largest share of pairs that may disagree, with its whole interval.', { example: '5%', default: 'no such bound' }).optional(),
    minPairs: key(positiveInteger, 'With fewer pairs the gate is inconclusive.', { example: 10000, default: 'as many as the comparison needs itself' }).optional(),
    maxAgeDays: key(z.number().positive(), 'With an older comparison the gate is inconclusive.', { example: 7, default: 'any age' }).optional(),
    ...gateBase,
  })
  .describe('Shadow comparison: the candidate beside the champion, on live requests or a replay.');

export const gate = z.union([
  metricGate,
  fairnessGate,
  casesGate,
  flipsGate,
  driftGate,
  dataQualityGate,
  latencyGate,
  throughputGate,
  sizeGate,
  parityGate,
  valueGate,
  shadowGate,
]).meta({ id: 'gate', title: 'gate' });
export type GateSpec = z.output<typeof gate>;

// ---- readiness ----------------------------------------------------------------------------------------------------

const words = z.string().min(1).max(200);
const criterionBase = {
  criterion: key(words, 'What must hold, in words. Must be unique.', { example: 'encryption at rest' }),
  group: key(words, 'Heading it stands under.', { example: 'Security' }).default('Other'),
};

const gateCriterion = z
  .strictObject({
    gate: key(z.string().min(1), 'Name of the gate whose pass is the evidence.', { example: 'latency.p99' }),
    ...criterionBase,
  })
  .describe('A criterion that a gate shows.');

const mayBeOff = builtInCriteria.filter((each) => each !== 'blocking gates');
const offCriterion = z
  .strictObject({
    off: key(z.enum(mayBeOff), 'Built-in criterion that does not count here.', { example: 'throughput' }),
    reason: key(words, 'Why; it is shown in its place.', { example: 'scored in batches at night' }),
  })
  .describe('A built-in criterion that is turned off.');

const statementCriterion = z
  .strictObject({
    ...criterionBase,
    by: key(z.union([words, z.array(words).min(1, { error: 'must name at least one person or role' })], { error: 'must be a name or role, or a list of them' }), 'Who may state it: a name or a role.', { example: 'security lead', default: 'anybody' }).optional(),
    expires: key(duration, 'How long a statement counts.', { example: '180d', default: 'as long as it says itself' }).optional(),
  })
  .describe('A criterion that somebody states to be met, with `slipway state`.');

export const criterion = z.union([gateCriterion, offCriterion, statementCriterion]).meta({ id: 'criterion', title: 'criterion' });
export type CriterionSpec = z.output<typeof criterion>;
const criteria = z.array(criterion, { error: 'must be a list of criteria' });

// ---- checks -------------------------------------------------------------------------------------------------------

const checkBase = {
  on: key(z.union([name, z.array(name).min(1)], { error: 'must be a dataset name or a list of them' }), 'Dataset or datasets to check.', {
    default: 'every dataset but `cases`',
  }).optional(),
  severity: key(severity, 'What a failure means; gates on data quality count `block` unless told otherwise.').default('block'),
};
const tolerate = key(share, 'Share of rows that may break the rule.', { default: '0', example: '1%' }).optional();
const bound = z.union([z.number(), z.string().min(1)], { error: 'must be a number, or a date as text' });

/** A bare `null` in YAML is no text. */
const missing = z
  .union([z.enum(['null', 'nan', 'empty', 'infinite']), z.null()], { error: 'must be one of null, nan, empty, infinite' })
  .transform((written) => written ?? 'null')
  .meta({ title: '`null`, `nan`, `empty` or `infinite`' });

const columnCheck = z
  .strictObject({
    column: key(oneOrMoreColumns, 'The column, or columns, that every rule in this item is about.', { example: 'humid' }),
    type: key(z.string().min(1), 'Type the column must have, in DuckDB’s names.', { example: 'DOUBLE' }).optional(),
    maxNulls: key(share, 'Share of rows that may be missing (null or NaN).', { example: '2%' }).optional(),
    nulls: key(z.array(missing).min(1), 'What counts as missing for `maxNulls`.', { default: '`[null, nan]`' }).optional(),
    maxNotFinite: key(share, 'Share of rows that may be NaN or infinite.').optional(),
    maxEmpty: key(share, 'Share of rows that may be empty text.').optional(),
    unique: key(z.literal(true, { error: 'can only be true' }), 'No value occurs twice.').optional(),
    varies: key(z.literal(true, { error: 'can only be true' }), 'The column holds more than one value.').optional(),
    min: key(bound, 'Smallest value allowed.', { example: 0 }).optional(),
    max: key(bound, 'Largest value allowed.', { example: 100 }).optional(),
    values: key(z.array(z.union([z.string(), z.number(), z.boolean()]).meta({ title: 'values' })).min(1), 'The only values allowed.', { example: ['EWR', 'JFK', 'LGA'] }).optional(),
    pattern: key(z.string().min(1).max(1000), 'Regular expression (RE2) that the whole text must match.', { example: 'N[0-9A-Z]{1,5}' }).optional(),
    minLength: key(wholeNumber, 'Fewest characters.').optional(),
    maxLength: key(wholeNumber, 'Most characters.').optional(),
    format: key(z.enum(['integer', 'number', 'date', 'timestamp', 'uuid', 'email', 'json']), 'What the text must parse as.').optional(),
    maxAge: key(duration, 'Age allowed for the newest value of a time column.', { example: '36h' }).optional(),
    allowFuture: key(duration, 'How far ahead of the clock a value may be, for `maxAge`.').optional(),
    notBefore: key(z.string().min(1), 'Rows older than this came late.', { example: '2013-10-01' }).optional(),
    outliers: key(z.enum(['robust_z', 'iqr']), 'How outliers are told: distance from the median in robust standard deviations, or Tukey’s fences.').optional(),
    outlierThreshold: key(z.number().positive(), 'Distance from which a value is an outlier.', { default: '3.5 for `robust_z`, 1.5 for `iqr`' }).optional(),
    maxOutliers: key(share, 'Share of rows that may be outliers.').optional(),
    maxOutlierRatio: key(z.number().positive(), 'Outlier share allowed, as a multiple of the reference’s.').optional(),
    sorted: key(z.enum(['increasing', 'decreasing']), 'Order of the rows by this column.').optional(),
    strict: key(z.boolean(), 'Equal neighbours break `sorted`.').optional(),
    references: key(
      z.strictObject({ dataset: key(name, 'The other dataset.'), column: key(column, 'Its column.') }),
      'Every value occurs in a column of another dataset.',
      { example: { dataset: 'airports', column: 'faa' } },
    ).optional(),
    tolerate,
    ...checkBase,
  })
  .describe('Rules about a column; several may stand in one item.');

const rowsCheck = z
  .strictObject({
    rows: key(
      z.strictObject({ min: key(wholeNumber, 'Fewest rows.').optional(), max: key(wholeNumber, 'Most rows.').optional() }),
      'How many rows there must be.',
      { example: { min: 1000 } },
    ),
    ...checkBase,
  })
  .describe('Number of rows.');

const columnsCheck = z
  .strictObject({
    columns: key(columns, 'Columns that must be there.'),
    ordered: key(z.boolean(), 'Also in this order.').default(false),
    extra: key(z.enum(['allow', 'report']), 'What to do about other columns.').default('allow'),
    ...checkBase,
  })
  .describe('Set and order of columns.');

const renamedCheck = z
  .strictObject({
    renamed: key(z.literal(true, { error: 'can only be true' }), 'Report a lost column whose content turns up under a new name as a rename.'),
    minSimilarity: key(z.number().gt(0).max(1), 'How alike the two must be.').optional(),
    ...checkBase,
  })
  .describe('Renamed columns.');

const uniqueCheck = z.strictObject({ unique: key(columns, 'Columns that together name a row.', { example: ['carrier', 'flight', 'time_hour'] }), ...checkBase }).describe('Key over several columns.');

const duplicatesCheck = z.strictObject({ maxDuplicates: key(share, 'Share of rows that may repeat another row in every column.', { example: '0.1%' }), ...checkBase }).describe('Duplicate rows.');

const expressionCheck = z
  .strictObject({
    expression: key(z.string().min(1).max(10_000), 'SQL that must be true for every row.', { example: 'arr_time > dep_time' }),
    name: key(z.string().min(1), 'What to call it.').optional(),
    tolerate,
    ...checkBase,
  })
  .describe('Rule across columns.');

const leakageCheck = z
  .strictObject({
    leakage: key(column, 'Label column that no single feature may give away.', { example: 'late' }),
    maxScore: key(z.number().gt(0).max(1), 'How well one feature may predict it.').optional(),
    ...checkBase,
  })
  .describe('Label leakage.');

const labelDistributionCheck = z
  .strictObject({
    labelDistribution: key(column, 'Label column whose distribution is compared with the reference.', { example: 'late' }),
    maxDistance: key(z.number().min(0).max(1), 'Distance allowed.').optional(),
    ...checkBase,
  })
  .describe('Label distribution.');

const overlapCheck = z
  .strictObject({
    overlap: key(name, 'Dataset that must not share rows with this one.', { example: 'reference' }),
    by: key(columns, 'Columns that name a row.', { default: 'the dataset’s `key`, else all columns' }).optional(),
    tolerate,
    ...checkBase,
  })
  .describe('Rows shared with another dataset.');

export const check = z.union([
  columnCheck,
  rowsCheck,
  columnsCheck,
  renamedCheck,
  uniqueCheck,
  duplicatesCheck,
  expressionCheck,
  leakageCheck,
  labelDistributionCheck,
  overlapCheck,
]).meta({ id: 'check', title: 'check' });
export type CheckSpec = z.output<typeof check>;

const checkList = z.array(check, { error: 'must be a list of checks' });
export const checks = z.union([
  checkList,
  z
    .strictObject({
      suggest: key(z.boolean(), 'Also run the checks that the reference suggests.').default(true),
      rules: key(checkList, 'The checks.').default([]),
    })
    .describe('Checks, and whether others are suggested.'),
]);

// ---- datasets -----------------------------------------------------------------------------------------------------

const datasetFile = z
  .strictObject({
    path: key(pathOrPaths, 'File, or pattern with `*`, `?` and `**`. Parquet, CSV or JSON lines, the last two also as .gz. Of `current` each file is a batch, in name order.', { example: 'data/current/*.parquet' }),
    time: key(column, 'Column that says when a row happened.', { example: 'time_hour' }).optional(),
    key: key(oneOrMoreColumns, 'Column or columns that name a row; checked to be unique.').optional(),
    freshness: key(duration, 'Age allowed for the newest row; needs `time`.', { example: '36h' }).optional(),
    target: key(column, 'Label column, where it is called otherwise than in the model’s `target`.').optional(),
  })
  .describe('A dataset with options.');
export const dataset = z.union([pathText, z.array(pathText).min(1), datasetFile]).meta({ title: 'dataset' });
export type DatasetSpec = z.output<typeof dataset>;

// ---- models -------------------------------------------------------------------------------------------------------

const predictionColumns = z
  .strictObject({
    score: key(column, 'Score of the positive class, or of an item in its list.').optional(),
    probabilities: key(columns, 'One column per class, in the order of `classes`.').optional(),
    label: key(column, 'Predicted label.').optional(),
    value: key(column, 'Predicted number.').optional(),
    text: key(column, 'Generated text.').optional(),
  })
  .describe('Columns that hold the predictions of a version.');

const condition = z.union(
  [
    label,
    z.null(),
    z.array(label).min(1),
    z
      .strictObject({ min: key(number, 'At least this.').optional(), below: key(number, 'Less than this.').optional() })
      .describe('A range.'),
  ],
  { error: 'must be a value, a list of values, or a range such as {min: 0, below: 20}' },
);
const slice = z.union([
  column,
  columns,
  z
    .strictObject({
      name: key(z.string().min(1), 'What to call the slice.', { example: 'winter nights' }),
      where: key(z.record(column, condition), 'Which rows: the value, values or range that each column must have.', { example: { temp: { below: 32 } } }),
    })
    .describe('A slice with a name.'),
]);

const route = z
  .strictObject({
    weights: key(z.record(name, share), 'Share of the requests by version; together they must be the whole.', { example: { v1: '95%', v2: '5%' }, default: 'all to the champion, or to the last version where none is named' }).optional(),
    shadows: key(
      z.record(
        name,
        z.union([
          share,
          z.strictObject({
            share: key(share, 'Of the requests, picked by their id.').default(1),
            intent: key(z.enum(['new-model', 'same-build']), '`new-model`: differences are expected, and labels say who is right. `same-build`: every difference is a fault.').default('new-model'),
          }),
        ]),
      ),
      'Versions that are asked along unseen, after the reply has gone, and compared with the version that answered.',
      { example: { v2: { share: '10%', intent: 'same-build' } } },
    ).default({}),
  })
  .describe('Where requests go.');

export const model = z
  .strictObject({
    files: key(pathOrPaths, 'Model files. The folder that a `*` stands for names the version, else the file does.', {
      default: '`models/<name>/*/*.onnx`',
    }).optional(),
    task: key(z.enum(['binary', 'multiclass', 'regression', 'ranking', 'generation']), 'What the model does.', { default: 'read from the model and the keys below' }).optional(),
    target: key(column, 'Column with the right answer: label, number, relevance grade or reference text.', { example: 'late' }).optional(),
    references: key(columns, 'Generation: every column with an accepted text.', { default: '`target`' }).optional(),
    query: key(column, 'Ranking: rows with the same value are one list.').optional(),
    item: key(column, 'Ranking: what is ranked.').optional(),
    positive: key(label, 'Label of the positive class.', { example: 1, default: 'the model must have exactly the classes 0 and 1, or false and true' }).optional(),
    threshold: key(z.number().min(0).max(1), 'Score from which a row is predicted positive.').default(0.5),
    tolerance: key(z.number().min(0), 'Regression: how far from the expected value a curated case is still right, in units of the target.', { example: 5 }).optional(),
    classes: key(z.array(label).min(2, { error: 'must name at least two classes' }), 'Labels in the order of the probabilities.', { default: 'read from the model' }).optional(),
    champion: key(name, 'Version in production, by name or by `sha256:…` digest. Other versions are compared with it.', { example: 'v1' }).optional(),
    inputs: key(z.record(z.string().min(1), oneOrMoreColumns), 'Columns for each model input; several columns become one tensor.', { default: 'the column of the same name' }).optional(),
    outputs: key(
      z.strictObject({
        score: key(z.string().min(1), 'Output with the score of the positive class.').optional(),
        probabilities: key(z.string().min(1), 'Output with one probability per class.').optional(),
        label: key(z.string().min(1), 'Output with the predicted label.').optional(),
        value: key(z.string().min(1), 'Output with the predicted number.').optional(),
      }),
      'Names of the model’s outputs.',
      { default: 'found by name, type and shape' },
    ).optional(),
    predictions: key(z.record(name, z.union([column, predictionColumns])), 'Versions without a model file: columns that already hold their predictions.', { example: { v1: 'score_v1' } }).optional(),
    reference: key(name, 'Dataset the model was made from.', { default: 'the dataset called `reference`' }).optional(),
    holdout: key(name, 'Labelled dataset it has not seen.', { default: 'the dataset called `holdout`' }).optional(),
    current: key(name, 'Data under question.', { default: 'the dataset called `current`' }).optional(),
    cases: key(name, 'Curated rows that must come out right.', { default: 'the dataset called `cases`' }).optional(),
    groups: key(z.array(oneOrMoreColumns), 'Columns, or lists of columns to combine, whose values are groups for fairness.', { example: ['sex', ['sex', 'race']] }).default([]),
    slices: key(z.array(slice), 'Slices to report: a column (one per value), a list of columns (one per combination), or a name with a condition.', { example: ['carrier'] }).default([]),
    value: key(
      z.strictObject({
        tp: key(number, 'Value of a true positive.'),
        fp: key(number, 'Value of a false positive.'),
        fn: key(number, 'Value of a false negative.'),
        tn: key(number, 'Value of a true negative.').default(0),
        currency: key(z.string().min(1), 'Unit.', { example: 'USD' }),
        baseline: key(z.enum(['negative', 'positive']), 'What is done without a model: predict nobody, or everybody.').default('negative'),
      }),
      'What each outcome is worth.',
    ).optional(),
    business: key(
      z.strictObject({
        problem: key(z.string().min(1), 'The problem in a sentence.').optional(),
        metric: key(z.string().min(1), 'Business metric it moves.').optional(),
        baseline: key(label, 'Where that metric stands.').optional(),
        target: key(label, 'Where it should get.').optional(),
        owner: key(z.string().min(1), 'Who answers for it.').optional(),
        signed: key(z.string().min(1), 'Who agreed, and when.').optional(),
      }),
      'The agreed goal; kept with every verdict.',
    ).optional(),
    gates: key(z.array(gate, { error: 'must be a list of gates' }), 'Gates for this model alone, in place of the top-level ones.').optional(),
    readiness: key(criteria, 'Criteria for this model alone, in place of the top-level ones.').optional(),
    route: key(route, 'Who answers requests that name no version.').prefault({}),
  })
  .meta({ title: 'model', description: 'A model and how it is judged.' });
export type ModelSpec = z.output<typeof model>;

// ---- the rest -----------------------------------------------------------------------------------------------------

const effect = z.number().gt(0).max(1);
export const drift = z
  .strictObject({
    alpha: key(z.number().gt(0).max(0.5), 'Share of the columns named as moved that may be false alarms (false discovery rate).').default(0.05),
    floors: key(
      z.strictObject({
        numeric: key(effect, 'Numbers: Kolmogorov–Smirnov distance.').default(0.1),
        categorical: key(effect, 'Categories: Cramér’s V at equal weight.').default(0.1),
        text: key(z.number().gt(0.5).max(1), 'Text: area under the curve of a classifier that tells the two apart.').default(0.6),
        output: key(effect, 'The label and predictions: either distance.').default(0.05),
        missing: key(effect, 'Missing values: difference of their shares.').default(0.02),
      }),
      'Smallest effect that counts. A column has moved only if the change is significant and at least this large.',
    ).prefault({}),
    columns: key(z.record(column, effect), 'Floors for single columns.', { example: { temp: 0.2 } }).default({}),
    include: key(z.array(column), 'Columns to compare although they look like times or identifiers.').default([]),
    exclude: key(z.array(column), 'Columns to leave out.').default([]),
    multivariate: key(z.boolean(), 'Also look at all columns together.').default(true),
  })
  .describe('How reference and current are compared.');

export const resources = z
  .strictObject({
    providers: key(z.array(provider).min(1, { error: 'must name at least one execution provider' }), 'Execution providers, tried in order; every refusal is reported.').default(['cpu']),
    threads: key(z.int().min(1).max(1024), 'Threads per model.', { default: 'physical cores' }).optional(),
    memoryMb: key(z.int().min(128).max(1_048_576), 'Memory a model may use before it is stopped.').default(4096),
    deadlineMs: key(z.int().min(100).max(600_000), 'Time one batch may take before the model is stopped.').default(30_000),
    batchRows: key(z.int().min(1).max(1_048_576), 'Rows per batch when a dataset is scored.').default(4096),
  })
  .describe('What a model may use.');

const httpError = { error: 'must be an address such as `http://localhost:4318`, without user or password' };
/** Of a collector; credentials have no place in a file that is shared. */
const httpAddress = z
  .string(httpError)
  .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/, httpError)
  .meta({ title: 'http address' });

const waitingRows = z.int().min(1).max(1_000_000);
export const serving = z
  .strictObject({
    maxBatchRows: key(z.int().min(1).max(65_536), 'Rows put together for one run. 1 turns that off, as does a model whose rows influence each other.').default(32),
    maxQueueDelayMs: key(z.number().min(0).max(1000), 'How long a batch that is not full may wait for more rows. Under load batches form without waiting.').default(0),
    preferredBatchRows: key(z.array(z.int().min(1).max(65_536)), 'Sizes at which a batch is run at once; only for providers that like certain sizes.').default([]),
    preserveOrder: key(z.boolean(), 'Answer in the order in which requests came.').default(false),
    queueRows: key(waitingRows, 'Rows that may wait for a version; beyond them a request is answered with 429.').default(256),
    timeoutMs: key(z.int().min(1).max(600_000), 'How long a request may wait for its turn; a request may ask for less.').default(30_000),
    timeoutAction: key(z.enum(['reject', 'delay']), 'What becomes of a request that has waited that long.').default('reject'),
    hosts: key(z.int().min(1).max(64), 'Processes for each version. One uses as many threads as `resources` allows.').default(1),
    cacheMb: key(z.number().min(0).max(65_536), 'Memory for answers to requests that come again; 0 turns the cache off.').default(0),
    bodyMb: key(z.number().gt(0).max(2048), 'Largest body of a request, in megabytes; the limit holds for what it unpacks to.').default(64),
    jsonElements: key(z.int().min(1).max(100_000_000), 'Largest number of tensor elements in JSON; more must come as binary tensors.').default(2_000_000),
    statusCodes: key(z.enum(['slipway', 'triton']), '`triton` answers a full queue with 503 in place of 429.').default('slipway'),
    log: key(
      z.strictObject({
        enabled: key(z.boolean(), 'Whether predictions are recorded, in `.slipway/predictions`.').default(true),
        share: key(share, 'Of the requests, picked by their id.').default(1),
        errors: key(z.boolean(), 'Record every request that failed, whatever the share.').default(true),
        slowMs: key(z.number().gt(0), 'Record every request that took longer, whatever the share.', { default: 'no such rule' }).optional(),
        inputs: key(z.enum(['all', 'hash', 'none']), 'What is kept of inputs. With `hash` only whether two are the same can be told; what is replayed needs `all`.').default('all'),
        redact: key(z.array(z.string().min(1)), 'Inputs, or columns that feed them, of which nothing is kept.', { example: ['name', 'birthday'] }).default([]),
        waitingRows: key(z.int().min(1).max(10_000_000), 'Rows that may wait in memory to be written; more are dropped and counted.').default(100_000),
        waitingMb: key(z.number().gt(0).max(65_536), 'The same in megabytes.').default(64),
        fileRows: key(z.int().min(1).max(10_000_000), 'Rows of a file.').default(50_000),
        fileMb: key(z.number().gt(0).max(4096), 'Megabytes in memory at which a file is written.').default(32),
        fileSeconds: key(z.number().gt(0).max(86_400), 'Seconds after which it is written, however few its rows: what a power cut can take.').default(60),
        keepDays: key(z.number().gt(0).max(36_500), 'Days after which files are removed.').default(30),
        keepMb: key(z.number().gt(0).max(10_000_000), 'Megabytes on disk beyond which the oldest files are removed.').default(1000),
      }),
      'What is recorded of predictions.',
    ).prefault({}),
    shadow: key(
      z.strictObject({
        queueRows: key(waitingRows, 'Rows that may wait for a shadow; the oldest give way to newer ones, and are counted.').default(4096),
        queueMb: key(z.number().gt(0).max(65_536), 'The same in megabytes.').default(64),
        concurrency: key(z.int().min(1).max(1024), 'Requests that a shadow is asked at a time.').default(8),
        noise: key(share, 'Of the pairs, those on which production is asked again to find out how far it repeats itself; 200 at least.').default(0.05),
      }),
      'How shadows are asked.',
    ).prefault({}),
    trace: key(
      z.strictObject({
        endpoint: key(httpAddress, 'OpenTelemetry collector that traces go to, by OTLP over HTTP; `/v1/traces` is added.', { example: 'http://localhost:4318', default: 'the environment’s `OTEL_EXPORTER_OTLP_ENDPOINT`; without it there are no traces' }).optional(),
        sample: key(share, 'Share of the requests that are traced. Those that come with a trace follow its caller.').default(1),
      }),
      'Traces of requests.',
    ).prefault({}),
  })
  .describe('How `slipway serve` answers requests.');

export const config = z
  .strictObject({
    version: key(z.literal(1, { error: 'must be 1' }), 'Version of this file’s format.').default(1),
    seed: key(z.int().min(0).max(2 ** 32 - 1), 'Seed of everything random; the same seed gives the same report to the last bit.').default(1),
    models: key(z.record(name, model), 'Models by name.').default({}),
    datasets: key(z.record(name, dataset), 'Datasets by name. `reference`, `holdout`, `current` and `cases` are used by every model that names no other.').default({}),
    checks: key(checks, 'What must be true of the data.').default([]),
    drift: key(drift, 'How drift is told.').prefault({}),
    gates: key(z.array(gate, { error: 'must be a list of gates' }), 'What a model must pass; for every model without `gates` of its own.', { default: 'docs/gates.md lists the gates used when none are written' }).optional(),
    readiness: key(criteria, 'What must hold before a model goes into production, beside what docs/readiness.md says always must; for every model without `readiness` of its own.').default([]),
    resources: key(resources, 'What a model may use.').prefault({}),
    serving: key(serving, 'How `slipway serve` answers requests.').prefault({}),
    allow: key(z.array(pathText), 'Folders outside the workspace that may be read.', { example: ['/srv/features'] }).default([]),
  })
  .describe('slipway.yaml');
export type ConfigSpec = z.output<typeof config>;

/** The same, with every model, dataset, check and gate that does not parse replaced by null, so that the rest can still be looked at. */
const readable = <T extends z.ZodType>(schema: T) => schema.nullable().catch(null);
const readableChecks = z.array(readable(check));
export const readableConfig = z.object({
  models: z.record(z.string(), readable(model.extend({ gates: z.array(readable(gate)).optional().catch([]), readiness: z.array(readable(criterion)).optional().catch([]) }))).default({}).catch({}),
  datasets: z.record(z.string(), readable(dataset)).default({}).catch({}),
  checks: z.union([readableChecks, z.object({ suggest: z.boolean().default(true).catch(true), rules: readableChecks.default([]).catch([]) })]).default([]).catch([]),
  drift: readable(config.shape.drift),
  gates: z.array(readable(gate)).optional().catch([]),
  readiness: z.array(readable(criterion)).default([]).catch([]),
  resources: readable(config.shape.resources),
  serving: readable(config.shape.serving),
  allow: z.array(z.string()).default([]).catch([]),
  seed: readable(config.shape.seed),
});
export type ReadableConfig = z.output<typeof readableConfig>;
