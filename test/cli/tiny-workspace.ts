import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { float, floats, graph, model, node, tensor, value } from '../hostile/onnx-writer.ts';

/** What a healthy workspace looks like on disk, by path. */
export type Files = Record<string, string | Uint8Array>;

/**
 * A workspace that is judged in a second or two: 600 points a file, and models that read them better or worse.
 * v1 is the champion, v2 is better, v3 has the sign wrong.
 */
export function tinyWorkspace({ rows = 600 }: { rows?: number } = {}): Files {
  return {
    'slipway.yaml': config,
    'models/toy/v1/model.onnx': scorer(1, 0),
    'models/toy/v2/model.onnx': scorer(2, 1),
    'models/toy/v3/model.onnx': scorer(-1, 0),
    'data/reference.csv': points(rows, 1),
    'data/holdout.csv': points(rows, 2),
    'data/current/2026-01.csv': points(rows, 3),
    'data/current/2026-02.csv': points(rows, 4, { shift: 1 }),
  };
}

export const config = `models:
  toy:
    task: binary
    target: label
    champion: v1

datasets:
  reference: {path: data/reference.csv, key: id}
  holdout: {path: data/holdout.csv, key: id}
  current: {path: data/current/*.csv, key: id}

drift: {multivariate: false}

gates:
  - {metric: roc_auc, nonInferior: 0.05}
  - {metric: roc_auc, min: 0.6}
  - {dataQuality: holdout}
`;

/** sigmoid(wa·a + wb·b), one input per column. */
export function scorer(wa: number, wb: number): Uint8Array {
  return model({
    graph: graph({
      nodes: [node('Mul', ['a', 'wa'], ['pa']), node('Mul', ['b', 'wb'], ['pb']), node('Add', ['pa', 'pb'], ['sum']), node('Sigmoid', ['sum'], ['score'])],
      inputs: [value('a', float, ['N', 1]), value('b', float, ['N', 1])],
      outputs: [value('score', float, ['N', 1])],
      initializers: [tensor({ name: 'wa', shape: [1], raw: floats(wa) }), tensor({ name: 'wb', shape: [1], raw: floats(wb) })],
    }),
  });
}

/** Points whose label follows 2a + b. */
export function points(rows: number, seed: number, { shift = 0 }: { shift?: number } = {}): string {
  const random = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lines = ['id,a,b,place,label'];
  for (let row = 0; row < rows; row++) {
    const [a, b] = [normal(), normal()];
    const label = random() < 1 / (1 + Math.exp(-(2 * a + b))) ? 1 : 0;
    lines.push(`${seed}-${row},${(a + shift).toFixed(4)},${b.toFixed(4)},${['north', 'south', 'west'][Math.floor(random() * 3)]},${label}`);
  }
  return `${lines.join('\n')}\n`;
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** mulberry32. */
function uniform(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
