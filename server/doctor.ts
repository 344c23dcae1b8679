import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { pc } from './colours.ts';
import type { Verdict } from '../protocol/measured.ts';
import type { Provider } from '../protocol/runtime.ts';
import { bytesText } from '../protocol/number-text.ts';
import { loadConfig } from './config.ts';
import { duckdbVersion, openAnalysis } from './engines/duckdb.ts';
import { startHost } from './engines/onnx.ts';
import { Problem } from './problem.ts';
import { table, verdictMark } from './terminal.ts';
import { version } from './version.ts';

export interface Diagnosis {
  subject: string;
  /** `inconclusive` for what is optional and not there. */
  verdict: Verdict;
  message: string;
  next?: string;
}

/** The smallest model there is: y = x. */
const identityModel = 'CAgSADpBChAKAXgSAXkiCElkZW50aXR5EgFnWhQKAXgSDwoNCAESCQoDEgFuCgIIAWIUCgF5Eg8KDQgBEgkKAxIBbgoCCAFCBAoAEA0=';

const providers = ['cuda', 'tensorrt', 'webgpu', 'dml', 'coreml', 'cpu'] as const satisfies Provider[];

const nextFor: Record<Provider, string> = {
  cuda: 'Linux x64 with an NVIDIA driver, CUDA 12 and cuDNN 9: docs/gpu.md',
  tensorrt: 'Linux x64 with CUDA 12 and TensorRT 10: docs/gpu.md',
  webgpu: 'A Vulkan, Metal or Direct3D 12 driver: docs/gpu.md',
  dml: 'Windows only',
  coreml: 'macOS only',
  cpu: 'Reinstall: the native library of onnxruntime-node does not load',
};

/** Tries everything for real: each execution provider loads a model in a process of its own and runs it. */
export async function diagnose({ workspace, signal }: { workspace: string | null; signal: AbortSignal }): Promise<Diagnosis[]> {
  const found: Diagnosis[] = [
    { subject: 'slipway', verdict: 'pass', message: `${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} processors, ${bytesText(totalmem())} memory` },
  ];
  found.push(await attempt('duckdb', async () => {
    const analysis = await openAnalysis({ directories: [] });
    await analysis.rows('SELECT 1 AS one');
    await analysis.close();
    return duckdbVersion();
  }));
  const folder = await mkdtemp(join(tmpdir(), 'slipway-doctor-'));
  try {
    const file = join(folder, 'model.onnx');
    await writeFile(file, Buffer.from(identityModel, 'base64'));
    for (const provider of providers) found.push(await tryProvider(provider, file, signal));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  found.push(workspace === null ? { subject: 'slipway.yaml', verdict: 'inconclusive', message: 'there is none here or in a folder above', next: '`slipway init` writes one' } : await lookAtConfig(workspace));
  return found;
}

/** A line for each, and what to do beneath it. */
export function diagnosisText(found: Diagnosis[]): string {
  const lines = table(null, found.map(({ verdict, subject, message }) => [verdictMark(verdict), subject, message]));
  const indent = ' '.repeat(Math.max(...found.map(({ subject }) => subject.length)) + 5);
  return found.flatMap(({ next }, index) => (next === undefined ? [lines[index]] : [lines[index], ...next.split('\n').map((line) => pc.dim(indent + line))])).join('\n');
}

async function lookAtConfig(workspace: string): Promise<Diagnosis> {
  const subject = 'slipway.yaml';
  const count = (of: unknown[], name: string) => `${of.length} ${name}${of.length === 1 ? '' : 's'}`;
  try {
    const { models, datasets } = await loadConfig(workspace);
    return { subject, verdict: 'pass', message: `${count(models, 'model')}, ${count(datasets, 'dataset')}` };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { subject, verdict: 'fail', message: error.message, next: error.issues?.map(({ path, line, column, message }) => `${path}:${line}:${column}  ${message}`).join('\n') };
  }
}

async function tryProvider(provider: Provider, file: string, signal: AbortSignal): Promise<Diagnosis> {
  try {
    const host = await startHost({ file, providers: [provider], signal });
    await host.run(new Map([['x', { datatype: 'float32', shape: [1, 1], data: Float32Array.of(1) }]]), { signal });
    const { onnxruntime } = host.model;
    await host.close();
    return { subject: provider, verdict: 'pass', message: `works, ONNX Runtime ${onnxruntime}` };
  } catch (error) {
    signal.throwIfAborted();
    return { subject: provider, verdict: provider === 'cpu' ? 'fail' : 'inconclusive', message: `not available: ${reasonOf(error, provider)}`, next: nextFor[provider] };
  }
}

/** The runtime's own words, without the path of the model we made and the file and line of its sources. */
function reasonOf(error: unknown, provider: Provider): string {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0];
  const own = message.slice(message.indexOf(`${provider}: `) + 1 === 0 ? 0 : message.indexOf(`${provider}: `) + provider.length + 2);
  return own.replace(/^\S*\/onnxruntime\/\S+ .*? was false\. /, '');
}

async function attempt(subject: string, act: () => Promise<string>): Promise<Diagnosis> {
  try {
    return { subject, verdict: 'pass', message: await act() };
  } catch (error) {
    return { subject, verdict: 'fail', message: error instanceof Error ? error.message : String(error) };
  }
}
