import type { Statistic } from '../../protocol/drift.ts';
import { countText, numberText } from '../../protocol/number-text.ts';
import { totalVariation } from '../stats/divergence.ts';
import { classifyDomain, domainNullBand } from '../stats/domain-classifier.ts';
import { hashedNgrams } from '../stats/hashing.ts';
import { sharesOf } from '../stats/histogram.ts';
import { type Random, createRandom, sampleWithoutReplacement } from '../stats/random.ts';
import type { CategoricalVector } from '../stats/vector.ts';
import { numericValues } from './column-values.ts';
import { compareNumeric } from './compare-numeric.ts';
import { type Comparison, statistic } from './comparison.ts';

/** Texts per side that the classifier sees. */
const rowsMax = 5000;

/**
 * Compares free text: can a classifier that sees character 3-grams tell current texts from reference texts?
 *
 * @param reference ≥ 1 text
 * @param current   ≥ 1 text
 * @param seed      of the sample and the folds
 * Beside the area under its ROC curve: K-S of the lengths, and total variation of the kinds of character. With more than
 * 5,000 texts on a side the classifier sees a random 5,000, which the definition says; lengths and characters are of all.
 */
export function compareText(reference: CategoricalVector, current: CategoricalVector, seed: number): Comparison {
  const random = createRandom(seed).split('text');
  const before = sampleTexts(reference, random.split('reference'));
  const after = sampleTexts(current, random.split('current'));
  const codes = Int32Array.of(...before.codes, ...after.codes.map((code) => code + reference.dictionary.length));
  const matrix = hashedNgrams([...reference.dictionary, ...current.dictionary], codes);
  const fromCurrent = Uint8Array.from(codes.keys(), (row) => (row < before.codes.length ? 0 : 1));
  const { auc, pValue, nullBand, folds } = classifyDomain(matrix, fromCurrent, { folds: 3, l2PerRow: 0.01, random: random.split('folds') });

  const bandAt = (rows: number): number => domainNullBand(before.codes.length, Math.min(rowsMax, rows), folds);
  const lengths = compareNumeric(textLengths(reference), textLengths(current));
  const sampled = before.of > rowsMax || after.of > rowsMax ? `; on ${countText(before.codes.length)} of ${countText(before.of)} reference texts and ${countText(after.codes.length)} of ${countText(after.of)} current ones (seed ${seed})` : '';
  const definition = `Area under the ROC curve of a logistic regression on hashed character 3-grams that tells current texts from reference texts, mean of ${folds} folds, 0.5 when it cannot${sampled}`;
  const length = lengths.effect.value;
  return {
    effect: { ...statistic('auc', auc, definition), band: nullBand, bandMethod: '95 % point of the mean Mann–Whitney area of folds that share training rows' },
    still: 0.5,
    bandAt,
    test: { ...statistic('auc', auc, definition), pValue },
    others: [{ name: 'ks', value: length, definition: 'K-S D of the lengths of the texts, in code points' }, characterStatistic(reference, current)],
    change: `lengths: ${lengths.change}${length === null ? '' : ` (K-S D ${numberText(length)})`}`,
    newCategories: [],
    newCategoriesTotal: { categories: 0, rows: 0 },
    vanishedCategories: [],
    distributions: lengths.distributions,
  };
}

function sampleTexts({ codes }: CategoricalVector, random: Random): { codes: Int32Array; of: number } {
  const held = codes.filter((code) => code >= 0);
  if (held.length <= rowsMax) return { codes: held, of: held.length };
  return { codes: sampleWithoutReplacement(held.length, rowsMax, random).map((row) => held[row]), of: held.length };
}

function textLengths({ codes, dictionary }: CategoricalVector): ReturnType<typeof numericValues> {
  const lengths = dictionary.map((text) => Array.from(text).length);
  return numericValues({ kind: 'numeric', values: Float64Array.from(codes.filter((code) => code >= 0), (code) => lengths[code]) });
}

const characterKinds = [/\p{Lu}/u, /\p{Ll}/u, /\p{L}/u, /\p{N}/u, /\s/u, /[\p{P}\p{S}]/u];

function characterStatistic(reference: CategoricalVector, current: CategoricalVector): Statistic {
  const definition = 'Total variation distance ½ Σ |p − q| of the kinds of character: capitals, small letters, other letters, digits, white space, punctuation, the rest';
  const [p, q] = [reference, current].map((side) => sharesOf(countCharacters(side)));
  return p === null || q === null ? { name: 'tvd', value: null, reason: 'one side has no characters', definition } : { name: 'tvd', value: totalVariation(p, q), definition };
}

function countCharacters({ codes, dictionary }: CategoricalVector): Float64Array {
  const rowsOf = new Float64Array(dictionary.length);
  for (const code of codes) if (code >= 0) rowsOf[code]++;
  const counts = new Float64Array(characterKinds.length + 1);
  dictionary.forEach((text, code) => {
    for (const character of text) {
      const kind = characterKinds.findIndex((pattern) => pattern.test(character));
      counts[kind < 0 ? characterKinds.length : kind] += rowsOf[code];
    }
  });
  return counts;
}
