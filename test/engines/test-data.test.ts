import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, copyFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromFloat16, stringsOf, type Tensor } from '../../server/engines/tensor.ts';
import { readTestData, testDataFiles } from '../../server/engines/test-data.ts';

const fixtures = fileURLToPath(new URL('./fixtures/recorded/', import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, 'tensors/expected.json'), 'utf8')) as Record<string, (number | string)[]>;
let folder: string;

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'slipway-test-data-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function put(set: string, file: string, bytes: Uint8Array): string {
  mkdirSync(join(folder, set), { recursive: true });
  writeFileSync(join(folder, set, file), bytes);
  return `${set}/${file}`;
}

function valuesOf(tensor: Tensor): (number | string)[] {
  if (tensor.datatype === 'string') return stringsOf(tensor.data);
  if (tensor.datatype === 'float16') return Array.from(tensor.data, fromFloat16);
  return Array.from(tensor.data, (value: number | bigint) => (tensor.datatype.startsWith('float') ? Number(value) : String(value)));
}

describe('test data beside a model', () => {
  it.each(Object.keys(expected))('holds %s as Python wrote it, in raw bytes and in typed lists', (type) => {
    for (const variant of type === 'string' || type === 'float16' ? [type] : [type, `${type}-listed`]) {
      const file = put('test_data_set_0', 'input_0.pb', readFileSync(join(fixtures, `tensors/${variant}.pb`)));
      const [{ inputs, outputs }] = readTestData(folder, [file]);
      expect(outputs).toEqual([]);
      expect(inputs.map(({ name, tensor }) => [name, tensor.datatype, tensor.shape])).toEqual([[type, type, [expected[type].length]]]);
      const wanted = type === 'float32' ? expected[type].map((value) => Math.fround(Number(value))) : expected[type];
      expect(valuesOf(inputs[0].tensor)).toEqual(wanted);
    }
  });

  it('is found in the order of its numbers, and nothing else is taken for it', async () => {
    const copy = join(folder, 'model');
    for (const set of ['test_data_set_10', 'test_data_set_2', 'test_data', 'test_data_set_x']) {
      mkdirSync(join(copy, set), { recursive: true });
      for (const name of ['input_0.pb', 'input_10.pb', 'input_2.pb', 'output_0.pb', 'notes.txt']) copyFileSync(join(fixtures, 'tensors/bool.pb'), join(copy, set, name));
    }
    const names = ['input_0.pb', 'input_2.pb', 'input_10.pb', 'output_0.pb'];
    expect(await testDataFiles(copy)).toEqual([...names.map((name) => `test_data_set_2/${name}`), ...names.map((name) => `test_data_set_10/${name}`)]);
    expect(await testDataFiles(join(fixtures, 'tensors'))).toEqual([]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['bytes that are not protobuf', Buffer.from('this is not a tensor'), /input_0\.pb is not a tensor/],
    ['a tensor that is cut off', readFileSync(join(fixtures, 'tensors/float64.pb')).subarray(0, 12), /input_0\.pb is not a tensor/],
    ['fewer values than its shape says', Uint8Array.from([0x08, 3, 0x10, 1, 0x4a, 4, 0, 0, 0, 0]), /1 values for 3 elements/],
    ['a type that cannot be fed', Uint8Array.from([0x08, 1, 0x10, 16, 0x4a, 2, 0, 0]), /type 16/],
    ['a shape beyond any memory', Uint8Array.from([0x08, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x10, 1, 0x4a, 0]), /its shape/],
    ['values in another file', Uint8Array.from([0x08, 1, 0x10, 1, 0x70, 1]), /elsewhere/],
    ['an empty file', new Uint8Array(0), /type 0/],
  ])('is refused with the file named: %s', (_, bytes, message) => {
    const file = put('test_data_set_1', 'input_0.pb', bytes);
    expect(() => readTestData(folder, [file])).toThrow(message);
  });

  it.skipIf(process.platform === 'win32')('is not read through a link', () => {
    mkdirSync(join(folder, 'test_data_set_3'), { recursive: true });
    symlinkSync(join(fixtures, 'tensors/bool.pb'), join(folder, 'test_data_set_3/input_0.pb'));
    expect(() => readTestData(folder, ['test_data_set_3/input_0.pb'])).toThrow();
  });
});
