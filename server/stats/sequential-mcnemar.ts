import { betaMixtureLogE } from './beta-mixture-test.ts';

export interface SequentialMcNemar {
  /** Natural logarithm of the e-value against "each is right equally often"; 0 when no row changed. */
  logE: number;
  /** min(1, 1/e): valid at every look, at the price of being larger than McNemar's own. */
  pValue: number;
}

/**
 * McNemar's test for looking as often as one likes: are two classifiers right equally often on the same rows?
 *
 * @param candidateOnly rows that only the candidate gets right, whole
 * @param championOnly  rows that only the champion gets right, whole
 * The beta-mixture e-value against ½ for the candidate's wins among the rows that changed, mixed uniformly (a = b = 1).
 * Two-sided; which one is better is whose count is larger.
 */
export function sequentialMcNemar(candidateOnly: number, championOnly: number): SequentialMcNemar {
  const logE = betaMixtureLogE(candidateOnly, candidateOnly + championOnly, 0.5, { a: 1, b: 1 });
  return { logE, pValue: Math.min(1, Math.exp(-logE)) };
}
