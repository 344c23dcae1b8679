import type { MetricValue } from './metric-value.ts';
import { weightedMean } from './sample-weights.ts';

/** How strings are made alike before they are compared; everything off means character by character. */
export interface MatchRules {
  lowercase?: boolean;
  /** Drops ASCII punctuation. */
  punctuation?: boolean;
  /** Drops the English articles a, an and the. */
  articles?: boolean;
  /** Trims, and reads any run of white space as one space. */
  whitespace?: boolean;
}

/** The rules of the SQuAD evaluation (Rajpurkar et al. 2016). */
export const SQUAD_RULES: MatchRules = { lowercase: true, punctuation: true, articles: true, whitespace: true };

/**
 * Share of outputs equal to one of their references, 0–1.
 *
 * @param outputs    one text per row
 * @param references one or more accepted texts per row
 * @param weights    per row, see `totalWeight`
 * @returns undefined on no rows. Strings are compared in Unicode form NFC, so an accent typed two ways is one accent.
 */
export function exactMatch(outputs: string[], references: string[][], rules: MatchRules = {}, weights?: Float64Array): MetricValue {
  if (outputs.length !== references.length) throw new RangeError(`${outputs.length} outputs for ${references.length} reference lists`);
  const matches = outputs.map((output, row) => {
    const ours = normaliseText(output, rules);
    return references[row].some((reference) => normaliseText(reference, rules) === ours) ? 1 : 0;
  });
  return weightedMean(Float64Array.from(matches), weights);
}

/** A text as `rules` read it, in Unicode form NFC. */
export function normaliseText(text: string, rules: MatchRules): string {
  let plain = text.normalize('NFC');
  if (rules.lowercase) plain = plain.toLowerCase();
  if (rules.punctuation) plain = plain.replace(/[!-/:-@[-`{-~]/g, '');
  if (rules.articles) plain = plain.replace(/\b(a|an|the)\b/gi, ' ');
  if (rules.whitespace) plain = plain.trim().replace(/\s+/g, ' ');
  return plain;
}
