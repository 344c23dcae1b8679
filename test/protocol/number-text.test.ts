import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Measured } from '../../protocol/measured.ts';
import { alignedTexts, bytesText, columnText, countText, differenceText, durationText, intervalText, measuredText, numberText, pText, rowText, shareText, valueText, type Unit } from '../../protocol/number-text.ts';

const units: Unit[] = ['share', 'ms', 'rows/s', 'MB', 'money', 'count', 'metric'];

describe('numbers as text', () => {
  it.each([
    [0, '0'],
    [0.7312, '0.731'],
    [0.39, '0.39'],
    [1, '1'],
    [0.0123, '0.012'],
    [0.00958, '0.0096'],
    [-0.00023, '−0.00023'],
    [14.25, '14.3'],
    [123.44, '123.4'],
    [999.96, '1,000'],
    [-999.96, '−1,000'],
    [1203.7, '1,204'],
    [3.14e-9, '3.1e−9'],
    [3e-10, '3.0e−10'],
    [2e18, '2.0e+18'],
  ])('%d is written %s, with digits enough to tell it from its neighbours', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it('counts rows from 1, as the first row of data is the first to whoever reads it', () => {
    expect([0, 1, 29_424].map(rowText)).toEqual(['1', '2', '29,425']);
  });

  it('keeps zeros at the end in columns, so that digits line up', () => {
    expect([0.39, 0.4571, 1.2, 10].map((value) => columnText(value))).toEqual(['0.390', '0.457', '1.20', '10.0']);
  });

  it.each([
    [[0.0097, 0.0009, 0.018], ['0.010', '0.001', '0.018']],
    [[-0.0002, 0.0004], ['−0.00020', '0.00040']],
    [[-0.93, 12.4], ['−0.9', '12.4']],
    [[2386.7, 0.4], ['2,387', '0']],
    [[0, 0], ['0', '0']],
  ])('numbers of one row share their decimals: %j', (values, texts) => {
    expect(alignedTexts(values)).toEqual(texts);
  });

  it.each([
    [0.079, '7.9 %'],
    [0.0338, '3.38 %'],
    [0.674, '67.4 %'],
    [0.00017, '0.017 %'],
    [-0.05, '−5.0 %'],
    [0, '0 %'],
    [1, '100 %'],
  ])('a share of %d is written %s', (share, text) => {
    expect(shareText(share)).toBe(text);
  });

  it('groups the digits of counts', () => {
    expect([0, 999, 29425, 1e6, -1234].map((count) => countText(count))).toEqual(['0', '999', '29,425', '1,000,000', '−1,234']);
  });

  it.each<[number, Unit, string]>([
    [-0.041, 'share', '−4.1 pt'],
    [0.043, 'share', '+4.3 pt'],
    [0.0002, 'share', '+0.02 pt'],
    [0, 'share', '±0.0 pt'],
    [-2.5, 'ms', '−2.5 ms'],
    [0.7558, 'money', '+0.756'],
  ])('a difference of %d in %s is written %s', (value, unit, text) => {
    expect(differenceText(value, unit)).toBe(text);
  });

  it('writes the interval of a difference in points, with the digit that counts', () => {
    const measured: Measured = { value: 0.011, rows: 10, interval: { low: -0.0002, high: 0.0247, level: 0.95, method: 'newcombe' } };
    expect(intervalText(measured, 'share', 'difference')).toBe('[−0.02, 2.5]');
    expect(intervalText(measured, 'share', 'value')).toBe('[−0.000, 0.025]');
    expect(intervalText({ value: 1, rows: 1 }, 'share', 'value')).toBe('');
    expect(intervalText({ ...measured, interval: { low: 1.25, high: 3, level: 0.95, method: 'order-statistic' } }, 'ms', 'value')).toBe('[1.25, 3]');
  });

  it('says that a number was not measured, or is not defined', () => {
    expect([measuredText(null, 'share'), measuredText({ value: null, rows: 3, reason: 'one class only' }, 'share'), measuredText({ value: 0.5, rows: 3 }, 'share')]).toEqual(['—', 'not defined', '0.500']);
  });

  it.each([
    [0.4, '0 ms'],
    [940, '940 ms'],
    [1500, '1.5 s'],
    [9990, '10 s'],
    [59_700, '1 min 0 s'],
    [93_000, '1 min 33 s'],
    [119_900, '2 min 0 s'],
    [7_260_000, '2 h 1 min'],
  ])('%d ms take %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 KB'],
    [218_461, '218 KB'],
    [999_999, '1.0 MB'],
    [4.2e15, '4,200 TB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it.each([
    [1e-12, 'p < 1e-9'],
    [0.0004, 'p = 4e-4'],
    [0.031, 'p = 0.031'],
    [1, 'p = 1.0'],
  ])('a p-value of %d is written %s', (p, text) => {
    expect(pText(p)).toBe(text);
  });

  it('never writes NaN, Infinity or undefined, whatever the number', () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom(...units), (value, unit) => {
        const texts = [countText, (each: number) => numberText(each), (each: number) => columnText(each), shareText, durationText, bytesText, pText].map((write) => write(value));
        expect([...texts, valueText(value, unit), differenceText(value, unit)].join(' ')).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });
});
