import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../protocol/config.ts';
import type { TensorInfo } from '../../protocol/registry.ts';
import { parseConfig } from '../../server/config.ts';
import { stringTensor, type TensorMap } from '../../server/engines/tensor.ts';
import { openShadowComparison, type ComparedSide, type ShadowComparison } from '../../server/shadow-comparison.ts';
import { mulberry } from '../extension/mulberry.ts';

const score: TensorInfo = { name: 'score', datatype: 'float32', shape: [null, 1] };

async function modelOf(yaml: string): Promise<ModelConfig> {
  const parsed = await parseConfig(yaml, { path: 'slipway.yaml' });
  if ('problem' in parsed) throw parsed.problem;
  return parsed.config.models[0];
}

function side(version: string, outputs: TensorInfo[]): ComparedSide {
  return { name: `toy ${version}`, version, digest: version, provider: 'cpu', precision: 'float32', model: { outputs, classes: null } };
}

function open(config: ModelConfig, outputs: TensorInfo[], options: Partial<Parameters<typeof openShadowComparison>[0]> = {}): ShadowComparison {
  return openShadowComparison({
    id: 's-1',
    config,
    production: side('v1', outputs),
    candidate: side('v2', outputs),
    source: { kind: 'replay', recording: 'made up' },
    options: { intent: 'new-model' },
    labels: [],
    pairs: { inputs: 'all', redact: [] },
    random: mulberry(1),
    now: () => new Date('2026-01-02T03:04:05Z'),
    ...options,
  });
}

const floats = (name: string, values: readonly number[], width = 1): TensorMap => new Map([[name, { datatype: 'float32', shape: [values.length / width, width], data: Float32Array.from(values) }]]);
const references = (rows: number, from = 0) => Array.from({ length: rows }, (_, row) => ({ id: `r${from + row}`, row: 0 }));
const answered = (outputs: TensorMap) => ({ outputs, error: null, totalMs: 1 });

const binary = await modelOf('models:\n  toy: {task: binary, target: y, threshold: 0.5}\n');

describe('a comparison', () => {
  it('counts decisions that change, keeps their inputs and finds where they are', () => {
    const comparison = open(binary, [score]);
    const random = mulberry(7);
    for (let batch = 0; batch < 40; batch++) {
      const place = Array.from({ length: 50 }, () => (random() < 0.2 ? 'north' : 'south'));
      const before = place.map(() => (random() < 0.5 ? 0.2 : 0.8));
      // The candidate turns a decision round in the north only.
      const after = before.map((value, row) => (place[row] === 'north' ? 1 - value : value));
      const inputs: TensorMap = new Map([['place', stringTensor(place, [50, 1])], ...floats('x', before)]);
      comparison.add({ atMs: 1e12 + batch, references: references(50, batch * 50), inputs, production: answered(floats('score', before)), candidate: answered(floats('score', after)) });
    }
    const { report, summary, worst, points, pointsOf } = comparison.record(true);
    expect(report.answers).toBe('score');
    expect(report.pairs.compared).toBe(2_000);
    expect(report.pairs.differ).toBeGreaterThan(300);
    expect(report.slices?.found[0].slice.name).toBe('place = north');
    expect(report.slices?.found[0].share.value).toBe(1);
    expect(worst).toHaveLength(100);
    for (const pair of worst) {
      expect(pair.inputs?.place).toBe('north');
      expect(pair.size).toBeCloseTo(0.6, 5);
    }
    expect([points.length, pointsOf]).toEqual([2_000, 2_000]);
    expect(summary).toMatchObject({ id: 's-1', production: 'v1', candidate: 'v2', kind: 'replay', compared: 2_000, endedAt: '2026-01-02T03:04:05.000Z' });
  });

  it('of a candidate that answers nothing every pair is one that differs', () => {
    const comparison = open(binary, [score]);
    comparison.add({ atMs: 0, references: references(500), inputs: floats('x', Array.from({ length: 500 }, () => 1)), production: answered(floats('score', Array.from({ length: 500 }, () => 0.7))), candidate: { outputs: null, error: 'input-mismatch', totalMs: 1 } });
    const { report } = comparison.record(true);
    expect(report.pairs).toMatchObject({ compared: 500, agree: 0, candidateFailed: 500 });
    expect(report.verdict).toBe('worse');
  });

  it('that cannot read an answer is an error, and what was not compared is counted', () => {
    const comparison = open(binary, [score]);
    comparison.add({ atMs: 0, references: references(3), inputs: floats('x', [1, 2, 3]), production: answered(floats('score', [0.1, 0.2, 0.3])), candidate: answered(floats('score', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 3)) });
    const { report } = comparison.record(true);
    expect(report.verdict).toBe('error');
    expect(report.pairs.dropped).toEqual([{ reason: 'comparison failed', pairs: 3 }]);
    expect(report.pairs.compared).toBe(0);
  });

  it('keeps nothing of what is redacted, and searches it neither', () => {
    const comparison = open(binary, [score], { pairs: { inputs: 'all', redact: ['place'] } });
    const values = Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? 0.2 : 0.8));
    const inputs: TensorMap = new Map([['place', stringTensor(values.map((value) => (value > 0.5 ? 'secret' : 'south')), [200, 1])], ...floats('x', values)]);
    comparison.add({ atMs: 0, references: references(200), inputs, production: answered(floats('score', values)), candidate: answered(floats('score', values.map((value) => (value > 0.5 ? 0.1 : value)))) });
    expect(JSON.stringify(comparison.record(true))).not.toMatch(/secret|place/);
  });

  it.each([
    ['several classes', 'models:\n  toy: {task: multiclass, target: y, classes: [a, b, c]}\n', [{ name: 'probabilities', datatype: 'float32', shape: [null, 3] }], floats('probabilities', [0.1, 0.2, 0.7, 0.5, 0.3, 0.2], 3), 'classifier'],
    ['a number', 'models:\n  toy: {task: regression, target: y}\n', [{ name: 'value', datatype: 'float32', shape: [null, 1] }], floats('value', [3, 4]), 'regression'],
    ['a text', 'models:\n  toy: {task: generation, target: y}\n', [{ name: 'text', datatype: 'string', shape: [null, 1] }], new Map([['text', stringTensor(['a', 'b'], [2, 1])]]), 'text'],
    ['a vector nobody explained', 'models:\n  toy: {}\n', [{ name: 'vector', datatype: 'float32', shape: [null, 4] }], floats('vector', [1, 2, 3, 4, 5, 6, 7, 8], 4), 'embedding'],
  ] as const)('of %s compares what it means', async (_, yaml, outputs, tensors: TensorMap, kind) => {
    const comparison = open(await modelOf(yaml), outputs.map((output) => ({ ...output, shape: [...output.shape] })));
    comparison.add({ atMs: 0, references: references(2), inputs: floats('x', [1, 2]), production: answered(tensors), candidate: answered(tensors) });
    const { report } = comparison.record(false);
    expect(report.answers).toBe(kind);
    expect(report.pairs).toMatchObject({ compared: 2, agree: 2 });
  });

  it('of outputs that nobody can compare does not begin', async () => {
    const config = await modelOf('models:\n  toy: {}\n');
    expect(() => open(config, [{ name: 'codes', datatype: 'int64', shape: [null, 4] }])).toThrow(/none can be compared: codes is int64/);
  });
});
