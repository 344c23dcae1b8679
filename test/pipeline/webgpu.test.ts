import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import type { Provider } from '../../protocol/runtime.ts';
import { checkParity, type ParitySide } from '../../server/comparison/check-parity.ts';
import { startHost } from '../../server/engines/onnx.ts';
import type { TensorMap } from '../../server/engines/tensor.ts';
import { modelBytes } from './models.ts';
import { judgeCopy } from './judge-workspace.ts';

/** Chromium of Debian brings a Vulkan driver in software, and the loader it needs. */
const chromium = '/usr/lib/chromium';
const driver = join(chromium, 'vk_swiftshader_icd.json');
const environment = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium };
const untouched = Object.keys(environment).map((name) => [name, process.env[name]] as const);
let folder: string;
/** Why WebGPU cannot be tried here; null when it can. */
let refused: string | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-webgpu-'));
  if (existsSync(driver) && process.env.VK_ICD_FILENAMES === undefined) Object.assign(process.env, environment, { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? folder });
  const file = join(folder, 'model.onnx');
  await writeFile(file, modelBytes('identity'));
  refused = await startHost({ file, providers: ['webgpu'] }).then(
    async (host) => {
      await host.close();
      return null;
    },
    (error: unknown) => `no WebGPU here (docs/gpu.md): ${String(error).split('\n')[0]}`,
  );
}, 120_000);

afterAll(async () => {
  for (const [name, value] of untouched) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(folder, { recursive: true });
});

function skipWhere(reason: string | null, { skip }: TestContext): void {
  if (reason === null) return;
  console.log(`skipped: ${reason}`);
  skip(reason);
}

it('parity with every available provider compares the CPU with WebGPU, and says why it does not compare the others', { timeout: 300_000 }, async (context) => {
  skipWhere(refused, context);
  const { runs } = await judgeCopy(join(import.meta.dirname, '../../samples/digits'), async (copy) => {
    await writeFile(
      join(copy, 'slipway.yaml'),
      'models:\n  digits: {files: models/digits/*/model.onnx, task: multiclass, target: digit, champion: v1}\ndatasets:\n  holdout: {path: data/holdout.parquet, key: image_id}\ngates:\n  - {metric: accuracy, min: 90%}\n  - {parity: available}\n',
    );
  });
  const run = runs.get('digits/v2');
  const parity = run?.runtime?.parity ?? [];
  expect(parity.map(({ between }) => between.join(' '))).toEqual(['cuda', 'tensorrt', 'webgpu', 'dml', 'coreml'].map((provider) => `cpu ${provider}`));
  expect(parity.find(({ between }) => between[1] === 'webgpu')).toMatchObject({ verdict: 'agree', rows: 500, decisionsChanged: { rows: 0, of: 500 } });
  for (const { verdict, reason } of parity) if (verdict === 'unavailable') expect(reason.length).toBeGreaterThan(10);
  expect(run?.gates.find(({ gate: { kind } }) => kind === 'parity')?.verdict).toBe('pass');
});

it('finds a public model that answers otherwise on WebGPU', { timeout: 300_000 }, async (context) => {
  const file = process.env.SILERO_VAD_V5;
  skipWhere(refused ?? (file === undefined ? 'SILERO_VAD_V5 does not name silero_vad_v5.onnx (docs/gpu.md)' : null), context);
  const answers = async (provider: Provider): Promise<Map<string, ParitySide>> => {
    const host = await startHost({ file: file as string, providers: [provider], deadlineMs: 120_000 });
    const sides = new Map<string, ParitySide>();
    for (const [name, sound] of Object.entries(sounds)) {
      const output = (await host.run(window(sound), { outputs: ['output'] })).get('output');
      if (output?.datatype !== 'float32') throw new Error('silero-vad answered something else');
      sides.set(name, { name: provider, outputs: [{ name: 'output', datatype: 'float32', values: Float64Array.from(output.data) }] });
    }
    await host.close();
    return sides;
  };
  const [cpu, webgpu] = [await answers('cpu'), await answers('webgpu')];
  const reports = Object.keys(sounds).map((name) => [name, checkParity(cpu.get(name) as ParitySide, webgpu.get(name) as ParitySide, 1)] as const);
  for (const [name, { outputs }] of reports) console.log(`${name}: cpu ${String(cpu.get(name)?.outputs[0].values[0])}, webgpu ${String(webgpu.get(name)?.outputs[0].values[0])}, difference ${outputs[0].maxAbsolute}`);
  expect(Object.fromEntries(reports.map(([name, { verdict }]) => [name, verdict]))).toEqual({ silence: 'agree', tone: 'differ', chirp: 'differ', vowel: 'differ' });
});

/** Amplitude by sample, 16,000 of them a second. */
const sounds: Record<string, (sample: number) => number> = {
  silence: () => 0,
  tone: (sample) => 0.5 * Math.sin((2 * Math.PI * 440 * sample) / 16_000),
  chirp: (sample) => 0.5 * Math.sin((2 * Math.PI * (200 * sample + 2 * sample * sample)) / 16_000),
  vowel: (sample) => [120, 240, 360, 700, 1220, 2600].reduce((sum, hertz, index) => sum + Math.sin((2 * Math.PI * hertz * sample) / 16_000) / (index + 1), 0) / 4,
};

/** One window of 512 samples, from a detector that has heard nothing yet. */
function window(sound: (sample: number) => number): TensorMap {
  return new Map([
    ['input', { datatype: 'float32', shape: [1, 512], data: Float32Array.from({ length: 512 }, (_, sample) => sound(sample)) }],
    ['state', { datatype: 'float32', shape: [2, 1, 128], data: new Float32Array(256) }],
    ['sr', { datatype: 'int64', shape: [], data: BigInt64Array.of(16_000n) }],
  ]);
}
