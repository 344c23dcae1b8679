import { describe, expect, it } from 'vitest';
import { judgeEffect } from '../../server/drift/judge-effect.ts';

describe('the drift rule', () => {
  it.each([
    ['significant and at the floor', { value: 0.1, floor: 0.1, band: 0.05, adjustedP: 0.01 }, 'moved'],
    ['at the floor but for rounding', { value: 0.8 - 0.7, floor: 0.1, band: 0.05, adjustedP: 0.01 }, 'moved'],
    ['significant and below the floor', { value: 0.09, floor: 0.1, band: 0.05, adjustedP: 0.01 }, 'still'],
    ['large and not significant', { value: 0.2, floor: 0.1, band: 0.05, adjustedP: 0.05 }, 'still'],
    ['above a floor that chance reaches', { value: 0.25, floor: 0.1, band: 0.2, adjustedP: 0.001 }, 'inconclusive'],
    ['far above floor and chance together', { value: 0.31, floor: 0.1, band: 0.2, adjustedP: 0.001 }, 'moved'],
    ['far above both and not significant', { value: 0.31, floor: 0.1, band: 0.2, adjustedP: 0.2 }, 'inconclusive'],
    ['small where chance reaches the floor', { value: 0, floor: 0.1, band: 0.2, adjustedP: 1 }, 'inconclusive'],
    ['undefined', { value: null, floor: 0.1, band: 0.2, adjustedP: 0.001 }, 'inconclusive'],
    ['without a band', { value: 0.5, floor: 0.1, band: null, adjustedP: 0.001 }, 'inconclusive'],
    ['without a p-value', { value: 0.5, floor: 0.1, band: 0.01, adjustedP: null }, 'inconclusive'],
  ] as const)('an effect %s', (_title, effect, verdict) => {
    expect(judgeEffect({ still: 0, ...effect }, 0.05)).toBe(verdict);
  });

  it('takes only what chance adds to an AUC off it', () => {
    expect(judgeEffect({ value: 0.8, floor: 0.6, band: 0.65, still: 0.5, adjustedP: 0.001 }, 0.05)).toBe('moved');
    expect(judgeEffect({ value: 0.7, floor: 0.6, band: 0.65, still: 0.5, adjustedP: 0.001 }, 0.05)).toBe('inconclusive');
  });
});
