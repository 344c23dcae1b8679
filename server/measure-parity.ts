import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelConfig } from '../protocol/config.ts';
import type { Gate } from '../protocol/gates.ts';
import type { ParityReport, Provider } from '../protocol/runtime.ts';
import { checkParity, type OutputTensor, type ParitySide } from './comparison/check-parity.ts';
import { mustBeInside } from './engines/glob.ts';
import type { ModelHost } from './engines/onnx.ts';
import type { Predictions } from './evaluation/predictions.ts';
import { decisionsOf } from './evaluation/subject.ts';
import type { House, On, RunSubject, Version } from './house.ts';
import type { Models } from './open-models.ts';
import { predict, type OutputColumns } from './predict.ts';
import { Problem } from './problem.ts';
import { registerWhenComplete } from './registry/register-model.ts';
import type { Steps } from './steps.ts';
import { predictionsOf, type Contract } from './subject-of.ts';
import type { Batch } from './workspace-data.ts';

type ParityGate = Extract<Gate, { kind: 'parity' }>;
type FileVersion = Extract<Version, { kind: 'file' }>;
type Subject = RunSubject & { version: FileVersion };

const parityRows = 1000;
const otherProviders: readonly Provider[] = ['cuda', 'tensorrt', 'webgpu', 'dml', 'coreml'];

/** Every pair that a gate asks for; one that could not be compared is a report that says why, so that no gate passes without it. */
export async function measureParity(models: Models, subject: Subject, batch: Batch, house: House, steps: Steps, on: On): Promise<ParityReport[]> {
  const reports: ParityReport[] = [];
  for (const gate of subject.policy) {
    if (gate.kind !== 'parity') continue;
    const others = gate.sibling === undefined ? (gate.providers === 'available' ? otherProviders : (gate.providers as Provider[]).filter((provider) => provider !== 'cpu')) : [gate.sibling];
    for (const other of others) {
      const part = `parity.${other}`;
      const compared = await steps.attempt('compare', `parity with ${other}`, part, () =>
        gate.sibling === undefined ? providerParity(models, subject, batch, other as Provider, gate, on) : siblingParity(models, subject, batch, other, gate, house, on),
      );
      reports.push(compared ?? { ...nothingCompared([gate.sibling === undefined ? 'cpu' : subject.version.name, other], gate), verdict: 'error', reason: steps.missing[part] });
    }
  }
  return reports;
}

/** The CPU is what every other provider is held against. */
async function providerParity(models: Models, subject: Subject, batch: Batch, provider: Provider, gate: ParityGate, on: On): Promise<ParityReport> {
  let there: ModelHost;
  try {
    there = await models.host(subject.version, [provider]);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'provider-unavailable') throw error;
    return { ...nothingCompared(['cpu', provider], gate), verdict: 'unavailable', reason: error.message };
  }
  const here = await models.host(subject.version, ['cpu']);
  return compareHosts(models, subject, batch, { name: 'cpu', host: here }, { name: provider, host: there }, gate, on);
}

/** Another build of the same model, such as a quantized one: a file beside the model file, or a path from the workspace. */
async function siblingParity(models: Models, subject: Subject, batch: Batch, sibling: string, gate: ParityGate, { workspace, folder, config: { allow } }: House, on: On): Promise<ParityReport> {
  const { version } = subject;
  const pair: [string, string] = [version.name, sibling];
  const path = await firstFile([join(workspace, dirname(version.path), sibling), join(workspace, sibling)]);
  if (path === null) return { ...nothingCompared(pair, gate), verdict: 'unavailable', reason: `there is no ${sibling} beside ${version.path}` };
  const registration = await registerWhenComplete(await mustBeInside(path, workspace, allow), join(folder, 'models'), { signal: on.signal });
  if (registration.kind === 'incomplete') throw new Problem('model-incomplete', `${sibling}: ${registration.reason}`);
  if (registration.kind === 'refused') throw new Problem('model-refused', `${sibling}: ${registration.refusals.map(({ message }) => message).join('; ')}`);
  if (registration.model.digest === version.digest) throw new Problem('model-unsupported', `${sibling} is ${version.name} itself, byte for byte`);
  const [first, second] = [await models.host(version), await models.host({ path: sibling, registered: registration.model })];
  return compareHosts(models, subject, batch, { name: version.name, host: first }, { name: sibling, host: second }, gate, on);
}

interface Side {
  name: string;
  host: ModelHost;
}

/** The same first rows through both, each in runs as large as it can take: rows of one run may influence each other. */
async function compareHosts(models: Models, subject: Subject, batch: Batch, first: Side, second: Side, gate: ParityGate, on: On): Promise<ParityReport> {
  const contract = await models.contract(subject.version, subject);
  const dataset = await batch.open();
  const rows = Math.min(parityRows, dataset.rows);
  const answers = async ({ name, host }: Side): Promise<ParitySide> => {
    const outputs = await predict(host, dataset, await models.inputs(host, subject, batch), {
      rowsPerBatch: parityRows,
      rows,
      signal: on.signal,
      onProgress: (done, total) => on.progress({ step: 'compare', subject: `parity, ${name}`, done, total, unit: 'rows' }),
    });
    return { name, outputs: outputs.map(asOutputTensor), decisions: decisionsFrom(predictionsOf(outputs, subject.config, contract), subject.config, contract) };
  };
  return checkParity(await answers(first), await answers(second), rows, toleranceOf(gate));
}

function nothingCompared(between: [string, string], gate: ParityGate): Omit<ParityReport, 'verdict' | 'reason'> {
  return { between, rows: 0, outputs: [], decisionsChanged: null, tolerance: toleranceOf(gate) };
}

function toleranceOf({ relative, absolute }: ParityGate): ParityReport['tolerance'] {
  return { relative, absolute };
}

async function firstFile(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await stat(path).then((found) => found.isFile(), () => false)) return path;
  return null;
}

function asOutputTensor({ name, datatype, columns }: OutputColumns): OutputTensor {
  const type = datatype === 'float16' || datatype === 'float32' || datatype === 'float64' ? datatype : datatype === 'string' ? 'text' : 'integer';
  const parts = columns.flatMap((vector) => (vector.kind === 'numeric' ? [vector.values] : []));
  if (parts.length < columns.length) return { name, datatype: type, values: columns.flatMap((vector) => (vector.kind === 'categorical' ? Array.from(vector.codes, (code) => vector.dictionary[code] ?? '') : [])) };
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { name, datatype: type, values };
}

function decisionsFrom(predictions: Predictions, { threshold }: ModelConfig, { task, classes }: Contract): Int32Array | undefined {
  if (predictions.kind === 'classes') return predictions.codes;
  if (task === 'binary' && predictions.kind === 'scores') return Int32Array.from(predictions.scores, (score) => (score >= threshold ? 1 : 0));
  if (task !== 'multiclass' || predictions.kind !== 'probabilities') return undefined;
  return decisionsOf({ task, classes, predictions, labels: new Int32Array(predictions.probabilities.length / classes.length) });
}
