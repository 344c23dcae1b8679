import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { glob } from '../../server/engines/glob.ts';

let folder: string;
let root: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-glob-')));
  root = join(folder, 'workspace');
  const files = ['data/part-10.csv', 'data/part-2.csv', 'data/part-2.parquet', 'data/.hidden.csv', 'data/a.b/c.csv', 'models/m/v1/model.onnx', 'models/m/v2/model.onnx', 'models/model.onnx', 'odd/[x].csv', 'odd/what?.csv', 'node_modules/p/x.csv', '.slipway/x.csv', '../outside/secret.csv'];
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
  await symlink(join(root, 'data/part-2.csv'), join(root, 'data/link.csv'));
  await symlink(join(folder, 'outside/secret.csv'), join(root, 'odd/leak.parquet'));
  await symlink(root, join(root, 'data/circle'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('glob', () => {
  it.each([
    ['data/*.csv', ['data/link.csv', 'data/part-2.csv', 'data/part-10.csv']],
    ['data/part-?.{csv,parquet}', ['data/part-2.csv', 'data/part-2.parquet']],
    ['models/**/*.onnx', ['models/m/v1/model.onnx', 'models/m/v2/model.onnx', 'models/model.onnx']],
    ['models/m/*/model.onnx', ['models/m/v1/model.onnx', 'models/m/v2/model.onnx']],
    ['**/c.csv', ['data/a.b/c.csv']],
    ['data/.hidden.csv', ['data/.hidden.csv']],
    ['odd/[x].csv', ['odd/[x].csv']],
    ['odd/what?.csv', ['odd/what?.csv']],
    ['**/x.csv', []],
    ['nowhere/*.csv', []],
  ])('%s', async (pattern, expected) => {
    expect((await glob([pattern], root)).map((path) => relative(root, path))).toEqual(expected);
  });

  it('refuses a link that leads outside, unless its folder is allowed', async () => {
    await expect(glob(['odd/*.parquet'], root)).rejects.toMatchObject({ code: 'path-outside-workspace' });
    expect(await glob(['odd/*.parquet'], root, [join(folder, 'outside')])).toHaveLength(1);
  });
});
