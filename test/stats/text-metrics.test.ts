import { describe, expect, test } from 'vitest';
import { type BleuSmoothing, bleu, bleuCounts, tokenize13a } from '../../server/stats/bleu.ts';
import { chrf, chrfCounts } from '../../server/stats/chrf.ts';
import { exactMatch, SQUAD_RULES } from '../../server/stats/exact-match.ts';
import { rouge } from '../../server/stats/rouge.ts';
import { expectClose, floats, goldens } from './metric-goldens.ts';

const { outputs, references, sparse_outputs, sparse_references, expected } = goldens.text;
const smoothings: Record<string, BleuSmoothing> = {
  exp_None: { kind: 'exp' },
  none_None: { kind: 'none' },
  'floor_0.1': { kind: 'floor', value: 0.1 },
  'floor_0.5': { kind: 'floor', value: 0.5 },
  'add-k_1': { kind: 'add-k', value: 1 },
  'add-k_2': { kind: 'add-k', value: 2 },
};

describe('BLEU', () => {
  test('the tokeniser splits as sacrebleu 13a', () => {
    expect(outputs.map((text) => tokenize13a(text).join(' '))).toEqual(expected.tokens);
  });

  test.each(Object.entries(smoothings))('corpus BLEU with smoothing %s agrees with sacrebleu, cased and lower case', (name, smoothing) => {
    expectClose(bleu(bleuCounts(outputs, references), { smoothing }), expected.bleu[`${name}_False`], 1e-9);
    expectClose(bleu(bleuCounts(outputs, references, true), { smoothing }), expected.bleu[`${name}_True`], 1e-9);
  });

  test.each(Object.entries(expected.bleu_sparse))('without any shared 4-gram, smoothing %s decides as sacrebleu', (name, score) => {
    const counts = bleuCounts(sparse_outputs, sparse_references.map((text) => [text]));
    expectClose(bleu(counts, { smoothing: smoothings[name] }), score, 1e-9);
  });

  test('one reference, short outputs and single sentences agree with sacrebleu', () => {
    expectClose(bleu(bleuCounts(outputs, references.map(([first]) => [first]))), expected.bleu_single, 1e-9);
    expectClose(bleu(bleuCounts(['a b c'], [['a b c']])), expected.bleu_short, 1e-9);
    outputs.forEach((output, row) => expectClose(bleu(bleuCounts([output], [references[row]]), { effectiveOrder: true }), expected.bleu_sentence[row], 1e-9));
  });

  test('an empty output scores 0, an empty corpus nothing', () => {
    expect(bleu(bleuCounts([''], [['a b']]))).toEqual({ value: 0 });
    expect(bleu(bleuCounts([], []))).toEqual({ value: null, reason: 'no rows' });
    expect(() => bleuCounts(['a'], [[]])).toThrow(RangeError);
  });

  test('a row weight repeats the row in the corpus', () => {
    const weighted = bleu(bleuCounts(outputs.slice(0, 2), references.slice(0, 2)), {}, floats([2, 1]));
    expectClose(bleu(bleuCounts([outputs[0], ...outputs.slice(0, 2)], [references[0], ...references.slice(0, 2)])), weighted.value!);
  });
});

describe('chrF', () => {
  test('corpus and sentence scores agree with sacrebleu, lower case and chrF++ too', () => {
    expectClose(chrf(chrfCounts(outputs, references)), expected.chrf, 1e-9);
    expectClose(chrf(chrfCounts(outputs, references, { lowercase: true })), expected.chrf_lowercase, 1e-9);
    expectClose(chrf(chrfCounts(outputs, references, { wordOrder: 2 })), expected.chrf_plus_plus, 1e-9);
    outputs.forEach((output, row) => expectClose(chrf(chrfCounts([output], [references[row]])), expected.chrf_sentence[row], 1e-9));
  });

  test('an empty corpus has no score', () => expect(chrf(chrfCounts([], [])).value).toBeNull());
});

describe('ROUGE', () => {
  test.each(['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const)('%s agrees with rouge_score, best of several references', (kind) => {
    outputs.forEach((output, row) => {
      const { precision, recall, f } = rouge(output, references[row], kind);
      [precision, recall, f].forEach((value, index) => expectClose(value, expected.rouge[row][kind][index]));
    });
  });

  test('of several longest common subsequences Lsum takes the one that rouge_score takes', () => {
    for (const { output, reference, f } of expected.rouge_lsum_pairs) expectClose(rouge(output, [reference], 'rougeLsum').f, f);
  });

  test('an empty output or reference scores 0, no reference at all is refused', () => {
    expect(rouge('', ['a'], 'rougeL')).toEqual({ precision: 0, recall: 0, f: 0 });
    expect(rouge('a', [''], 'rougeLsum')).toEqual({ precision: 0, recall: 0, f: 0 });
    expect(() => rouge('a', [], 'rouge1')).toThrow(RangeError);
  });

  test('Lsum looks at sentences, L at the whole text', () => {
    const output = 'the dog barks\nthe cat sleeps';
    const reference = 'the cat sleeps\nthe dog barks';
    expect([rouge(output, [reference], 'rougeL').f, rouge(output, [reference], 'rougeLsum').f]).toEqual([0.5, 1]);
  });
});

describe('exact match', () => {
  test('compares characters, or what the rules leave of them', () => {
    const answers = ['The  Eiffel-Tower!', 'Paris', 'cafe\u0301'];
    const accepted = [['eiffeltower'], ['London', 'Paris'], ['caf\u00e9']];
    expect(exactMatch(answers, accepted)).toEqual({ value: 2 / 3 });
    expect(exactMatch(answers, accepted, SQUAD_RULES)).toEqual({ value: 1 });
    expect(exactMatch([], []).value).toBeNull();
  });
});
