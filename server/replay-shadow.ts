import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelConfig } from '../protocol/config.ts';
import type { ReplayRequest } from '../protocol/feed.ts';
import type { ShadowRecord } from '../protocol/shadow.ts';
import { classesOf, type AnswerShape } from './comparison/answers.ts';
import type { Labels } from './comparison/shadow-evidence.ts';
import { readBatches } from './datasets/read-columns.ts';
import type { ModelHost } from './engines/onnx.ts';
import { joinTensors, sliceRows } from './engines/join-tensors.ts';
import type { TensorMap } from './engines/tensor.ts';
import type { House, On } from './house.ts';
import { knownRows } from './known-rows.ts';
import { openModels, type Models } from './open-models.ts';
import { feedOf, mapInputs, type InputMapping } from './predict.ts';
import { Problem } from './problem.ts';
import { registerFiles, type RegisteredFile } from './register-files.ts';
import { precisionOf } from './registry/precision-of.ts';
import { readPredictions } from './serving/read-predictions.ts';
import { openShadowComparison, type ComparedSide, type ShadowComparison } from './shadow-comparison.ts';
import { noiseSampleDefault } from './shadow/noise-sample.ts';
import { replay, type RecordedInputs, type ReplayCounts, type Runner } from './shadow/replay.ts';
import { createRandom } from './stats/random.ts';
import type { Table, Vector } from './stats/vector.ts';
import { codesOf } from './subject-of.ts';
import { openWorkspaceData, type Batch, type WorkspaceData } from './workspace-data.ts';

/** Rows that are asked together, where the models take several. */
const rowsTogether = 64;

/**
 * What was recorded, through production and a candidate: read → ask both → pair → judge → save → tell.
 *
 * Both answer the same rows on the same machine, in turns, so that neither has the warmer one. Of the rows that were served the
 * recorded answers are production's; its noise is measured by asking it again all the same.
 */
export async function replayShadow(house: House, request: ReplayRequest, on: On): Promise<void> {
  const config = house.config.models.find(({ name }) => name === request.model);
  if (config === undefined) throw new Problem('model-missing', `slipway.yaml has no model ${request.model}; it has ${house.config.models.map(({ name }) => name).join(', ') || 'none'}`);
  const { registered } = await registerFiles(house, config, on.signal);
  const production = versionOf(registered, config, request.production ?? config.champion, 'production');
  const candidate = versionOf(registered, config, request.candidate, 'a candidate');
  const models = openModels(house, on);
  const data = openWorkspaceData({ workspace: house.workspace, allow: house.config.allow, datasets: house.config.datasets, analysis: house.analysis, digests: house.digests, signal: on.signal, onProgress: (progress) => on.progress({ step: 'profile', ...progress }) });
  try {
    const record = await compared({ house, config, request, production, candidate, models, data, on });
    on.signal.throwIfAborted();
    await house.store.saveShadow(record);
    on.tell({ kind: 'shadow-changed', shadow: record.summary });
  } finally {
    await models.close();
    await data.close();
  }
}

function versionOf(registered: readonly RegisteredFile[], { name, champion }: ModelConfig, wanted: string | null, role: string): RegisteredFile {
  if (wanted === null) throw new Problem('model-missing', `slipway.yaml names no champion of ${name}, so there is no production to compare with; write one, or name a version`);
  const found = registered.find(({ version, registered: { digest } }) => version === wanted || `sha256:${digest}` === wanted);
  if (found === undefined) throw new Problem('model-missing', `${name} has no version ${wanted} to be ${role}; it has ${registered.map(({ version }) => version).join(', ') || 'none'}${champion === null ? '' : `, and ${champion} is its champion`}`);
  return found;
}

interface Replayed {
  house: House;
  config: ModelConfig;
  request: ReplayRequest;
  production: RegisteredFile;
  candidate: RegisteredFile;
  models: Models;
  data: WorkspaceData;
  on: On;
}

async function compared({ house, config, request, production, candidate, models, data, on }: Replayed): Promise<ShadowRecord> {
  const known = await knownRows(house, config, on.signal);
  const [before, after] = [await models.host(production), await models.host(candidate)];
  const source = request.source.of === 'log' ? await openLogged(house, config, request, production, before) : await openData(data, config, request, known.features, before, after);
  // Which pairs are kept is the same for the same seed.
  const drawn = createRandom(house.config.seed);
  const comparison = openShadowComparison({
    id: `s-${house.now().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`,
    config,
    production: sideOf(config, production, before),
    candidate: sideOf(config, candidate, after),
    source: { kind: 'replay', recording: source.name },
    options: { intent: request.intent },
    labels: known.labels,
    pairs: { inputs: 'all', redact: [], elementNames: source.columnNames },
    columnNames: source.columnNames,
    random: () => drawn.uniform(),
    now: house.now,
  });
  const runners = runnersOf(source, before, after);
  const label = `${candidate.version} against ${production.version} on ${source.name}`;
  const told = (counts: ReplayCounts): void => on.progress({ step: 'compare', subject: label, done: counts.read - counts.underWay, total: source.rows, unit: 'rows' });
  const counts = await replay(source.batches(on.signal), {
    production: request.source.of === 'log' ? 'recorded' : runners.production,
    candidate: runners.candidate,
    pace: request.pace,
    concurrency: 1,
    warmUps: 2,
    deadlineMs: null,
    split: runners.split,
    noise: noiseSampleDefault,
    repeats: [
      { how: 'alone', run: ({ inputs }, signal) => runners.production.run(inputs, { signal }) },
      { how: 'other-batch', run: (batch, signal) => inHalves(batch, (half) => runners.production.run(half, { signal })) },
    ],
    clock,
    signal: on.signal,
    onPairs({ batch, production: first, candidate: second }) {
      const labels = source.labelsOf?.(batch, comparison.shape);
      comparison.add({ atMs: batch.atMs, references: batch.references, inputs: batch.inputs, production: first, candidate: second, ...(labels !== undefined && { labels }) });
    },
    onRepeat({ batch, production: first, candidate: second }, how, again) {
      if (first.outputs !== null) comparison.repeat({ how, rows: batch.references.length, production: first.outputs, candidate: second.outputs, again });
    },
    onProgress: told,
  });
  tellDropped(comparison, counts);
  const left = source.leftOut?.() ?? null;
  if (left !== null) comparison.dropped(left.reason, left.rows);
  return comparison.record(true);
}

function tellDropped(comparison: ShadowComparison, { dropped, read }: ReplayCounts): void {
  for (const [reason, rows] of Object.entries(dropped)) if (rows > 0) comparison.dropped(reason, rows);
  if (read === 0) comparison.crash('nothing was recorded in this window');
}

function sideOf({ name }: ModelConfig, { version, registered }: RegisteredFile, { model }: ModelHost): ComparedSide {
  return { name: `${name} ${version}`, version, digest: registered.digest, provider: model.provider, precision: precisionOf(registered.summary), model };
}

/** Timers count in milliseconds, and what is due sooner is due at once. */
const clock = {
  nowUs: (): number => performance.now() * 1000,
  after(us: number, act: () => void): () => void {
    const timer = setTimeout(act, us / 1000);
    return () => clearTimeout(timer);
  },
};

// ---- who is asked

interface Runners {
  production: Runner;
  candidate: Runner;
  split: (batch: RecordedInputs) => readonly RecordedInputs[];
}

function runnersOf({ inputsOf }: Source, before: ModelHost, after: ModelHost): Runners {
  let refused = false;
  const runner = (host: ModelHost, own: (inputs: TensorMap) => TensorMap, onError: (error: unknown) => void): Runner => ({
    async run(inputs, options) {
      const rows = rowsIn(inputs);
      const { fixedRows } = host.model.batch;
      try {
        const outputs = await host.run(own(inputs), options);
        return fixedRows === null || fixedRows === rows ? outputs : sliceRows(outputs, 0, rows);
      } catch (error) {
        onError(error);
        throw error;
      }
    },
  });
  return {
    production: runner(before, (inputs) => inputs, () => undefined),
    // What does not take these inputs at all need not be asked row by row.
    candidate: runner(after, (inputs) => inputsOf?.(inputs) ?? inputs, (error) => (refused ||= error instanceof Problem && error.code === 'input-mismatch')),
    split: (batch) => (refused ? [batch] : partsOf(batch)),
  };
}

function rowsIn(inputs: TensorMap): number {
  const [first] = inputs.values();
  return first?.shape[0] ?? 0;
}

function partsOf(batch: RecordedInputs): RecordedInputs[] {
  return batch.references.map((reference, row) => ({
    ...batch,
    inputs: sliceRows(batch.inputs, row, row + 1),
    references: [reference],
    answered: batch.answered === null ? null : sliceRows(batch.answered, row, row + 1),
  }));
}

async function inHalves({ inputs, references }: RecordedInputs, run: (inputs: TensorMap) => Promise<TensorMap>): Promise<TensorMap> {
  const rows = references.length;
  if (rows < 2) return run(inputs);
  const half = Math.ceil(rows / 2);
  return joinTensors([await run(sliceRows(inputs, 0, half)), await run(sliceRows(inputs, half, rows))]);
}

// ---- what is replayed

interface Source {
  name: string;
  /** Null where it is not known before. */
  rows: number | null;
  /** Columns of the data behind each input of production. */
  columnNames: ReadonlyMap<string, readonly string[]>;
  batches(signal: AbortSignal): AsyncGenerator<RecordedInputs, void, undefined>;
  /** The same rows as the candidate takes them, where they are not what production takes. */
  inputsOf?: (inputs: TensorMap) => TensorMap | undefined;
  labelsOf?: (batch: RecordedInputs, shape: AnswerShape) => Labels | undefined;
  /** What was read and is nothing to compare with. */
  leftOut?: () => { reason: string; rows: number } | null;
}

async function openData(data: WorkspaceData, config: ModelConfig, { source }: ReplayRequest, features: readonly string[], before: ModelHost, after: ModelHost): Promise<Source> {
  if (source.of === 'log') throw new Error('the log is no data');
  const batches = source.of === 'file' ? [await data.file(source.path)] : await batchesNamed(data, source.name);
  const opened = await Promise.all(batches.map((batch) => batch.open()));
  const [first] = opened;
  const mapping = mapInputs(before.model.inputs, config, first, features);
  const theirs = mappingOrNull(() => mapInputs(after.model.inputs, config, first, features));
  const labels = new WeakMap<RecordedInputs['references'][number], () => { vector: Vector; row: number } | null>();
  const ofCandidate = new WeakMap<TensorMap, TensorMap>();
  const rowsPerRun = Math.min(...[before, after].map(({ model: { batch } }) => batch.fixedRows ?? (batch.batchable ? rowsTogether : 1)));

  async function* read(signal: AbortSignal): AsyncGenerator<RecordedInputs, void, undefined> {
    for (const [index, batch] of batches.entries()) {
      const dataset = opened[index];
      const target = labelColumn(batch, config, dataset.columns.map(({ name }) => name));
      const time = batch.config.time !== null && dataset.columns.some(({ name }) => name === batch.config.time) ? batch.config.time : null;
      const columns = new Set([...mapping, ...(theirs ?? [])].flatMap((each) => each.columns));
      for (const extra of [target, time]) if (extra !== null) columns.add(extra);
      let from = 0;
      for await (const table of readBatches(dataset, [...columns], rowsPerRun, { signal, booleans: 'numeric' })) {
        const inputs = feed(table, mapping, before, from);
        if (theirs !== null) ofCandidate.set(inputs, feed(table, theirs, after, from));
        const references = Array.from({ length: table.rows }, (_, row) => ({ id: batch.name, row: from + row }));
        const label = target === null ? undefined : table.columns.find(({ name }) => name === target)?.vector;
        if (label !== undefined) for (const [row, reference] of references.entries()) labels.set(reference, () => ({ vector: label, row }));
        yield { atMs: timeOf(table, time), inputs, references, answered: null };
        from += table.rows;
      }
    }
  }

  return {
    name: batches.length === 1 ? batches[0].name : source.of === 'dataset' ? source.name : batches.map(({ name }) => name).join(', '),
    rows: opened.reduce((sum, { rows }) => sum + rows, 0),
    columnNames: new Map(mapping.map(({ input, columns }) => [input.name, columns])),
    batches: read,
    inputsOf: (inputs) => ofCandidate.get(inputs),
    labelsOf: ({ references }, shape) => labelsIn(references.map((reference) => labels.get(reference)?.() ?? null), shape),
  };
}

/** Null where the candidate takes what the data do not have: it is then asked with production's inputs, as it would be live. */
function mappingOrNull(map: () => InputMapping[]): InputMapping[] | null {
  try {
    return map();
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** A dataset with all its batches, or one of them: `current/2013-07`. */
async function batchesNamed(data: WorkspaceData, name: string): Promise<Batch[]> {
  const slash = name.indexOf('/');
  if (slash < 0) return data.batches(name);
  const batches = await data.batches(name.slice(0, slash));
  const found = batches.find((batch) => batch.name === name);
  if (found === undefined) throw new Problem('file-missing', `${name.slice(0, slash)} has no batch ${name.slice(slash + 1)}; it has ${batches.map((batch) => batch.name).join(', ')}`);
  return [found];
}

function feed(table: Table, mapping: readonly InputMapping[], { model: { batch } }: ModelHost, firstRow: number): TensorMap {
  return feedOf(table, mapping, { start: 0, rows: table.rows, wanted: batch.fixedRows ?? table.rows, firstRow });
}

function labelColumn({ config: { target } }: Batch, config: ModelConfig, columns: readonly string[]): string | null {
  const wanted = target ?? config.target;
  return wanted !== null && columns.includes(wanted) ? wanted : null;
}

/** Of its first row; rows without a time all came at once. */
function timeOf({ columns }: Table, time: string | null): number {
  const vector = columns.find(({ name }) => name === time)?.vector;
  return vector?.kind === 'numeric' && vector.nulls?.[0] !== 1 && Number.isFinite(vector.values[0]) ? vector.values[0] : 0;
}

function labelsIn(rows: readonly ({ vector: Vector; row: number } | null)[], shape: AnswerShape): Labels | undefined {
  const classes = classesOf(shape);
  if (classes !== null) {
    const coded = new Map<Vector, Int32Array>();
    const codes = Int32Array.from(rows, (label) => {
      if (label === null) return -1;
      const own = coded.get(label.vector) ?? codesOf(label.vector, classes);
      coded.set(label.vector, own);
      return own[label.row];
    });
    return { kind: 'classes', codes };
  }
  if (shape.kind !== 'regression') return undefined;
  return { kind: 'values', values: Float64Array.from(rows, (label) => (label?.vector.kind === 'numeric' && label.vector.nulls?.[label.row] !== 1 ? label.vector.values[label.row] : NaN)) };
}

/** What was served, with production's answers as they were given; another file that had its name gave others. */
async function openLogged({ analysis, folder }: House, config: ModelConfig, { source }: ReplayRequest, { version, registered }: RegisteredFile, before: ModelHost): Promise<Source> {
  if (source.of !== 'log') throw new Error('data are no log');
  const place = await realpath(join(folder, 'predictions')).catch(() => null);
  if (place === null) throw new Problem('file-missing', `Nothing that ${config.name} was asked is recorded yet: predictions are recorded while \`slipway serve\` runs`);
  const times = { ...(source.from !== null && { fromMs: Date.parse(source.from) }), ...(source.to !== null && { toMs: Date.parse(source.to) }) };
  const labels = new WeakMap<RecordedInputs['references'][number], string>();
  let ofOthers = 0;

  async function* read(signal: AbortSignal): AsyncGenerator<RecordedInputs, void, undefined> {
    for await (const { digest, atMs, requestIds, rows, inputs, outputs, labels: later } of readPredictions(analysis, place ?? '', { model: config.name, version, ...times, batchRows: before.model.batch.batchable ? rowsTogether : 1, signal })) {
      if (digest !== registered.digest) {
        ofOthers += requestIds.length;
        continue;
      }
      if (inputs === null) throw new Problem('dataset-unsupported', `Inputs of ${config.name} were not kept whole, so they cannot be asked again; set inputs: all under serving.log in slipway.yaml, without redacted columns`);
      const references = requestIds.map((id, at) => ({ id, row: rows[at] }));
      for (const [at, reference] of references.entries()) {
        const label = later[at];
        if (label !== null) labels.set(reference, label);
      }
      yield { atMs: atMs[0], inputs, references, answered: outputs };
    }
  }

  return {
    name: `predictions of ${version}`,
    leftOut: () => (ofOthers === 0 ? null : { reason: `answered by another file called ${version}`, rows: ofOthers }),
    rows: null,
    columnNames: new Map(),
    batches: read,
    labelsOf({ references }, shape) {
      const texts = references.map((reference) => labels.get(reference) ?? null);
      if (texts.every((text) => text === null)) return undefined;
      return labelsIn(texts.map((text) => (text === null ? null : { vector: shape.kind === 'regression' ? { kind: 'numeric', values: Float64Array.of(Number(text)) } : { kind: 'categorical', codes: Int32Array.of(0), dictionary: [text] }, row: 0 })), shape);
    },
  };
}
