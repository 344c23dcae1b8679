import type { DatasetRef } from '../../protocol/measured.ts';
import type { BinarySubject } from '../../server/evaluation/subject.ts';
import { createRandom } from '../../server/stats/random.ts';
import type { Column, Table } from '../../server/stats/vector.ts';

export const model = { name: 'flight-delay', version: 'v2', digest: 'candidate' };

export function dataset(rows: number): DatasetRef {
  return { name: 'holdout', files: ['holdout.parquet'], digest: 'rows', rows };
}

export function categorical(name: string, values: readonly (string | null)[]): Column {
  const dictionary = [...new Set(values.filter((value) => value !== null))];
  return { name, kind: 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', dictionary, codes: Int32Array.from(values, (value) => (value === null ? -1 : dictionary.indexOf(value))) } };
}

export function numeric(name: string, values: readonly (number | null)[]): Column {
  const nulls = Uint8Array.from(values, (value) => (value === null ? 1 : 0));
  return { name, kind: 'numeric', type: 'DOUBLE', vector: { kind: 'numeric', values: Float64Array.from(values, (value) => value ?? 0), nulls } };
}

export function binary(labels: readonly number[], scores: readonly number[], threshold = 0.5): BinarySubject {
  return { task: 'binary', labels: Int32Array.from(labels), classes: ['on time', 'late'], predictions: { kind: 'scores', scores: Float64Array.from(scores) }, threshold };
}

/** Made-up flights whose delay depends on a hidden number the model sees with noise; far more noise for one carrier. */
export function flights(rows: number, seed: number, noise: { usual: number; ofMq: number } = { usual: 0.4, ofMq: 0.4 }): { subject: BinarySubject; table: Table } {
  const random = createRandom(seed);
  const names = ['AA', 'UA', 'DL', 'MQ'];
  const carriers = Array.from({ length: rows }, () => names[random.below(4)]);
  const hours = Array.from({ length: rows }, () => 5 + random.below(18));
  const hidden = Array.from({ length: rows }, () => random.normal());
  const labels = hidden.map((value) => (random.uniform() < 1 / (1 + Math.exp(1 - 2 * value)) ? 1 : 0));
  const seen = createRandom(`${seed} seen`);
  const scores = hidden.map((value, row) => 1 / (1 + Math.exp(1 - 2 * (value + (carriers[row] === 'MQ' ? noise.ofMq : noise.usual) * seen.normal()))));
  return { subject: binary(labels, scores), table: { rows, columns: [categorical('carrier', carriers), numeric('hour', hours)] } };
}
