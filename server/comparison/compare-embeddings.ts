import { type AnswerShape, type Answers, type PairRecord, faultyPair } from './answers.ts';

type Embeddings = Extract<Answers, { kind: 'embedding' }>;

/** Cosine from which two vectors count as the same, unless said otherwise. */
export const COSINE_MIN = 0.999;

/** Pairs of vectors, which agree when their cosine is high enough. Two zero vectors are the same, one is like no other. */
export function compareEmbeddings({ width, cosineMin }: Extract<AnswerShape, { kind: 'embedding' }>, production: Embeddings, candidate: Embeddings): (row: number) => PairRecord {
  return (row) => {
    const before = production.values.subarray(row * width, (row + 1) * width);
    const after = candidate.values.subarray(row * width, (row + 1) * width);
    if (!before.every(Number.isFinite)) return faultyPair('production-invalid');
    if (!after.every(Number.isFinite)) return faultyPair('candidate-invalid');
    const cosine = cosineOf(before, after);
    return {
      ...faultyPair(cosine >= cosineMin ? 'agree' : 'differ'),
      absolute: before.reduce((most, value, index) => Math.max(most, Math.abs(after[index] - value)), 0),
      similarities: [cosine],
    };
  };
}

function cosineOf(a: Float64Array, b: Float64Array): number {
  const [lengthA, lengthB] = [Math.hypot(...a), Math.hypot(...b)];
  if (lengthA === 0 || lengthB === 0) return lengthA === lengthB ? 1 : 0;
  let product = 0;
  for (let index = 0; index < a.length; index++) product += (a[index] / lengthA) * (b[index] / lengthB);
  return Math.min(1, Math.max(-1, product));
}
