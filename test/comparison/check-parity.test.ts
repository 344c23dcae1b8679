import { describe, expect, it } from 'vitest';
import { type OutputTensor, checkParity } from '../../server/comparison/check-parity.ts';

function output(values: number[], datatype: OutputTensor['datatype'] = 'float32', name = 'probabilities'): OutputTensor {
  return { name, datatype, values: Float64Array.from(values) };
}

function parityOf(first: OutputTensor[], second: OutputTensor[], decisions?: [number[], number[]]): ReturnType<typeof checkParity> {
  return checkParity({ name: 'cpu', outputs: first, ...(decisions && { decisions: Int32Array.from(decisions[0]) }) }, { name: 'webgpu', outputs: second, ...(decisions && { decisions: Int32Array.from(decisions[1]) }) }, 2);
}

describe('parity', () => {
  it('agrees within tolerance, and measures how far apart', () => {
    const report = parityOf([output([0.5, 0.25])], [output([0.5, 0.25 + 2 ** -24])], [[1, 0], [1, 0]]);
    expect(report).toMatchObject({ between: ['cpu', 'webgpu'], verdict: 'agree', reason: 'all 2 rows agree', decisionsChanged: { rows: 0, of: 2 } });
    expect(report.outputs[0]).toMatchObject({ maxAbsolute: 2 ** -24, maxRelative: 2 ** -22, overTolerance: 0, elements: 2 });
    expect(report.outputs[0].ulpP99).toBeCloseTo(0.99 * 2, 12);
  });

  it.each([
    ['a value over tolerance', [0.5, 0.19], [0.5, 0.36], 1, [0, 0]],
    ['a NaN on one side', [0.5, 0.19], [0.5, NaN], 1, [0, 1]],
    ['opposite infinities', [Infinity, 0], [-Infinity, 0], 1, [1, 1]],
  ])('differs by %s', (_title, first, second, overTolerance, notFinite) => {
    expect(parityOf([output(first)], [output(second)])).toMatchObject({ verdict: 'differ', outputs: [{ overTolerance, notFinite }] });
  });

  it('agrees on NaN on both sides, and counts them', () => {
    expect(parityOf([output([NaN, 1])], [output([NaN, 1])])).toMatchObject({ verdict: 'agree', outputs: [{ notFinite: [1, 1], overTolerance: 0 }] });
  });

  it('the bound itself is within tolerance', () => {
    const side = (value: number): { name: string; outputs: OutputTensor[] } => ({ name: 'x', outputs: [output([value], 'float64')] });
    expect(checkParity(side(1), side(1.5), 1, { relative: 0.25, absolute: 0.25 }).verdict).toBe('agree');
    expect(checkParity(side(1), side(1.5000001), 1, { relative: 0.25, absolute: 0.25 }).verdict).toBe('differ');
  });

  it('differs when a decision changed, however close the scores', () => {
    expect(parityOf([output([0.5, 0])], [output([0.4999999, 0])], [[1, 0], [0, 0]])).toMatchObject({ verdict: 'differ', reason: '1 of 2 decisions changed' });
  });

  it('text outputs agree or do not', () => {
    const text = (values: string[]): OutputTensor => ({ name: 'label', datatype: 'text', values });
    expect(parityOf([text(['late', 'on time'])], [text(['late', 'late'])])).toMatchObject({ verdict: 'differ', outputs: [{ overTolerance: 1, maxAbsolute: null, ulpP99: null }] });
  });

  it.each([
    ['another name', [output([1])], [output([1], 'float32', 'scores')], 'cpu gives probabilities, webgpu gives scores'],
    ['another size', [output([1])], [output([1, 2])], 'probabilities has 1 elements from cpu and 2 from webgpu'],
  ])('outputs of %s cannot be compared', (_title, first, second, reason) => {
    expect(parityOf(first, second)).toMatchObject({ verdict: 'error', reason, outputs: [] });
  });
});
