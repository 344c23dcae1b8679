import type { Verdict } from '../protocol/measured.ts';
import { markup, type Markup } from './markup.ts';

const signs: Record<Verdict, string> = { pass: '✓', fail: '✗', inconclusive: '?', error: '!' };

/** Most pressing first. */
export const verdictRank: Record<Verdict, number> = { fail: 0, error: 1, inconclusive: 2, pass: 3 };

/** Sign and word, so that colour is never the only difference. */
export function verdictMark(verdict: Verdict): Markup {
  return markup`<span class="verdict ${verdict}"><span class="sign" aria-hidden="true">${signs[verdict]}</span> ${verdict}</span>`;
}

/** The same verdict in a drawing: a disc, a cross, a diamond. */
export function verdictShape(verdict: Verdict, x: number, y: number): Markup {
  switch (verdict) {
    case 'pass':
      return markup`<circle class="mark pass" cx="${x}" cy="${y}" r="4"/>`;
    case 'fail':
    case 'error':
      return markup`<path class="mark cross ${verdict}" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8"/>`;
    case 'inconclusive':
      return markup`<path class="mark inconclusive" d="M${x} ${y - 5}l5 5l-5 5l-5-5z"/>`;
  }
}
