import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findModels } from '../../server/registry/find-models.ts';

let workspace: string;
beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'slipway-models-')));
});
afterEach(() => rm(workspace, { recursive: true }));

it.each<[about: string, pattern: string, versions: Record<string, string>]>([
  ['a folder names the version of the model in it', 'models/*/*/*.onnx', { 'models/m/v1/model.onnx': 'v1', 'models/m/v2/export.onnx': 'v2' }],
  ['other builds beside a model are versions of their own', 'models/*/*/*.onnx', { 'models/m/v2/model.onnx': 'v2', 'models/m/v2/model.int8.onnx': 'v2-int8', 'models/m/v2/model-fp16.onnx': 'v2-fp16' }],
  ['files of other names in one folder name themselves', 'models/*/*/*.onnx', { 'models/m/all/a.onnx': 'a', 'models/m/all/b.onnx': 'b' }],
  ['files in the model’s own folder name themselves', 'models/*/*.onnx', { 'models/m/v1.onnx': 'v1', 'models/m/v2.onnx': 'v2' }],
  ['a single file in the model’s own folder names itself', 'models/**/*.onnx', { 'models/m/first.onnx': 'first' }],
  ['two files never share a version', '**/*.onnx', { 'models/m/v2/model.int8.onnx': 'models-m-v2-model.int8', 'models/m/v2/model.onnx': 'v2', 'models/m/v2-int8/model.onnx': 'models-m-v2-int8-model' }],
])('%s', async (_about, pattern, versions) => {
  for (const path of Object.keys(versions)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), '');
  }
  const found = await findModels('m', [pattern], workspace, []);
  expect(Object.fromEntries(found.map(({ path, version }) => [path.slice(workspace.length + 1), version]))).toEqual(versions);
});
