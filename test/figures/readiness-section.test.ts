import { describe, expect, it } from 'vitest';
import { readinessPage } from '../../figures/readiness-page.ts';
import { readinessSection } from '../../figures/readiness-section.ts';
import type { ReadinessCriterion } from '../../protocol/workspace.ts';

const criterion = (more: Partial<ReadinessCriterion>): ReadinessCriterion => ({ criterion: 'a', group: 'Quality', kind: 'built-in', state: 'pass', text: '', evidence: null, next: null, ...more });
const draw = (criteria: Partial<ReadinessCriterion>[]): string => readinessSection({ criteria: criteria.map(criterion) }).text;
const positions = (text: string, ...words: string[]): number[] => words.map((word) => text.indexOf(word));

describe('the readiness section', () => {
  it('puts the worst group on top, the worst criterion on top of it, and folds what is met', () => {
    const text = draw([{ criterion: 'met', group: 'Business' }, { criterion: 'lacking', group: 'Security', state: 'missing' }, { criterion: 'unsure', state: 'inconclusive' }, { criterion: 'failing', state: 'fail' }, { criterion: 'quiet', state: 'off', text: 'turned off: at night' }]);
    const at = positions(text, '>Quality', 'failing', 'unsure', '>Security', 'lacking', '<details>', '>met ', 'Turned off', 'quiet</th>');
    expect(at.every((place) => place > 0)).toBe(true);
    expect(at.slice(0, 5)).toEqual([...at.slice(0, 5)].sort((a, b) => a - b));
    expect(at[5]).toBeGreaterThan(at[4]);
    expect(text).toContain('0 of 2 met');
    expect(text).toContain('1 criterion is met');
    expect(text).toContain('turned off: at night');
  });

  it('says that nothing is lacking where nothing is, with the evidence open', () => {
    const text = draw([{}, { criterion: 'b' }]);
    expect(text).toContain('every criterion that counts is met');
    expect(text).toContain('<details open>');
  });

  it('tells each state in words, never by colour alone', () => {
    for (const [state, word] of [['fail', 'fail'], ['error', 'error'], ['missing', 'missing'], ['inconclusive', 'inconclusive'], ['pass', 'pass'], ['off', 'off']] as const) {
      expect(draw([{ state }])).toMatch(new RegExp(`aria-hidden="true">.</span> ${word}<`));
    }
  });

  it('names the evidence, and the line that asks for it', () => {
    expect(draw([{ evidence: { kind: 'gate', run: 'r-1', gate: 'g' } }])).toContain('run r-1');
    expect(draw([{ evidence: { kind: 'batch', batch: 'b-1' } }])).toContain('check b-1');
    expect(draw([{ evidence: { kind: 'config', line: 12 }, line: 12 }]).match(/slipway\.yaml:12/g)).toHaveLength(1);
    expect(draw([{ evidence: { kind: 'statement', by: 'Ada', at: '2026-01-02T03:04:05Z', expires: null, text: '' } }])).toContain('statement of 2026-01-02');
    expect(draw([{ line: 30, state: 'missing', next: 'somebody states it: `slipway state a`' }])).toContain('slipway.yaml:30');
    expect(draw([{ state: 'missing', next: 'write `{cases: all}` under `gates`' }])).toContain('write <code>{cases: all}</code> under <code>gates</code>');
  });

  it('escapes whatever was stated', () => {
    const text = draw([{ criterion: '<img src=x onerror=alert(1)>', group: '<b>', state: 'missing', text: '"><script>', next: '`<i>`' }]);
    expect(text).not.toMatch(/<img|<script|<b>|<i>/);
  });
});

it('the page of readiness says of each model what holds, and needs nothing but itself', () => {
  const report = { model: 'churn', version: 'v2', digest: 'ab'.repeat(32), ready: false, sentence: 'churn v2 is not ready.', counts: { met: 0, of: 1 }, criteria: [criterion({ state: 'missing' })] };
  const text = readinessPage([report, { ...report, model: 'other', sentence: 'other is ready.', ready: true, criteria: [criterion({})] }], '2026-01-02T03:04:05.000Z');
  expect(text.match(/<h1>.*?<\/h1>/gs)).toHaveLength(2);
  expect(text).toContain('2026-01-02 03:04 UTC');
  expect(text).not.toMatch(/<script|https?:/);
});
