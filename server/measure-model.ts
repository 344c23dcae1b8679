import type { ModelConfig } from '../protocol/config.ts';
import type { ComparisonReport, EvaluationReport } from '../protocol/evaluation.ts';
import type { DatasetRole, EvaluationRole, Gate } from '../protocol/gates.ts';
import type { ModelSignature, RunReport } from '../protocol/run.ts';
import { detectConceptDrift } from './drift/detect-concept-drift.ts';
import type { OutcomeValues } from './evaluation/assess-value.ts';
import { judgeCases } from './evaluation/judge-cases.ts';
import { findPredictionFaults, type Predictions } from './evaluation/predictions.ts';
import type { SliceDeclaration } from './evaluation/slice.ts';
import type { House, On, RunSubject, Version } from './house.ts';
import type { Job } from './judging-thread.ts';
import { measureRecorded } from './measure-recorded.ts';
import { measureRuntime } from './measure-runtime.ts';
import { featuresOf, type Models } from './open-models.ts';
import type { Table } from './stats/vector.ts';
import type { Steps } from './steps.ts';
import { subjectOf, type Contract } from './subject-of.ts';
import type { Batch } from './workspace-data.ts';

/** What a version said, and what it was asked. */
interface Answer {
  contract: Contract;
  predictions: Predictions;
}

type Measured = Pick<RunReport, 'predictions' | 'evaluations' | 'championEvaluations' | 'comparisons' | 'cases' | 'concept' | 'estimates' | 'runtime' | 'recorded' | 'signatures'>;

const rolesPredicted = ['holdout', 'current', 'cases'] as const;
const rolesEvaluated = ['holdout', 'current'] as const;

/** predict → evaluate → compare, each dataset by itself: what fails leaves its own evidence missing and nothing else. */
export async function measureModel(house: House, models: Models, subject: RunSubject, steps: Steps, on: On): Promise<Measured> {
  const { config, version, champion, batches: data } = subject;
  const measured: Measured = { predictions: [], evaluations: {}, championEvaluations: {}, comparisons: {}, cases: [], concept: null, estimates: [], runtime: null, signatures: null };
  if (champion === null) steps.missing.signatures = 'there is no champion to compare with';
  else measured.signatures = { candidate: signatureOf(version), champion: signatureOf(champion) };
  measured.recorded = await measureRecorded(models, subject, steps, on.signal);
  const contract = await steps.attempt('predict', 'contract', 'predictions', () => models.contract(version, subject));
  if (contract === null) return { ...withoutPredictions(measured, steps), runtime: await measureRuntime(models, subject, house, steps, on) };

  const answers = new Map<DatasetRole, Predictions>();
  for (const role of rolesPredicted) {
    const batch = data[role];
    if (batch === undefined) continue;
    const predictions = await steps.attempt('predict', `${version.name} on ${batch.name}`, `predictions.${role}`, () => models.predictions(version, subject, batch));
    if (predictions === null) continue;
    answers.set(role, predictions);
    measured.predictions.push({ role, faults: findPredictionFaults(predictions, Math.max(1, contract.classes.length)), drift: null });
  }

  // Independent of each other, and each on a thread of its own.
  await Promise.all(
    rolesEvaluated.map(async (role) => {
      const batch = data[role];
      const predictions = answers.get(role);
      const skip = (reason: string): void => {
        steps.skip('evaluate', role, `evaluations.${role}`, reason);
        steps.skip('compare', role, `comparisons.${role}`, reason);
      };
      if (batch === undefined) return skip(`slipway.yaml has no ${role} dataset for ${config.name}`);
      if (predictions === undefined) return skip(steps.missing[`predictions.${role}`] ?? 'there are no predictions');
      const awaited = role === 'current' ? await labelsAwaited(batch, config) : null;
      if (awaited !== null) return skip(awaited);
      const [evaluation] = await Promise.all([
        steps.attempt('evaluate', `${version.name} on ${batch.name}`, `evaluations.${role}`, () => models.evaluation(version, config, batch, () => evaluationOf(house, subject, version, batch, { contract, predictions }, on))),
        compareWithChampion(house, models, subject, role, batch, { contract, predictions }, measured, steps, on),
      ]);
      if (evaluation !== null) measured.evaluations[role] = evaluation;
    }),
  );

  const cases = data.cases;
  const caseAnswers = answers.get('cases');
  if (cases === undefined) steps.missing.cases = `slipway.yaml has no cases dataset for ${config.name}`;
  else if (contract.task === 'regression' && config.tolerance === null) steps.missing.cases = `slipway.yaml has no tolerance for ${config.name}: how far from the expected value a case is still right`;
  else if (caseAnswers === undefined) steps.missing.cases = steps.missing['predictions.cases'] ?? 'there are no predictions';
  else {
    const judged = await steps.attempt('evaluate', 'curated cases', 'cases', async () => {
      const table = await cases.table();
      return judgeCases(subjectOf(table, config, cases.config.target ?? config.target, contract, caseAnswers), { names: rowNames(table, cases.config.key), tolerance: config.tolerance });
    });
    measured.cases = judged ?? [];
  }

  await detectPredictionDrift(house, models, subject, contract, answers, measured, steps, on);
  await estimateWithoutLabels(house, subject, contract, answers, measured, steps, on);
  measured.runtime = await measureRuntime(models, subject, house, steps, on);
  if (subject.role === 'candidate') await models.release(version);
  return measured;
}

/** Labels of what happens now come later than its rows: until then there is nothing to evaluate, and nothing has failed. */
async function labelsAwaited(batch: Batch, config: RunSubject['config']): Promise<string | null> {
  const target = batch.config.target ?? config.target;
  if (target === null || (await batch.table()).columns.some(({ name }) => name === target)) return null;
  return `${batch.name} has no labels yet (no column ${target})`;
}

function withoutPredictions(measured: Measured, steps: Steps): Measured {
  const reason = steps.missing.predictions;
  for (const role of rolesEvaluated) {
    steps.missing[`evaluations.${role}`] = reason;
    steps.missing[`comparisons.${role}`] = reason;
  }
  steps.missing.cases = reason;
  steps.missing.predictionDrift = reason;
  steps.missing.concept = reason;
  return measured;
}

async function compareWithChampion(house: House, models: Models, subject: RunSubject, role: EvaluationRole, batch: Batch, ours: Answer, measured: Measured, steps: Steps, on: On): Promise<void> {
  const { config, version, champion } = subject;
  if (subject.role === 'champion' || champion === null) {
    steps.skip('compare', role, `comparisons.${role}`, champion === null ? 'there is no champion to compare with' : 'this is the champion');
    return;
  }
  const theirs = await steps.attempt('predict', `${champion.name} on ${batch.name}`, `comparisons.${role}`, async () => ({ contract: await models.contract(champion, subject), predictions: await models.predictions(champion, subject, batch) }));
  if (theirs === null) return;
  const [evaluation, comparison] = await Promise.all([
    steps.attempt('evaluate', `${champion.name} on ${batch.name}`, `championEvaluations.${role}`, () => models.evaluation(champion, config, batch, () => evaluationOf(house, subject, champion, batch, theirs, on))),
    steps.attempt('compare', `${version.name} with ${champion.name} on ${batch.name}`, `comparisons.${role}`, () => comparisonOf(house, subject, champion, batch, { candidate: ours, champion: theirs }, on)),
  ]);
  if (evaluation !== null) measured.championEvaluations[role] = evaluation;
  if (comparison !== null) measured.comparisons[role] = comparison;
}

/** What a version says on the current batch against what it said on the reference. */
async function detectPredictionDrift(house: House, models: Models, subject: RunSubject, contract: Contract, answers: ReadonlyMap<DatasetRole, Predictions>, measured: Measured, steps: Steps, on: On): Promise<void> {
  const { config, version, batches: { reference, current } } = subject;
  const now = answers.get('current');
  if (now === undefined || reference === undefined || current === undefined) {
    steps.missing.predictionDrift = reference === undefined ? `slipway.yaml has no reference dataset for ${config.name}` : (steps.missing['predictions.current'] ?? 'there is no current batch');
    return;
  }
  const drift = await steps.attempt('detect drift', 'predictions', 'predictionDrift', async () => {
    const before = await models.predictions(version, subject, reference);
    const side = async (batch: Batch, predictions: Predictions) => ({ dataset: await batch.ref(), table: predictionTable(predictions, contract) });
    return house.judging.run(
      {
        kind: 'detect drift',
        input: { reference: await side(reference, before), current: await side(current, now) },
        roles: { predictions: predictionTable(now, contract).columns.map(({ name }) => name) },
        options: { alpha: house.config.drift.alpha, floors: house.config.drift.floors, multivariate: null, seed: house.config.seed },
      },
      { signal: on.signal },
    );
  });
  const made = measured.predictions.find(({ role }) => role === 'current');
  if (made !== undefined) made.drift = drift;
}

/** What the scores on the current batch promise, given what they were worth on the holdout; and whether the labels, where they are in, agree. */
async function estimateWithoutLabels(house: House, { config, batches }: RunSubject, contract: Contract, answers: ReadonlyMap<DatasetRole, Predictions>, measured: Measured, steps: Steps, on: On): Promise<void> {
  const { holdout, current } = batches;
  const [before, now] = [answers.get('holdout'), answers.get('current')];
  if (holdout === undefined || current === undefined || before === undefined || now === undefined || !isScored(before) || !isScored(now)) {
    steps.missing.concept = 'it takes scores on a labelled holdout and on a current batch';
    return;
  }
  const faults = measured.predictions.find(({ role, faults }) => (role === 'holdout' || role === 'current') && faults.message !== undefined);
  if (faults !== undefined) {
    steps.skip('detect drift', 'performance without labels', 'concept', faults.faults.message ?? 'predictions are at fault');
    return;
  }
  const estimates = await steps.attempt('detect drift', 'performance without labels', 'concept', async () => {
    const side = async (batch: Batch, predictions: ScoredPredictions) => {
      const target = batch.config.target ?? config.target;
      const table = await batch.table();
      const labelled = target !== null && table.columns.some(({ name }) => name === target);
      const subject = labelled ? subjectOf(table, config, target, contract, predictions) : null;
      return { scores: predictions.kind === 'scores' ? predictions.scores : predictions.probabilities, labels: subject !== null && (subject.task === 'binary' || subject.task === 'multiclass') ? subject.labels.map((label) => Math.max(-1, label)) : null };
    };
    const input = { classes: contract.classes.length, threshold: config.threshold, reference: await side(holdout, before), current: await side(current, now) };
    return house.judging.run({ kind: 'estimate performance', input, options: { seed: house.config.seed } }, { signal: on.signal });
  });
  if (estimates === null) return;
  measured.estimates = estimates;
  measured.concept = detectConceptDrift(estimates[0]);
}

type ScoredPredictions = Extract<Predictions, { kind: 'scores' | 'probabilities' }>;

const isScored = (predictions: Predictions): predictions is ScoredPredictions => predictions.kind === 'scores' || predictions.kind === 'probabilities';

/** Predictions as columns, so that they are compared as any column is. */
function predictionTable(predictions: Predictions, { classes }: Contract): Table {
  const numeric = (name: string, values: Float64Array) => ({ name, kind: 'numeric' as const, type: 'DOUBLE', vector: { kind: 'numeric' as const, values } });
  switch (predictions.kind) {
    case 'scores':
      return { rows: predictions.scores.length, columns: [numeric('score', predictions.scores)] };
    case 'values':
      return { rows: predictions.values.length, columns: [numeric('prediction', predictions.values)] };
    case 'classes':
      return { rows: predictions.codes.length, columns: [{ name: 'predicted class', kind: 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', codes: predictions.codes.map((code) => Math.max(-1, code)), dictionary: [...classes] } }] };
    case 'probabilities': {
      const rows = predictions.probabilities.length / classes.length;
      return { rows, columns: classes.map((label, index) => numeric(`probability of ${label}`, Float64Array.from({ length: rows }, (_, row) => predictions.probabilities[row * classes.length + index]))) };
    }
    case 'texts': {
      const dictionary = [...new Set(predictions.texts.filter((text) => text !== null))];
      const indexOf = new Map(dictionary.map((text, index) => [text, index]));
      return { rows: predictions.texts.length, columns: [{ name: 'text', kind: 'text', type: 'VARCHAR', vector: { kind: 'categorical', codes: Int32Array.from(predictions.texts, (text) => (text === null ? -1 : (indexOf.get(text) ?? -1))), dictionary } }] };
    }
  }
}

async function evaluationOf(house: House, subject: RunSubject, version: Version, batch: Batch, { contract, predictions }: Answer, on: On): Promise<EvaluationReport> {
  const { config, policy } = subject;
  const target = batch.config.target ?? config.target;
  const table = await batch.table();
  const features = await featuresOf(subject);
  const input: Extract<Job, { kind: 'evaluate' }>['input'] = {
    dataset: await batch.ref(),
    model: { name: config.name, version: version.name, digest: version.digest },
    subject: subjectOf(table, config, target, contract, predictions),
    metrics: metricsWanted(policy),
    table,
    slices: slicesOf(config),
    searched: table.columns.filter(({ name, kind }) => features.includes(name) && (kind === 'numeric' || kind === 'categorical' || kind === 'boolean')).map(({ name }) => name),
    groups: contract.task === 'binary' ? config.groups : [],
    value: outcomeValuesOf(config, contract),
    seed: house.config.seed,
  };
  return house.judging.run({ kind: 'evaluate', input }, { signal: on.signal, onProgress: resampling('evaluate', `${version.name} on ${batch.name}`, on) });
}

async function comparisonOf(house: House, { config, policy, version }: RunSubject, champion: Version, batch: Batch, answers: { candidate: Answer; champion: Answer }, on: On): Promise<ComparisonReport> {
  const table = await batch.table();
  const dataset = await batch.ref();
  const target = batch.config.target ?? config.target;
  const of = ({ contract, predictions }: Answer) => subjectOf(table, config, target, contract, predictions);
  return house.judging.run(
    {
      kind: 'compare',
      input: {
        candidate: { version: version.name, digest: version.digest, dataset },
        champion: { version: champion.name, digest: champion.digest, dataset },
        keys: rowNames(table, batch.config.key),
        seed: house.config.seed,
      },
      subjects: { candidate: of(answers.candidate), champion: of(answers.champion) },
      options: { metrics: metricsWanted(policy), table, slices: slicesOf(config), value: outcomeValuesOf(config, answers.candidate.contract) },
    },
    { signal: on.signal, onProgress: resampling('compare', `${version.name} with ${champion.name} on ${batch.name}`, on) },
  );
}

/** Metrics that gates ask for, whether or not they are among the usual ones. */
function metricsWanted(policy: readonly Gate[]): string[] {
  return [...new Set(policy.flatMap((gate) => (gate.kind === 'metric' || gate.kind === 'change' || gate.kind === 'non_inferior' ? [gate.metric] : [])))];
}

function outcomeValuesOf({ value }: ModelConfig, { task }: Contract): OutcomeValues | undefined {
  if (value === null || task !== 'binary') return undefined;
  return { currency: value.currency, truePositive: value.tp, falsePositive: value.fp, falseNegative: value.fn, trueNegative: value.tn, baseline: value.baseline };
}

function slicesOf({ slices }: ModelConfig): SliceDeclaration[] {
  return slices.map((slice): SliceDeclaration => (slice.kind === 'by' ? { by: slice.columns } : { name: slice.name, where: slice.where }));
}

function resampling(step: 'evaluate' | 'compare', subject: string, on: On): (share: number) => void {
  return (share) => on.progress({ step, subject, done: Math.round(share * 2000), total: 2000, unit: 'resamples' });
}

/** By the key column, else by a column that is called like one. */
function rowNames(table: Table, key: readonly string[]): (string | null)[] | undefined {
  const column = table.columns.find(({ name }) => name === key[0] || /^(case|case_?id|name|id)$/i.test(name));
  if (column === undefined) return undefined;
  const { vector } = column;
  return Array.from({ length: table.rows }, (_, row) => (vector.kind === 'categorical' ? (vector.dictionary[vector.codes[row]] ?? null) : vector.nulls?.[row] === 1 ? null : String(vector.exact?.[row] ?? vector.values[row])));
}

/** Columns of the data are called by nobody. */
function signatureOf(version: Version): ModelSignature | null {
  if (version.kind === 'columns') return null;
  const { inputs, outputs } = version.registered.summary;
  return { inputs, outputs };
}
