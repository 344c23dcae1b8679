/** How much of the reference the output has (recall), how much of the output is in the reference (precision), 0–1 each. */
export interface RougeScore {
  precision: number;
  recall: number;
  /** Harmonic mean of the two, 0 when both are 0. */
  f: number;
}

/**
 * `rouge1`, `rouge2`: shared words, shared word pairs. `rougeL`: longest common subsequence of the whole text.
 * `rougeLsum`: the same sentence by sentence, sentences ending at a newline, matched words counted once.
 */
export type RougeKind = 'rouge1' | 'rouge2' | 'rougeL' | 'rougeLsum';

/**
 * ROUGE of one output. Words are runs of a–z and 0–9 in lower case, not stemmed; other scripts have no words here.
 *
 * @param references one or more texts; the one with the best F counts, the first of equals
 * @returns all 0 when output or reference has no words
 * @throws RangeError without references
 * Lin (2004). Agrees with rouge_score `RougeScorer(use_stemmer=False).score_multi`.
 */
export function rouge(output: string, references: string[], kind: RougeKind): RougeScore {
  if (references.length === 0) throw new RangeError('no reference');
  return references.map((reference) => score(output, reference, kind)).reduce((best, next) => (next.f > best.f ? next : best));
}

function score(output: string, reference: string, kind: RougeKind): RougeScore {
  switch (kind) {
    case 'rouge1':
      return shared(grams(words(output), 1), grams(words(reference), 1));
    case 'rouge2':
      return shared(grams(words(output), 2), grams(words(reference), 2));
    case 'rougeL':
      return scoreOf(commonPositions(words(reference), words(output)).length, words(output).length, words(reference).length);
    case 'rougeLsum':
      return sentenceScore(sentences(output), sentences(reference));
  }
}

function shared(ours: Map<string, number>, theirs: Map<string, number>): RougeScore {
  let both = 0;
  for (const [gram, count] of theirs) both += Math.min(count, ours.get(gram) ?? 0);
  const size = (counts: Map<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
  return scoreOf(both, size(ours), size(theirs));
}

/** Each reference sentence is covered by the union of its common subsequences with every output sentence. */
function sentenceScore(ours: string[][], theirs: string[][]): RougeScore {
  const left = [grams(ours.flat(), 1), grams(theirs.flat(), 1)];
  let hits = 0;
  for (const sentence of theirs) {
    const covered = new Set(ours.flatMap((ourSentence) => commonPositions(sentence, ourSentence)));
    for (const position of covered) {
      const word = sentence[position];
      if (left.every((counts) => (counts.get(word) ?? 0) > 0)) {
        hits++;
        for (const counts of left) counts.set(word, counts.get(word)! - 1);
      }
    }
  }
  return scoreOf(hits, ours.flat().length, theirs.flat().length);
}

function scoreOf(hits: number, ours: number, theirs: number): RougeScore {
  const precision = ours === 0 ? 0 : hits / ours;
  const recall = theirs === 0 ? 0 : hits / theirs;
  return { precision, recall, f: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/** Positions in `reference` of one longest common subsequence; of several, the one that rouge_score walks back to. */
function commonPositions(reference: string[], output: string[]): number[] {
  const width = output.length + 1;
  const lengths = new Uint32Array((reference.length + 1) * width);
  for (let i = 1; i <= reference.length; i++) {
    for (let j = 1; j <= output.length; j++) {
      lengths[i * width + j] =
        reference[i - 1] === output[j - 1]
          ? lengths[(i - 1) * width + j - 1] + 1
          : Math.max(lengths[(i - 1) * width + j], lengths[i * width + j - 1]);
    }
  }
  const positions: number[] = [];
  let i = reference.length;
  let j = output.length;
  while (i > 0 && j > 0) {
    if (reference[i - 1] === output[j - 1]) {
      positions.push(--i);
      j--;
    } else if (lengths[i * width + j - 1] > lengths[(i - 1) * width + j]) j--;
    else i--;
  }
  return positions;
}

function sentences(text: string): string[][] {
  return text.split('\n').map(words);
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function grams(tokens: string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= tokens.length; start++) {
    const gram = tokens.slice(start, start + order).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}
