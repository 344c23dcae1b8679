import { describe, expect, it } from 'vitest';
import type { Statement } from '../../protocol/workspace.ts';
import { assessReadiness } from '../../server/readiness/assess-readiness.ts';
import { checkStatement } from '../../server/readiness/check-statement.ts';
import { judgeStatement, mayState, type StatedCriterion } from '../../server/readiness/judge-statement.ts';
import { criterionOf, goodText, modelOf, readySubject } from './subject.ts';

const criterion: StatedCriterion = { criterion: 'encryption at rest', group: 'Security', line: 9, kind: 'statement', by: [], expiresHours: null };
const statement: Statement = { model: 'churn', criterion: 'encryption at rest', by: 'Ada Lovelace, security lead', text: 'ticket 12', at: '2026-01-01T10:00:00.000Z', expires: null };
const nowMs = Date.parse('2026-06-01T00:00:00Z');
const day = 24;

describe('a statement', () => {
  it('is lacking until somebody makes it, and says how', () => {
    expect(judgeStatement({ ...criterion, by: ['security lead', 'Ada'] }, 'churn', [], nowMs)).toEqual({
      state: 'missing',
      text: 'nobody has stated it; security lead or Ada may',
      next: 'somebody states it: `slipway state "encryption at rest" --model churn --text "…" --by "…, security lead"`',
      evidence: null,
    });
  });

  it('is told with who, when, and until when', () => {
    expect(judgeStatement(criterion, 'churn', [{ ...statement, expires: '2027-01-01T00:00:00.000Z' }], nowMs)).toEqual({
      state: 'pass',
      text: 'Ada Lovelace, security lead stated on 2026-01-01: ticket 12 (until 2027-01-01)',
      evidence: { kind: 'statement', by: 'Ada Lovelace, security lead', at: '2026-01-01T10:00:00.000Z', expires: '2027-01-01T00:00:00.000Z', text: 'ticket 12' },
      next: null,
    });
  });

  it.each([
    ['its own day has come', { expires: '2026-06-01T00:00:00.000Z' }, null, 'missing', '2026-06-01'],
    ['its own day is still to come', { expires: '2026-06-01T00:00:00.001Z' }, null, 'pass', ''],
    ['the criterion’s term has passed', {}, 90 * day, 'missing', '2026-04-01'],
    ['the criterion’s term has not', {}, 180 * day, 'pass', ''],
    ['the criterion’s term is the shorter', { expires: '2030-01-01T00:00:00.000Z' }, 90 * day, 'missing', '2026-04-01'],
    ['its own is the shorter', { expires: '2026-02-01T00:00:00.000Z' }, 1000 * day, 'missing', '2026-02-01'],
    ['its day is no day', { expires: 'never' }, null, 'missing', 'never'],
  ])('counts or not as %s', (_, more, expiresHours, state, expired) => {
    const standing = judgeStatement({ ...criterion, expiresHours }, 'churn', [{ ...statement, ...more }], nowMs);
    expect(standing.state).toBe(state);
    if (state === 'missing') expect(standing.text).toBe(`expired on ${expired}; Ada Lovelace, security lead stated on 2026-01-01: ticket 12`);
  });

  it('no longer counts once slipway.yaml asks for somebody else', () => {
    const standing = judgeStatement({ ...criterion, by: ['data protection officer'] }, 'churn', [statement], nowMs);
    expect(standing).toMatchObject({ state: 'missing', text: 'only data protection officer may state it; Ada Lovelace, security lead stated on 2026-01-01: ticket 12', evidence: { kind: 'statement' } });
  });

  it('gives way to a later one, also where that counts for less long', () => {
    const later = { ...statement, at: '2026-02-01T00:00:00.000Z', expires: '2026-03-01T00:00:00.000Z', text: 'only for February' };
    expect(judgeStatement(criterion, 'churn', [statement, later], nowMs)).toMatchObject({ state: 'missing', text: expect.stringContaining('only for February') as string });
  });

  it('is about one criterion of one model, in its own words', async () => {
    expect(judgeStatement(criterion, 'other', [statement], nowMs).state).toBe('missing');
    expect(judgeStatement({ ...criterion, criterion: 'encryption in transit' }, 'churn', [statement], nowMs).state).toBe('missing');
    const text = `${goodText.replace('datasets:', '  other: {task: regression, target: kept, gates: []}\ndatasets:')}readiness: [{criterion: encryption at rest}]\n`;
    const churn = assessReadiness(await readySubject(text, { statements: [statement] }));
    const other = assessReadiness(await readySubject(text, { statements: [statement], model: await modelOf(text, 'other'), versions: [], run: null }));
    expect([churn, other].map((report) => criterionOf(report, 'encryption at rest').state)).toEqual(['pass', 'missing']);
  });
});

describe('who may state', () => {
  it.each([
    [[], 'anybody', true],
    [['security lead'], 'Ada Lovelace, Security  Lead', true],
    [['security lead'], 'Ada Lovelace (security lead)', true],
    [['ada@acme.example'], 'Ada Lovelace <ada@acme.example>', true],
    [['Ada Lovelace', 'Grace Hopper'], 'grace hopper', true],
    [['security lead'], 'former security lead', false],
    [['lead'], 'security lead', false],
    [['security lead'], '', false],
  ])('of %j: %j is %j', (by, who, expected) => {
    expect(mayState({ by }, who)).toBe(expected);
  });
});

describe('a statement is refused', () => {
  const text = `${goodText}readiness: [{criterion: encryption at rest, by: security lead}, {criterion: quick, gate: latency.p95}]\n`;

  it.each([
    ['of what is measured', { criterion: 'latency' }, 'latency is not a matter of statement: it is read from slipway.yaml and what was measured'],
    ['of what a gate shows', { criterion: 'quick' }, 'quick is not a matter of statement: the gate latency.p95 shows it'],
    ['of what nobody asks for', { criterion: 'tea' }, 'slipway.yaml asks for no "tea" of churn; what may be stated: encryption at rest'],
    ['by nobody', { by: ' ' }, 'Who states it must be said in 1 to 200 characters'],
    ['without words', { text: '' }, 'What is stated must be said in 1 to 2000 characters'],
    ['with too many', { text: 'x'.repeat(2001) }, 'What is stated must be said in 1 to 2000 characters'],
    ['that would write over a terminal', { text: 'fine\u001b[2J' }, 'A statement is one line of plain text'],
    ['that would turn the words around it', { by: 'security lead, \u202eecarG' }, 'A statement is one line of plain text'],
    ['by somebody who may not', { by: 'Ada Lovelace' }, 'Only security lead may state encryption at rest, and it was Ada Lovelace'],
    ['that has expired', { expires: '2026-06-01T00:00:00.000Z' }, 'A statement that expires on 2026-06-01 would not count'],
  ])('%s', async (_, more, refusal) => {
    const { model: _model, at: _at, ...stated } = statement;
    expect(checkStatement({ ...stated, ...more }, await modelOf(text), nowMs)).toBe(refusal);
  });

  it('and taken otherwise', async () => {
    const { model: _model, at: _at, ...stated } = statement;
    expect(checkStatement({ ...stated, expires: '2026-06-02T00:00:00.000Z' }, await modelOf(text), nowMs)).toBeNull();
    expect(checkStatement({ ...stated, criterion: 'tea' }, await modelOf(goodText), nowMs)).toBe('slipway.yaml asks for no "tea" of churn; no criterion there takes a statement');
  });
});
