import type { DatasetConfig, ModelConfig } from '../protocol/config.ts';
import type { EvaluationReport } from '../protocol/evaluation.ts';
import type { Provider } from '../protocol/runtime.ts';
import { startHost, type ModelHost } from './engines/onnx.ts';
import type { Predictions } from './evaluation/predictions.ts';
import type { House, On, RunSubject, Version } from './house.ts';
import { mapInputs, predict, type InputMapping } from './predict.ts';
import { Problem } from './problem.ts';
import type { RegisteredModel } from './registry/register-model.ts';
import { digestOf } from './report-batch.ts';
import { answerAmong, contractOf, labelsOf, predictionsIn, predictionsOf, type Contract } from './subject-of.ts';
import type { Batch } from './workspace-data.ts';

/** What a version is asked about: its model as slipway.yaml has it, and the data it meets. */
export type Question = Pick<RunSubject, 'config' | 'batches'>;

/** A model file as it lies in the workspace, and the private copy that is run. */
export interface ModelFile {
  path: string;
  registered: RegisteredModel;
}

/** Hosts and answers of one pass: a champion is started once and asked once, however many candidates are judged. */
export interface Models {
  /** What a version is asked to do; the labels that no model file names are those of all the data it meets. */
  contract(version: Version, question: Question): Promise<Contract>;
  host(model: ModelFile, providers?: readonly Provider[]): Promise<ModelHost>;
  inputs(host: ModelHost, question: Question, batch: Batch): Promise<InputMapping[]>;
  predictions(version: Version, question: Question, batch: Batch): Promise<Predictions>;
  /** The evaluation of these predictions, made once. */
  evaluation(version: Version, config: ModelConfig, batch: Batch, make: () => Promise<EvaluationReport>): Promise<EvaluationReport>;
  /** Ends the hosts of a version that nobody will ask again. */
  release(version: Version): Promise<void>;
  close(): Promise<void>;
}

export function openModels({ config: { resources } }: House, on: On): Models {
  const hosts = new Map<string, Promise<ModelHost>>();
  const answers = new Map<string, Promise<Predictions>>();
  const evaluations = new Map<string, Promise<EvaluationReport>>();

  function host({ path, registered }: ModelFile, providers: readonly Provider[] = resources.providers): Promise<ModelHost> {
    return remembered(hosts, `${registered.digest} ${providers.join()}`, () =>
      // Messages name the file that people know, not the private copy of it.
      called(path, registered.file, async () => {
        const started = await startHost({
          file: registered.file,
          sha256: registered.sha256,
          externalSha256: registered.externalSha256,
          providers,
          ...(resources.threads !== null && { threads: resources.threads }),
          deadlineMs: resources.deadlineMs,
          memoryBytesMax: resources.memoryMb * 1e6,
          signal: on.signal,
        });
        return {
          get model() {
            return started.model;
          },
          memory: () => started.memory(),
          run: (inputs, options) => called(path, registered.file, () => started.run(inputs, options)),
          measure: (inputs, options) => called(path, registered.file, () => started.measure(inputs, options)),
          close: () => started.close(),
        };
      }),
    );
  }

  async function contract(version: Version, question: Question): Promise<Contract> {
    const named = version.kind === 'file' ? version.registered.summary.classes : null;
    return contractOf(question.config, named, question.config.classes !== null || named !== null ? [] : await labelsIn(question));
  }

  async function inputs(running: ModelHost, question: Question, batch: Batch): Promise<InputMapping[]> {
    return mapInputs(running.model.inputs, question.config, await batch.open(), await featuresOf(question));
  }

  async function answer(version: Version, question: Question, batch: Batch): Promise<Predictions> {
    const { config } = question;
    const asked = await contract(version, question);
    if (version.kind === 'columns') return predictionsIn(await batch.table(), version.columns, asked);
    // The model's process starts while the data are opened.
    const [running, dataset] = await Promise.all([host(version), batch.open()]);
    const outputs = await predict(running, dataset, await inputs(running, question, batch), {
      rowsPerBatch: resources.batchRows,
      choose: (all) => [answerAmong(all, config, asked)],
      signal: on.signal,
      onProgress: (done, total) => on.progress({ step: 'predict', subject: `${version.name} on ${batch.name}`, done, total, unit: 'rows' }),
    });
    return predictionsOf(outputs, config, asked);
  }

  /** A failure is not remembered: whoever asks next is told anew. */
  function remembered<T>(memory: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    let made = memory.get(key);
    if (made === undefined) {
      made = make();
      made.catch(() => memory.delete(key));
      memory.set(key, made);
    }
    return made;
  }

  const keyOf = async (version: Version, { name }: ModelConfig, batch: Batch) => `${version.digest} ${digestOf({ name, batch: (await batch.ref()).digest, files: batch.files })}`;

  return {
    contract,
    host,
    inputs,
    predictions: async (version, question, batch) => remembered(answers, await keyOf(version, question.config, batch), () => answer(version, question, batch)),
    evaluation: async (version, config, batch, make) => remembered(evaluations, await keyOf(version, config, batch), make),
    async release({ digest }) {
      const theirs = (key: string): boolean => key.startsWith(`${digest} `);
      for (const memory of [answers, evaluations]) for (const key of [...memory.keys()].filter(theirs)) memory.delete(key);
      for (const key of [...hosts.keys()].filter(theirs)) {
        const started = hosts.get(key);
        hosts.delete(key);
        await started?.then((each) => each.close(), () => undefined);
      }
    },
    async close() {
      const started = await Promise.allSettled(hosts.values());
      await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
    },
  };
}

async function called<T>(path: string, copy: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.code, error.message.replaceAll(copy, path).trim(), { cause: error, where: { path } });
  }
}

/** Columns that describe a row, in the order of the data the model was made from. */
export async function featuresOf({ config, batches }: Question): Promise<string[]> {
  const all = [batches.reference, batches.holdout, batches.current, batches.cases].filter((batch) => batch !== undefined);
  const columns = all.length === 0 ? [] : (await all[0].open()).columns;
  return featuresAmong(columns.map(({ name }) => name), config, all.map((batch) => batch.config));
}

/** Columns that are neither label, key, time, query, item nor the answer of a model: what a row is described by. */
export function featuresAmong(columns: readonly string[], config: ModelConfig, datasets: readonly DatasetConfig[]): string[] {
  const others = new Set<string | null>([
    config.target,
    config.query,
    config.item,
    ...config.references,
    ...config.predictions.flatMap(({ score, probabilities, label, value, text }) => [score, ...probabilities, label, value, text]),
    ...datasets.flatMap(({ key, time, target }) => [...key, time, target]),
  ]);
  return columns.filter((name) => !others.has(name));
}

/** Labels that occur in the data, of curated cases none: those may name anything. */
export async function labelsIn({ config, batches }: Question): Promise<string[]> {
  const labels = new Set<string>();
  for (const batch of [batches.reference, batches.holdout, batches.current]) {
    const target = batch?.config.target ?? config.target;
    if (batch === undefined || target === null) continue;
    const profiled = (await batch.profile()).columns.find(({ name }) => name === target);
    if (profiled === undefined) continue;
    const complete = profiled.topValues !== null && profiled.distinct !== null && profiled.distinct.value === profiled.topValues.length;
    const column = complete ? undefined : (await batch.table()).columns.find(({ name }) => name === target);
    for (const label of column === undefined ? (profiled.topValues ?? []).map(({ value }) => value) : labelsOf(column.vector)) labels.add(label);
  }
  return [...labels];
}
