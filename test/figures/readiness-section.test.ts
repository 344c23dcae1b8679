import { describe, expect, it } from 'vitest';
import { readinessSection } from '../../figures/readiness-section.ts';
import type { ReadinessCriterion } from '../../protocol/workspace.ts';

const criterion = (more: Partial<ReadinessCriterion>): ReadinessCriterion => ({ criterion: 'a', group: 'Quality', kind: 'built-in', state: 'pass', text: '', evidence: null, next: null, ...more });
const draw = (criteria: Partial<ReadinessCriterion>[], options = {}): string => readinessSection({ criteria: criteria.map(criterion) }, options).text;
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

  it('leads to the evidence by the address of its view', () => {
    expect(draw([{ evidence: { kind: 'gate', run: 'r-1&x', gate: 'g' } }])).toContain('<a href="#view=gates&amp;run=r-1%26x">the run</a>');
    expect(draw([{ evidence: { kind: 'batch', batch: 'b-1' } }])).toContain('<a href="#view=data&amp;batch=b-1">the check</a>');
    expect(draw([{ evidence: { kind: 'config', line: 12 } }])).toContain('slipway.yaml:12');
    expect(draw([{ line: 30, state: 'missing', next: 'somebody states it: `slipway state a`' }])).toContain('slipway.yaml:30');
    expect(draw([{ state: 'missing', next: 'write `{cases: all}` under `gates`' }])).toContain('write <code>{cases: all}</code> under <code>gates</code>');
  });

  it('offers to state what takes a statement, where somebody will hear it', () => {
    const lacking = [{ criterion: 'tea "hot"', kind: 'statement', state: 'missing' }, { criterion: 'measured', state: 'missing' }] as const;
    expect(draw([...lacking])).not.toContain('<button');
    expect(draw([...lacking], { canState: true }).match(/<button[^>]*>/g)).toEqual(['<button type="button" class="link" data-criterion="tea &quot;hot&quot;">']);
  });

  it('escapes whatever was stated', () => {
    const text = draw([{ criterion: '<img src=x onerror=alert(1)>', group: '<b>', state: 'missing', text: '"><script>', next: '`<i>`' }], { canState: true });
    expect(text).not.toMatch(/<img|<script|<b>|<i>/);
  });
});
