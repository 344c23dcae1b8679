import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ParityReport } from '../protocol/runtime.ts';
import { checkParity, type OutputTensor, parityTolerance } from './comparison/check-parity.ts';
import type { HostedModel } from './engines/onnx.ts';
import { stringsOf, type Tensor, vectorsOf } from './engines/tensor.ts';
import { readTestData, testDataFiles, type RecordedTensor, type TestDataSet } from './engines/test-data.ts';
import type { Recorded, RunSubject, Version } from './house.ts';
import type { Models } from './open-models.ts';
import { Problem } from './problem.ts';
import type { Steps } from './steps.ts';

/** Null where the version is no file, or nothing was recorded beside it. */
export async function findRecorded(workspace: string, version: Version): Promise<Recorded | null> {
  if (version.kind !== 'file') return null;
  const folder = join(workspace, dirname(version.path));
  const files = await testDataFiles(folder);
  return files.length === 0 ? null : { folder, files, digest: await digestOfFiles(folder, files) };
}

/**
 * What the file answers here to the inputs that were recorded beside it, against the answers recorded with them: whether
 * the export is the model that was trained.
 */
export async function measureRecorded(models: Models, { version, recorded }: RunSubject, steps: Steps, signal: AbortSignal): Promise<ParityReport[]> {
  if (version.kind !== 'file' || recorded === null) return [];
  const reports = await steps.attempt('compare', 'answers recorded at export', 'recorded', async () => {
    const sets = readTestData(recorded.folder, recorded.files);
    if ((await digestOfFiles(recorded.folder, recorded.files)) !== recorded.digest) throw new Problem('dataset-changed', `The test data beside ${version.path} changed while it was read`, { where: { path: version.path } });
    const host = await models.host(version);
    const compared: ParityReport[] = [];
    for (const set of sets) compared.push(await compareSet(set, host.model, (inputs) => host.run(inputs, { signal })));
    return compared;
  });
  return reports ?? [];
}

async function compareSet(set: TestDataSet, model: HostedModel, run: (inputs: Map<string, Tensor>) => Promise<Map<string, Tensor>>): Promise<ParityReport> {
  const inputs = named(set.inputs, model.inputs.map(({ name }) => name));
  const missing = model.inputs.filter(({ name }) => !inputs.has(name)).map(({ name }) => name);
  const rows = set.inputs[0]?.tensor.shape[0] ?? 0;
  const between: [string, string] = [set.name, 'the exported file'];
  const nothing = { between, rows, outputs: [], decisionsChanged: null, tolerance: parityTolerance };
  if (missing.length > 0) return { ...nothing, verdict: 'error', reason: `${set.name} has no input ${missing.join(', ')}` };
  if (set.outputs.length === 0) return { ...nothing, verdict: 'error', reason: `${set.name} has no outputs` };
  const outputs = model.outputs.map(({ name }) => name);
  const recorded = named(set.outputs.map(({ name, tensor }) => ({ name: model.zipMaps.find(({ output }) => output === name)?.tensor ?? name, tensor })), outputs);
  const answered = await run(new Map(model.inputs.map(({ name }) => [name, inputs.get(name)!])));
  const side = (name: string, tensors: Map<string, Tensor>) => ({ name, outputs: [...tensors].map(([output, tensor]) => outputOf(output, tensor)) });
  // An exporter may record some of the outputs; one that the file does not give is a mismatch, and told as one.
  return checkParity(side(set.name, recorded), side('the exported file', new Map([...answered].filter(([name]) => recorded.has(name)))), rows);
}

/** By name where the writer gave one that the model has, else by place. */
function named(recorded: readonly RecordedTensor[], names: readonly string[]): Map<string, Tensor> {
  return new Map(recorded.map(({ name, tensor }, index) => [names.includes(name) ? name : (names[index] ?? `output ${index}`), tensor]));
}

function outputOf(name: string, tensor: Tensor): OutputTensor {
  if (tensor.datatype === 'string') return { name, datatype: 'text', values: stringsOf(tensor.data) };
  const datatype = tensor.datatype === 'float16' || tensor.datatype === 'float32' || tensor.datatype === 'float64' ? tensor.datatype : 'integer';
  const [vector] = vectorsOf({ ...tensor, shape: [tensor.data.length] } as Tensor);
  return { name, datatype, values: vector.kind === 'numeric' ? Float64Array.from(vector.values) : [] };
}

async function digestOfFiles(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(createHash('sha256').update(await readFile(join(folder, file))).digest());
  return hash.digest('hex');
}
