import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { GateResult } from '../../protocol/gates.ts';
import { judgeCopy } from './judge-workspace.ts';

const recorded = fileURLToPath(new URL('../engines/fixtures/recorded/', import.meta.url));
const workspace = fileURLToPath(new URL('./recorded-workspace/', import.meta.url));

/** The verdict on a model that was exported together with what it answered where it was made. */
async function judged(change: (folder: string) => Promise<void> = async () => {}): Promise<GateResult | undefined> {
  const { runs, problems } = await judgeCopy(workspace, async (copy) => {
    const folder = join(copy, 'models/m/v1');
    await mkdir(folder, { recursive: true });
    await cp(join(recorded, 'model.onnx'), join(folder, 'model.onnx'));
    await cp(join(recorded, 'test_data_set_0'), join(folder, 'test_data_set_0'), { recursive: true });
    await change(folder);
  });
  expect(problems).toEqual([]);
  const run = runs.get('m/v1')!;
  const result = run.gates.find(({ gate }) => gate.kind === 'export');
  if (result !== undefined && result.verdict !== 'pass') expect(run.decision.blocking).toContain('export');
  return result;
}

/** Multiplies a float of a recorded tensor's values, which come last in the file. */
async function scaleLast(file: string, factor: number): Promise<void> {
  const bytes = await readFile(file);
  const place = bytes.indexOf(Buffer.from([0x4a, 0xa0, 0x06])) + 3;
  bytes.writeFloatLE(bytes.readFloatLE(place) * factor, place);
  await writeFile(file, bytes);
}

describe('answers recorded at export', () => {
  it('pass when the file gives them again, ZipMap, text inputs and all', async () => {
    expect(await judged()).toMatchObject({ verdict: 'pass', reason: 'test_data_set_0: all 100 rows agree', gate: { severity: 'block' } });
  });

  it('fail when one number is off by more than rounding', async () => {
    const result = await judged((folder) => scaleLast(join(folder, 'test_data_set_0/output_1.pb'), 1.01));
    expect(result).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('1 of 200 elements of probabilities are over tolerance') });
  });

  it('do not fail for rounding', async () => {
    expect(await judged((folder) => scaleLast(join(folder, 'test_data_set_0/output_1.pb'), 1 + 1e-5))).toMatchObject({ verdict: 'pass' });
  });

  it.each<[string, (folder: string) => Promise<void>, RegExp]>([
    ['an input is missing', (folder) => rm(join(folder, 'test_data_set_0/input_2.pb')), /has no input temp/],
    ['no answers were recorded', async (folder) => void (await Promise.all([0, 1].map((index) => rm(join(folder, `test_data_set_0/output_${index}.pb`))))), /has no outputs/],
    ['a file is damaged', (folder) => writeFile(join(folder, 'test_data_set_0/output_1.pb'), 'damaged'), /output_1\.pb is not a tensor/],
  ])('are an error, never a pass, when %s', async (_, change, reason) => {
    expect(await judged(change)).toMatchObject({ verdict: 'error', reason: expect.stringMatching(reason) });
  });

  it('are no gate where nothing was recorded', async () => {
    expect(await judged((folder) => rm(join(folder, 'test_data_set_0'), { recursive: true }))).toBeUndefined();
  });
});
