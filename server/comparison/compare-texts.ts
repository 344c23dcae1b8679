import { editDistance } from '../stats/edit-distance.ts';
import { SQUAD_RULES, normaliseText } from '../stats/exact-match.ts';
import { type Answers, type PairRecord, type PairRules, faultyPair } from './answers.ts';

type Texts = Extract<Answers, { kind: 'text' }>;

/** Words of a text that are compared one by one: the time grows with their square. */
const WORDS_MAX = 1000;

/**
 * Pairs of texts.
 *
 * Another build of the same model agrees when the text is the same, character by character in Unicode form NFC; a new model
 * when it is the same but for case, punctuation, articles and white space (the rules of SQuAD). `words in common` is
 * 1 − edit distance ÷ length, in words, of the first 1,000.
 */
export function compareTexts({ intent }: PairRules, production: Texts, candidate: Texts): (row: number) => PairRecord {
  const rules = intent === 'new-model' ? SQUAD_RULES : {};
  return (row) => {
    const [before, after] = [production.texts[row], candidate.texts[row]];
    if (before === null) return faultyPair('production-failed');
    if (after === null) return faultyPair('candidate-failed');
    const same = normaliseText(before, rules) === normaliseText(after, rules);
    return { ...faultyPair(same ? 'agree' : 'differ'), similarities: [wordsInCommon(before, after), ratio(before.length, after.length)] };
  };
}

function wordsInCommon(before: string, after: string): number {
  const [ours, theirs] = [before, after].map((text) => text.split(/\s+/).filter((word) => word !== '').slice(0, WORDS_MAX));
  const longer = Math.max(ours.length, theirs.length);
  return longer === 0 ? 1 : 1 - editDistance(ours, theirs) / longer;
}

function ratio(a: number, b: number): number {
  return a === b ? 1 : Math.min(a, b) / Math.max(a, b);
}
