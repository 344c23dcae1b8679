import type { ModelConfig } from '../../protocol/config.ts';
import type { TensorInfo } from '../../protocol/registry.ts';
import type { ShadowIntent, ShadowRecord } from '../../protocol/shadow.ts';
import { parseConfig } from '../../server/config.ts';
import { stringTensor, type TensorMap } from '../../server/engines/tensor.ts';
import { openShadowComparison, type ComparedSide } from '../../server/shadow-comparison.ts';
import { createRandom } from '../../server/stats/random.ts';

type Random = ReturnType<typeof createRandom>;

interface Made {
  id: string;
  yaml: string;
  outputs: TensorInfo[];
  kind: 'live' | 'replay';
  intent: ShadowIntent;
  rows: number;
  /** Tensors of both for a batch of places. */
  answers: (places: readonly string[], random: Random) => { production: TensorMap | null; candidate: TensorMap | null; codes?: number[] };
}

const score: TensorInfo[] = [{ name: 'score', datatype: 'float32', shape: [null, 1] }];
const binary = 'models:\n  toy: {task: binary, target: y, classes: [on time, late], positive: late}\n';
const floats = (name: string, values: readonly number[], width = 1): TensorMap => new Map([[name, { datatype: 'float32', shape: [values.length / width, width], data: Float32Array.from(values) }]]);
const uniform = (count: number, random: Random): number[] => Array.from({ length: count }, () => random.uniform());

/** Comparisons of every kind and outcome, as they are made from answers. */
const all: Made[] = [
  {
    id: 'keep-going', yaml: binary, outputs: score, kind: 'live', intent: 'same-build', rows: 900,
    answers(places, random) {
      const before = uniform(places.length, random);
      return { production: floats('score', before), candidate: floats('score', before.map((value) => (random.uniform() < 0.012 ? 1 - value : value))) };
    },
  },
  {
    id: 'worse', yaml: binary, outputs: score, kind: 'replay', intent: 'new-model', rows: 3_000,
    answers(places, random) {
      const before = uniform(places.length, random);
      const after = before.map((value, row) => (places[row] === 'north' ? 1 - value : Math.min(1, value + 0.05 * random.uniform())));
      return { production: floats('score', before), candidate: floats('score', after), codes: before.map((value) => (random.uniform() < 0.85 === value >= 0.5 ? 1 : 0)) };
    },
  },
  { id: 'equivalent', yaml: binary, outputs: score, kind: 'replay', intent: 'same-build', rows: 1_200, answers: (places, random) => { const before = floats('score', uniform(places.length, random)); return { production: before, candidate: before }; } },
  {
    id: 'not-numbers', yaml: binary, outputs: score, kind: 'replay', intent: 'new-model', rows: 600,
    answers: (places, random) => ({ production: floats('score', uniform(places.length, random)), candidate: floats('score', places.map((place) => (place === 'north' ? NaN : 0.4))) }),
  },
  {
    id: 'classes', yaml: 'models:\n  toy: {task: multiclass, target: y, classes: [a, b, "<c>"]}\n', outputs: [{ name: 'probabilities', datatype: 'float32', shape: [null, 3] }], kind: 'replay', intent: 'new-model', rows: 900,
    answers(places, random) {
      const some = (): number[] => places.flatMap(() => { const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()]; return [a, b, c].map((each) => each / (a + b + c)); });
      return { production: floats('probabilities', some(), 3), candidate: floats('probabilities', some(), 3) };
    },
  },
  {
    id: 'numbers', yaml: 'models:\n  toy: {task: regression, target: y}\n', outputs: [{ name: 'value', datatype: 'float32', shape: [null, 1] }], kind: 'live', intent: 'new-model', rows: 700,
    answers(places, random) {
      const before = places.map(() => 100 + 20 * random.normal());
      return { production: floats('value', before), candidate: floats('value', before.map((value) => value + random.normal())) };
    },
  },
  { id: 'texts', yaml: 'models:\n  toy: {task: generation, target: y}\n', outputs: [{ name: 'text', datatype: 'string', shape: [null, 1] }], kind: 'replay', intent: 'new-model', rows: 500, answers: (places) => ({ production: new Map([['text', stringTensor([...places], [places.length, 1])]]), candidate: new Map([['text', stringTensor(places.map((place, row) => (row % 7 === 0 ? `${place} <b>wind</b>` : place)), [places.length, 1])]]) }) },
  { id: 'vectors', yaml: 'models:\n  toy: {}\n', outputs: [{ name: 'vector', datatype: 'float32', shape: [null, 4] }], kind: 'replay', intent: 'same-build', rows: 500, answers: (places, random) => { const before = uniform(places.length * 4, random); return { production: floats('vector', before, 4), candidate: floats('vector', before.map((value) => value + 0.001 * random.normal()), 4) }; } },
  { id: 'nothing-yet', yaml: binary, outputs: score, kind: 'live', intent: 'new-model', rows: 0, answers: () => ({ production: null, candidate: null }) },
  { id: 'no-answers', yaml: binary, outputs: score, kind: 'replay', intent: 'new-model', rows: 500, answers: (places, random) => ({ production: floats('score', uniform(places.length, random)), candidate: null }) },
  { id: 'crashed', yaml: binary, outputs: score, kind: 'replay', intent: 'new-model', rows: 100, answers: (places, random) => ({ production: floats('score', uniform(places.length, random)), candidate: floats('score', uniform(3 * places.length, random), 3) }) },
];

export function shadowRecords(): Promise<ShadowRecord[]> {
  return Promise.all(all.map(made));
}

async function made({ id, yaml, outputs, kind, intent, rows, answers }: Made): Promise<ShadowRecord> {
  const parsed = await parseConfig(yaml, { path: 'slipway.yaml' });
  if ('problem' in parsed) throw parsed.problem;
  const config: ModelConfig = parsed.config.models[0];
  const random = createRandom(id);
  const side = (version: string): ComparedSide => ({ name: `toy ${version}`, version, digest: version.repeat(32), provider: 'cpu', precision: 'float32', model: { outputs, classes: null } });
  const comparison = openShadowComparison({
    id, config, production: side('v1'), candidate: side('v2'),
    source: kind === 'live' ? { kind, sampling: 0.5 } : { kind, recording: 'current/2013-07' },
    options: { intent }, labels: [], pairs: { inputs: 'all', redact: [] }, random: () => random.uniform(), now: () => new Date('2026-11-02T09:00:00Z'),
  });
  const together = 50;
  for (let from = 0; from < rows; from += together) {
    const places = Array.from({ length: together }, () => ['north', 'south', 'west'][random.below(3)]);
    const { production, candidate, codes } = answers(places, random);
    const inputs: TensorMap = new Map([['place', stringTensor(places, [together, 1])], ...floats('temp', places.map(() => 60 + 10 * random.normal()))]);
    const answered = (tensors: TensorMap | null, ms: number) => ({ outputs: tensors, error: tensors === null ? 'model-failed' : null, totalMs: ms * (1 + random.uniform()) });
    comparison.add({ atMs: Date.UTC(2026, 10, 2, 9) + from * 1000, references: places.map((_, row) => ({ id: `request-${from + row}`, row: 0 })), inputs, production: answered(production, 1), candidate: answered(candidate, 1.4), ...(codes !== undefined && { labels: { kind: 'classes', codes: Int32Array.from(codes) } }) });
    if (production !== null && candidate !== null && from % 200 === 0 && id !== 'crashed') comparison.repeat({ how: from % 400 === 0 ? 'alone' : 'other-batch', rows: together, production, candidate, again: production });
  }
  if (id === 'keep-going') comparison.dropped('queue full', 14);
  return comparison.record(kind === 'replay');
}
