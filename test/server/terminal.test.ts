import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { barText, runText, table, worstVerdict } from '../../server/terminal.ts';
import { gateResult, runReport } from './run-report.ts';

const plain = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, '');

describe('a run in the terminal', () => {
  it('opens with the model and the sentence, folds what passes, and says the next step', () => {
    const text = plain(runText(runReport({ gates: [gateResult('size'), gateResult('latency')] })));
    expect(text.split('\n')).toEqual([
      'churn v2 against v1  1,234 rows of holdout · seed 1 · policy abababab · 2.5 s',
      '✓ v2 may replace v1.',
      '',
      '✓ 2 gates pass',
      '',
      '→ to promote it, write champion: v2 under churn in slipway.yaml',
      '',
      'run r-20260102-030405-abcdef',
    ]);
  });

  it('shows what did not pass with the reason under it, broken to fit', () => {
    const reason = 'the model takes 7.5 MB, which is more than the 5 MB that slipway.yaml allows for it to be served at the edge';
    const report = runReport({ gates: [gateResult('size', { verdict: 'fail', reason })], decision: { ...runReport().decision, verdict: 'fail', blocking: ['size'] } });
    const lines = plain(runText(report, { columns: 60 })).split('\n');
    const at = lines.findIndex((line) => line.startsWith('✗   size') || line.startsWith('✗  size'));
    expect(at).toBeGreaterThan(0);
    const body = lines.slice(at + 1, at + 4);
    expect(body.join(' ').replace(/\s+/g, ' ').trim().startsWith(reason.slice(0, 80))).toBe(true);
    expect(Math.max(...body.map((line) => stringWidth(line)))).toBeLessThanOrEqual(60);
    expect(lines).toContain('→ look at size (slipway.yaml:7) in the report: the rows that flipped and the slices they are in');
  });

  it('says one reason once, however many gates it stops', () => {
    const broken = ['a', 'b', 'c', 'd'].map((id) => gateResult(id, { verdict: 'error', reason: 'holdout was not evaluated: of 10 predictions, 3 are not finite numbers' }));
    const text = plain(runText(runReport({ gates: broken })));
    expect(text).toContain('! 4 gates could not be judged: holdout was not evaluated: of 10 predictions, 3 are not finite numbers\n      a, b, c, d');
  });

  it('names a failed step with its next step, once', () => {
    const failed = { step: 'predict' as const, state: 'failed' as const, milliseconds: 1, problem: { code: 'model-failed' as const, title: '', detail: 'the model refused its input', hint: 'Check it' } };
    const text = plain(runText(runReport({ steps: [{ ...failed, subject: 'v2 on holdout' }, { ...failed, subject: 'v2 on current' }] })));
    expect(text).toContain('! step predict (v2 on holdout and 1 more): the model refused its input\n    Check it');
  });
});

describe('a table', () => {
  it('aligns on what is seen, not on bytes', () => {
    expect(table(null, [['é', '1'], ['日本', '22'], ['\u001b[31mred\u001b[39m', '3']]).map(plain)).toEqual(['é     1', '日本  22', 'red   3']);
  });

  it('leaves out columns in which no row has anything', () => {
    expect(table(['a', 'b', 'c'], [['1', '', '3']]).map(plain)).toEqual(['a  c', '1  3']);
  });
});

describe('the progress bar', () => {
  it('tells how much is done, of how much, and how long it may take', () => {
    expect(plain(barText('predict v2', 500, 2000, 'rows', 1000, 120))).toBe(`predict v2  ${'━'.repeat(20)}  25 %  500/2,000 rows  3.0 s left`);
  });

  it('does not promise a time it cannot know, nor divide by nothing', () => {
    expect(plain(barText('profile', 7, null, 'rows', 9000, 120))).toBe('profile  7 rows');
    expect(plain(barText('profile', 0, 0, 'rows', 9000, 120))).toBe('profile  0/0 rows');
    expect(plain(barText('profile', 10, 2000, 'rows', 100, 120))).not.toContain('left');
  });

  it('fits a narrow terminal', () => {
    expect(stringWidth(barText('predict v2 on current', 500, 2000, 'rows', 1000, 40))).toBeLessThanOrEqual(40);
  });
});

describe('several verdicts together', () => {
  it.each([
    [[], 'inconclusive'],
    [['pass', 'pass'], 'pass'],
    [['pass', 'inconclusive'], 'inconclusive'],
    [['error', 'inconclusive'], 'error'],
    [['error', 'fail', 'pass'], 'fail'],
  ] as const)('%j is %s', (verdicts, expected) => {
    expect(worstVerdict([...verdicts])).toBe(expected);
  });
});
