import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseConfig } from '../../server/config.ts';

const valid = `version: 1
seed: 7
models:
  flight-delay:
    task: binary
    target: late
    positive: 1
    champion: v1
    threshold: 0.27
    inputs: {x: [a, b]}
    slices: [carrier, [carrier, origin], {name: cold, where: {temp: {below: 32}}}]
    groups: [sex]
    value: {tp: 10, fp: -2, fn: -5, currency: USD}
datasets:
  reference: data/reference.parquet
  holdout: {path: data/holdout.parquet, time: t, key: id, freshness: 36h}
  current: data/current/*.parquet
  cases: cases/curated.csv
checks:
  suggest: true
  rules:
    - {column: humid, maxNulls: 2%, min: 0, max: 100}
    - {rows: {min: 1000}, on: [current], severity: warn}
drift: {alpha: 0.05, floors: {numeric: 0.2}, columns: {temp: 0.2}}
gates:
  - {metric: roc_auc, nonInferior: 0.005}
  - {metric: recall, by: carrier, minChange: -1%}
  - {fairness: equal_opportunity_difference, by: sex, max: 0.1}
  - {parity: available}
  - {cases: all}
readiness:
  - {criterion: encryption at rest, group: Security, by: [security lead], expires: 180d}
  - {criterion: all cases are right, gate: cases}
  - {off: throughput, reason: scored at night}
resources: {providers: [cpu], threads: 2}
allow: []
`;

const token = fc.constantFrom('{', '}', '[', ']', ':', ': ', '- ', '\n', '  ', '"', "'", '&a ', '*a', '!t ', '|', '>', '#', '%', '? ', '<<: ', 'null', 'true', '1e9', '-1', '.nan', '__proto__: ', 'models:', 'gates:', '\u0000', '\t', 'metric', '~', '---\n', '9'.repeat(30));
const mutation = fc.record({ at: fc.nat(valid.length), cut: fc.nat(40), insert: fc.oneof(token, fc.string({ maxLength: 5 })) });

it('the config that is mutated below is itself right', async () => {
  expect(await parseConfig(valid, { path: 'slipway.yaml' })).toMatchObject({ warnings: [], config: { seed: 7 } });
});

it('no mutation of a config crashes the parser, and every complaint has a line and a column in the file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      const text = mutations.reduce((before, { at, cut, insert }) => before.slice(0, at) + insert + before.slice(at + cut), valid);
      const parsed = await parseConfig(text, { path: 'slipway.yaml' });
      const issues = 'problem' in parsed ? (parsed.problem.issues ?? []) : parsed.warnings;
      if ('problem' in parsed) expect(issues.some(({ severity }) => severity === 'error')).toBe(true);
      const lines = text.split('\n');
      for (const { line, column, endColumn, message } of issues) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        expect(endColumn).toBeGreaterThan(column);
        expect(message).not.toMatch(/^$|undefined|\[object|Invalid input|zod/i);
      }
    }),
    { seed: 20130101, numRuns: 600 },
  );
});

it('any value in the place of any other is answered in words', async () => {
  const values = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.constant([]), fc.constant({}), fc.array(fc.string()), fc.constant({ metric: 'roc_auc' }));
  const keys = ['version', 'seed', 'models', 'datasets', 'checks', 'drift', 'gates', 'readiness', 'resources', 'allow'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), values, fc.constantFrom(0, 1, 2), async (key, value, depth) => {
      const nested = depth === 0 ? value : depth === 1 ? { m: value } : [value];
      const parsed = await parseConfig(JSON.stringify({ [key]: nested }), { path: 'slipway.yaml' });
      for (const { message, line } of 'problem' in parsed ? (parsed.problem.issues ?? []) : []) {
        expect(line).toBe(1);
        expect(message).not.toMatch(/^$|undefined|\[object|Invalid input|zod/i);
      }
    }),
    { seed: 20130102, numRuns: 1000 },
  );
});
