import type { Difference, ModelFileDifference, WeightStatistics } from '../../protocol/workspace.ts';
import type { ModelSummary } from '../../protocol/registry.ts';
import { openWeights, type Weight } from '../engines/onnx-weights.ts';
import { Problem } from '../problem.ts';
import type { OpenModelFile } from './open-model-file.ts';

/** Two open model files side by side. Weights are read piece by piece: memory does not grow with the files, and others are served in between. */
export async function compareModelFiles(after: OpenModelFile, before: OpenModelFile, { signal }: { signal?: AbortSignal } = {}): Promise<Omit<ModelFileDifference, 'path' | 'against'>> {
  const [now, then] = [summaryOf(after), summaryOf(before)];
  const byName = <T extends { name: string }>(old: readonly T[], recent: readonly T[]): Difference<T>[] => pair(old, recent, ({ name }) => name).map(([name, was, is]) => ({ name, before: was, after: is }));
  const operatorName = ({ domain, operator }: { domain: string; operator: string }) => (domain === 'ai.onnx' ? operator : `${domain}.${operator}`);
  return {
    inputs: byName(then.inputs, now.inputs),
    outputs: byName(then.outputs, now.outputs),
    operators: pair(then.operators, now.operators, operatorName).map(([operator, was, is]) => ({ operator, before: was, after: is })),
    metadata: pair(linesOf(then), linesOf(now), ([key]) => key).map(([name, was, is]) => ({ name, before: was?.[1] ?? null, after: is?.[1] ?? null })),
    weights: await differingWeights(before, after, signal),
  };
}

function summaryOf({ admission, file }: OpenModelFile): ModelSummary {
  if (admission.admitted) return admission.summary;
  throw new Problem(admission.incomplete ? 'model-incomplete' : 'model-refused', admission.refusals.map(({ message }) => message).join('; '), { where: { path: file } });
}

/** What a file says of itself beside its graph. */
function linesOf({ metadata, producer, opsets, irVersion, modelVersion, domain, description }: ModelSummary): [key: string, value: string][] {
  const header: [string, string][] = [
    ['producer', `${producer.name} ${producer.version}`.trim()],
    ['IR version', String(irVersion)],
    ...opsets.map(({ domain: of, version }): [string, string] => [`opset ${of}`, String(version)]),
    ['model version', modelVersion],
    ['domain', domain],
    ['description', description],
  ];
  return [...header.filter(([, value]) => value !== ''), ...metadata.map(({ key, value }): [string, string] => [key, value])];
}

/** In the order of the newer file; what only the older one has comes last. */
function pair<T>(before: readonly T[], after: readonly T[], nameOf: (item: T) => string): [name: string, before: T | null, after: T | null][] {
  const [was, is] = [before, after].map((items) => new Map(items.map((item) => [nameOf(item), item])));
  return [...new Set([...is.keys(), ...was.keys()])].map((name) => [name, was.get(name) ?? null, is.get(name) ?? null]);
}

async function differingWeights(before: OpenModelFile, after: OpenModelFile, signal: AbortSignal | undefined): Promise<ModelFileDifference['weights']> {
  const was = openWeights(before.descriptor, before.file);
  try {
    const is = openWeights(after.descriptor, after.file);
    try {
      const differing: ModelFileDifference['weights'] = [];
      for (const name of new Set([...is.names, ...was.names])) {
        const [old, recent] = [was.get(name) ?? null, is.get(name) ?? null];
        if (old !== null && recent !== null && (await sameBytes(old, recent, signal))) continue;
        const relativeChange = old === null || recent === null ? null : await relativeChangeOf(old, recent, signal);
        differing.push({ name, shape: (recent ?? old)?.shape ?? [], before: old && (await statisticsOf(old, signal)), after: recent && (await statisticsOf(recent, signal)), relativeChange });
      }
      return differing;
    } finally {
      is.close();
    }
  } finally {
    was.close();
  }
}

function isAlike(a: Weight, b: Weight): boolean {
  return a.datatype === b.datatype && a.bytes === b.bytes && a.shape.join() === b.shape.join();
}

async function sameBytes(a: Weight, b: Weight, signal: AbortSignal | undefined): Promise<boolean> {
  // Values that lie as an array in one file and as a list in the other cannot be held against each other byte by byte.
  if (!isAlike(a, b) || (a.decode === null) !== (b.decode === null)) return false;
  for await (const [one, other] of inStep(a, b, signal)) if (Buffer.compare(one, other) !== 0) return false;
  return true;
}

/** ‖after − before‖ ÷ ‖before‖, Euclidean; null where shape or type differ, a value is not finite, or `before` is zero. */
async function relativeChangeOf(before: Weight, after: Weight, signal: AbortSignal | undefined): Promise<number | null> {
  if (!isAlike(before, after) || before.decode === null || after.decode === null) return null;
  let [change, size] = [0, 0];
  for await (const [one, other] of inStep(before, after, signal)) {
    const [was, is] = [before.decode(one), after.decode(other)];
    for (let index = 0; index < was.length; index++) {
      const step = is[index] - was[index];
      change += step * step;
      size += was[index] * was[index];
    }
  }
  const relative = Math.sqrt(change / size);
  return Number.isFinite(relative) ? relative : null;
}

async function* inStep(a: Weight, b: Weight, signal: AbortSignal | undefined): AsyncGenerator<[Uint8Array, Uint8Array], void, undefined> {
  const others = b.pieces(signal);
  try {
    for await (const piece of a.pieces(signal)) {
      const other = await others.next();
      if (other.done === true) return;
      yield [piece, other.value];
    }
  } finally {
    await others.return();
  }
}

async function statisticsOf(weight: Weight, signal: AbortSignal | undefined): Promise<WeightStatistics> {
  const { count, decode } = weight;
  if (decode === null) return { count, mean: null, standardDeviation: null, minimum: null, maximum: null, notFinite: 0 };
  let [finite, mean, squares, minimum, maximum] = [0, 0, 0, Infinity, -Infinity];
  for await (const piece of weight.pieces(signal)) {
    const values = decode(piece);
    let [held, sum, around] = [0, 0, 0];
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (!Number.isFinite(value)) continue;
      held++;
      sum += value;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    if (held === 0) continue;
    // Around the piece's own mean, then joined by the pairwise update of Chan, Golub and LeVeque: nothing cancels.
    const own = sum / held;
    for (let index = 0; index < values.length; index++) if (Number.isFinite(values[index])) around += (values[index] - own) ** 2;
    const step = own - mean;
    const total = finite + held;
    squares += around + (step ** 2 * finite * held) / total;
    mean += (step * held) / total;
    finite = total;
  }
  const notFinite = count - finite;
  if (finite === 0) return { count, mean: null, standardDeviation: null, minimum: null, maximum: null, notFinite };
  return { count, mean, standardDeviation: Math.sqrt(squares / finite), minimum, maximum, notFinite };
}
