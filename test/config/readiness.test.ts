import { describe, expect, it } from 'vitest';
import type { ReadinessPolicy } from '../../protocol/config.ts';
import { parseConfig } from '../../server/config.ts';

const models = `models:
  m:
    target: y
    positive: 1
    gates:
      - {metric: roc_auc, min: 0.7}
      - {latency: p99, maxMs: 20}
datasets: {holdout: h.csv}
`;

async function policiesOf(text: string): Promise<Record<string, ReadinessPolicy>> {
  const parsed = await parseConfig(text, { path: 'slipway.yaml' });
  if ('problem' in parsed) throw new Error(JSON.stringify(parsed.problem.issues));
  return Object.fromEntries(parsed.config.models.map(({ name, readiness }) => [name, readiness]));
}

async function complaintsOf(text: string): Promise<string[]> {
  const parsed = await parseConfig(text, { path: 'slipway.yaml' });
  const issues = 'problem' in parsed ? (parsed.problem.issues ?? []) : parsed.warnings;
  return issues.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('readiness in slipway.yaml', () => {
  it('says what is stated, what a gate shows and what does not count, each with its line', async () => {
    const { m } = await policiesOf(`${models}readiness:
  - {criterion: encryption at rest, group: Security, by: [security lead, Ada Lovelace], expires: 180d}
  - {criterion: runbook is written}
  - {criterion: quick enough, group: Operations, gate: latency.p99}
  - {off: throughput, reason: scored in batches at night}
`);
    expect(m).toEqual({
      criteria: [
        { criterion: 'encryption at rest', group: 'Security', line: 10, kind: 'statement', by: ['security lead', 'Ada Lovelace'], expiresHours: 4320 },
        { criterion: 'runbook is written', group: 'Other', line: 11, kind: 'statement', by: [], expiresHours: null },
        { criterion: 'quick enough', group: 'Operations', line: 12, kind: 'gate', gate: 'latency.p99' },
      ],
      off: [{ criterion: 'throughput', reason: 'scored in batches at night', line: 13 }],
    } satisfies ReadinessPolicy);
  });

  it('of one model stands in place of what holds for all', async () => {
    const policies = await policiesOf(`models:
  m: {readiness: [{criterion: mine}]}
  n: {}
readiness: [{criterion: everybody’s}]
`);
    expect(Object.entries(policies).map(([model, { criteria }]) => [model, criteria.map(({ criterion }) => criterion)])).toEqual([['m', ['mine']], ['n', ['everybody’s']]]);
  });

  it('may name a gate that only the default policy would have, where no gates are written', async () => {
    const { m } = await policiesOf('models: {m: {}}\nreadiness: [{criterion: quick enough, gate: latency.p95}]\n');
    expect(m.criteria).toMatchObject([{ kind: 'gate', gate: 'latency.p95' }]);
  });

  it.each([
    ['a gate that was renamed', '[{criterion: a, gate: latency.p9}]', ['9:34 `m` has no gate `latency.p9`; did you mean `latency.p99`?']],
    ['a gate that is not there at all', '[{criterion: a, gate: xyz}]', ['9:34 `m` has no gate `xyz`; it has roc_auc.min, latency.p99, outputs, signature, export']],
    ['the name of a built-in criterion', '[{criterion: fairness}]', ['9:25 `fairness` is built in, and measured; give yours another name, or turn the built-in one `off` with a reason']],
    ['two of one name', '[{criterion: a}, {criterion: a, gate: size}]', ['9:41 this criterion is called `a`, like the one on line 9', '9:50 `m` has no gate `size`; it has roc_auc.min, latency.p99, outputs, signature, export']],
    ['a criterion that is turned off twice', '[{off: fairness, reason: r}, {off: fairness, reason: s}]', ['9:41 `fairness` is turned off twice']],
    ['a criterion that is turned off without a reason', '[{off: fairness}]', ['9:13 item 1 of `readiness` needs `reason`: why; it is shown in its place']],
    ['a criterion to turn off that is none', '[{off: fairnes, reason: r}]', ['9:19 `off` must be one of business goal, value of outcomes, quality on holdout, quality on current, regression cases, fairness, data quality of current, drift of current, latency, throughput, runtime parity, not "fairnes"; did you mean fairness?']],
    ['a time span without a unit', '[{criterion: a, expires: 180}]', ['9:37 `expires` must be a time span: `90m`, `36h`, `7d` or `2w`, not 180']],
    ['nobody who may state it', '[{criterion: a, by: []}]', ['9:32 `by` must name at least one person or role, not a list']],
    ['a criterion without words', "[{criterion: ''}]", ['9:25 `criterion` may not be empty']],
  ])('is refused with %s', async (_, readiness, expected) => {
    expect(await complaintsOf(`${models}readiness: ${readiness}\n`)).toEqual(expected);
  });
});
