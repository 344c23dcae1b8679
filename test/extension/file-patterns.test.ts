import { expect, it } from 'vitest';
import { filePatterns } from '../../extension/slipway-yaml/file-patterns.ts';

it.each([
  [['a.csv', 'b.csv'], []],
  [['data/current/1.parquet', 'data/current/2.parquet'], ['data/current/*.parquet', 'data/*/*.parquet']],
  [['models/m/v1/model.onnx', 'models/m/v2/model.onnx'], ['models/m/*/*.onnx']],
  [['in/1.csv.gz', 'in/2.csv.gz', 'in/3.csv'], ['in/*.csv.gz']],
])('%j can also be written as %j', (paths, patterns) => {
  expect(filePatterns(paths)).toEqual([...patterns, ...paths]);
});
