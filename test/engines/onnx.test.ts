import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { admit } from '../../server/engines/onnx-admission.ts';
import { startChild } from '../../server/engines/onnx-child.ts';
import { stripZipMap } from '../../server/engines/onnx-zipmap.ts';
import { type HostOptions, measureLatency, type ModelHost, startHost } from '../../server/engines/onnx.ts';
import { type Tensor, tensorOf, type TensorMap } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';
import type { Vector } from '../../server/stats/vector.ts';
import { constantOfShape, endlessLoop, growByInput, healthy, loopByInput, writeHostileModels } from '../hostile/make.ts';
import { fixture, plain, readAnswers, tensorFrom } from './fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-host-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hosts: ModelHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
  expect(childrenOf(process.pid)).toEqual([]);
});

async function start(file: string, options: Partial<HostOptions> = {}): Promise<ModelHost> {
  const host = await startHost({ file, threads: 1, ...options });
  hosts.push(host);
  return host;
}

function written(name: string, bytes: Uint8Array): string {
  const file = join(folder, `${name}.onnx`);
  writeFileSync(file, bytes);
  return file;
}

function floats(values: number[], shape = [values.length]): Tensor {
  return { datatype: 'float32', shape, data: Float32Array.from(values) };
}

function x(...values: number[]): TensorMap {
  return new Map([['x', floats(values)]]);
}

function problem(code: string, message = ''): Problem {
  return expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Problem;
}

/** Model hosts a process has started, by process id. Linux only, as are the tests that use it to look. */
function childrenOf(parent: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').map(Number).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return status.includes(`\nPPid:\t${parent}\n`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('onnx-host');
    } catch {
      return false; // It ended while we looked.
    }
  });
}

describe('what a hosted model answers', () => {
  const answers = readAnswers();

  it.each(Object.keys(answers))('%s answers as in Python', async (name) => {
    const host = await start(fixture(name));
    const { inputs, outputs } = answers[name];
    const result = await host.run(new Map(host.model.inputs.map((info) => [info.name, tensorFrom(inputs[info.name], info)])));
    for (const [output, expected] of Object.entries(outputs)) {
      const zipMap = host.model.zipMaps.find((change) => change.output === output);
      const tensor = result.get(zipMap?.tensor ?? output);
      expect(tensor?.shape).toEqual(expected.shape);
      const values = tensor ? plain(tensor) : [];
      expected.data.forEach((value, i) => {
        if (typeof value === 'number' && tensor?.datatype === 'float32') expect(values[i]).toBeCloseTo(value, 5);
        else expect(values[i]).toEqual(tensor?.datatype === 'int64' ? String(value) : value);
      });
      if (expected.labels) expect(zipMap?.classes.labels).toEqual(expected.labels);
    }
  });

  it('tensors go in from columns: text, integers and missing values', async () => {
    const host = await start(fixture('binary-string'));
    const columns: Record<string, Vector> = {
      carrier: { kind: 'categorical', codes: Int32Array.of(0, 1, -1), dictionary: ['AA', 'UA'] },
      month: { kind: 'numeric', values: Float64Array.of(1, 12, 7) },
      distance: { kind: 'numeric', values: Float64Array.of(100, 2500, 0), nulls: Uint8Array.of(0, 0, 1) },
    };
    const inputs = new Map(host.model.inputs.map((info) => [info.name, tensorOf([{ name: info.name, vector: columns[info.name] }], info)]));
    const result = await host.run(inputs);
    expect(plain(result.get('output_label') as Tensor).slice(0, 2)).toEqual(['late', 'on time']);
    expect(plain(result.get('probabilities') as Tensor).map(Number.isNaN)).toEqual([false, false, false, false, true, true]);
  });

  it('all tensor outputs come back, and the ones that are no tensors are named', async () => {
    const host = await start(fixture('multi-output'));
    expect(host.model.skippedOutputs).toEqual(['pair']);
    const result = await host.run(new Map([['a', floats([3, 1], [2, 1])], ['b', floats([1, 2], [2, 1])]]));
    expect(result).toEqual(new Map<string, Tensor>([
      ['sum', floats([4, 3], [2, 1])],
      ['greater', { datatype: 'bool', shape: [2, 1], data: Uint8Array.of(1, 0) }],
      ['wide', { datatype: 'float64', shape: [2, 1], data: Float64Array.of(3, 1) }],
    ]));
    expect([...(await host.run(new Map([['a', floats([1], [1, 1])], ['b', floats([1], [1, 1])]]), { outputs: ['wide'] })).keys()]).toEqual(['wide']);
  });

  it('text survives in every alphabet, and so do an empty batch and odd names', async () => {
    const strings = await start(fixture('strings'));
    const text: Tensor = { datatype: 'string', shape: [2, 2], data: { codes: Int32Array.of(0, 1, 2, 0), dictionary: ['', '日本\u{1F600}', ' a\n'] } };
    expect(plain((await strings.run(new Map([['x', text]]))).get('y') as Tensor)).toEqual(['', '日本\u{1F600}', ' a\n', '']);
    const cut: Tensor = { datatype: 'string', shape: [1, 2], data: { codes: Int32Array.of(0, 0), dictionary: ['a\0b'] } };
    await expect(strings.run(new Map([['x', cut]]))).rejects.toThrow(problem('model-failed', 'NUL'));
    const odd = await start(fixture('odd-names'));
    expect(await odd.run(new Map([['toString ', floats([])], ['x y/z:0', floats([])]]))).toEqual(new Map([['ünï', floats([])]]));
  });

  it('a model that refuses its input says so and stays up', async () => {
    const host = await start(written('healthy', healthy));
    await expect(host.run(new Map([['x', floats([1, 2], [1, 2])]]))).rejects.toThrow(problem('model-failed', 'Invalid rank'));
    await expect(host.run(new Map())).rejects.toThrow(problem('model-failed', "input 'x' is missing"));
    expect(await host.run(x(2))).toEqual(new Map([['y', floats([4])]]));
  });
});

describe('starting a host', () => {
  it.each([
    ['axis-one', { batchable: true, axis: 1, source: 'probe' }],
    ['float16', { batchable: true, axis: 0, source: 'probe' }],
    ['fixed-batch', { batchable: false, axis: 0, fixedRows: 4, reason: 'Every run takes exactly 4 rows' }],
    ['rows-mixed', { batchable: false, axis: null, reason: 'Output y of a row changes with the rows beside it' }],
    ['wrong-declaration', { batchable: true, axis: 0, warnings: ['Output y is declared [N, 2] and comes out as [2, 3]'] }],
  ])('the rows of %s are found by running some', async (name, expected) => {
    expect((await start(fixture(name))).model.batch).toMatchObject(expected);
  });

  it('falls through the providers to the processor and keeps each reason', async () => {
    const { model } = await start(written('healthy', healthy), { providers: ['cuda', 'dml', 'cpu'] });
    expect(model).toMatchObject({ provider: 'cpu', refused: [{ provider: 'cuda' }, { provider: 'dml' }] });
    for (const { reason } of model.refused) expect(reason).toMatch(/library|backend/i);
  });

  it('says why when no provider is left', async () => {
    await expect(start(written('healthy', healthy), { providers: ['cuda', 'coreml'] })).rejects.toThrow(problem('provider-unavailable', 'cuda: '));
  });

  it('loads exactly the bytes that were hashed, external data included', async () => {
    const file = fixture('external/model');
    const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    const expected = { sha256: digest(file), externalSha256: new Map([['weights.bin', digest(join(file, '..', 'weights.bin'))]]) };
    const { model } = await start(file, expected);
    expect(model.files.map(({ location, sha256 }) => [location, sha256])).toEqual([['', expected.sha256], ['weights.bin', expected.externalSha256.get('weights.bin')]]);
    await expect(start(file, { ...expected, sha256: '0'.repeat(64) })).rejects.toThrow(problem('model-refused', 'has digest'));
    await expect(start(file, { ...expected, externalSha256: new Map([['weights.bin', '0'.repeat(64)]]) })).rejects.toThrow(problem('model-refused', 'weights.bin'));
  });

  it.each<[string, string, Uint8Array | null]>([
    ['file-unreadable', 'a file that is not there', null],
    ['model-incomplete', 'half a file', healthy.subarray(0, 20)],
    ['model-refused', 'bytes that are no model', new Uint8Array(30).fill(0xff)],
  ])('is a problem %s for %s', async (code, name, bytes) => {
    await expect(start(bytes ? written(name, bytes) : join(folder, name))).rejects.toThrow(problem(code));
  });

  it('can be cancelled', async () => {
    const cancel = new AbortController();
    const starting = start(written('healthy', healthy), { signal: cancel.signal });
    cancel.abort();
    await expect(starting).rejects.toThrow(problem('run-cancelled'));
  });
});

describe('a host under attack', () => {
  it('ends a run at its deadline, answers again, and does not try the same input a third time', async () => {
    const host = await start(written('loop-by-input', loopByInput), { restartDelayMs: 1 });
    for (const message of ['did not answer within 200 ms', 'did not answer within 200 ms', 'ended the host']) {
      await expect(host.run(x(1e15), { deadlineMs: 200 })).rejects.toThrow(expect.objectContaining({ message: expect.stringContaining(message) as string }) as Problem);
      expect(await host.run(x(3))).toEqual(new Map([['y', floats([3])]]));
    }
  });

  it('keeps the runs that wait behind one that hangs', async () => {
    const host = await start(written('loop-by-input', loopByInput), { restartDelayMs: 1 });
    const hanging = host.run(x(1e15), { deadlineMs: 200 });
    const behind = [1, 2, 3, 4, 5, 6].map((value) => host.run(x(value)));
    await expect(hanging).rejects.toThrow(problem('host-deadline'));
    expect(await Promise.all(behind)).toEqual([1, 2, 3, 4, 5, 6].map((value) => new Map([['y', floats([value])]])));
  });

  it('cancels a run at once, whether it waits or hangs, and serves the next', async () => {
    const host = await start(written('loop-by-input', loopByInput));
    const cancel = new AbortController();
    const runs = [host.run(x(1e15), { signal: cancel.signal }), host.run(x(2), { signal: cancel.signal })];
    const next = host.run(x(3));
    cancel.abort();
    for (const run of runs) await expect(run).rejects.toThrow(problem('run-cancelled'));
    expect(await next).toEqual(new Map([['y', floats([3])]]));
    await expect(host.run(x(4), { signal: cancel.signal })).rejects.toThrow(problem('run-cancelled'));
  });

  it('ends a run that takes too much memory and answers again', async () => {
    const host = await start(written('grow-by-input', growByInput), { memoryBytesMax: 400 * 2 ** 20, restartDelayMs: 1 });
    await expect(host.run(x(4e9))).rejects.toThrow(problem('host-memory'));
    await expect(host.run(x(150e6))).rejects.toThrow(problem('host-memory'));
    expect(await host.run(x(7))).toEqual(new Map([['y', floats([7])]]));
  });

  it('is ended by its own watch when it passes its memory cap, without any help from the system', async () => {
    const child = startChild({ memoryBytesMax: 2 ** 20 }, { onReply: () => undefined });
    expect(await child.exited).toMatchObject({ ending: 'memory', detail: expect.stringContaining('MiB in use') as string });
  });

  it('never gets up for models that hang or swell by themselves, admission left out', async () => {
    await expect(start(written('endless', endlessLoop), { deadlineMs: 300 })).rejects.toThrow(problem('host-deadline'));
    await expect(start(written('swelling', constantOfShape(2 ** 32)), { memoryBytesMax: 400 * 2 ** 20 })).rejects.toThrow(problem('host-memory'));
  });

  it('tells of a process that was killed from outside, and starts another', async () => {
    const host = await start(written('loop-by-input', loopByInput), { restartDelayMs: 1 });
    const run = host.run(x(1e15));
    childrenOf(process.pid).forEach((pid) => process.kill(pid, 'SIGSEGV'));
    await expect(run).rejects.toThrow(problem('host-crashed', 'signal SIGSEGV'));
    expect(await host.run(x(3))).toEqual(new Map([['y', floats([3])]]));
  });

  it('stays down after five crashes and says so', async () => {
    const host = await start(written('loop-by-input', loopByInput), { restartDelayMs: 1 });
    const killing = setInterval(() => childrenOf(process.pid).forEach((pid) => process.kill(pid, 'SIGKILL')), 5);
    await expect(host.run(x(1e15))).rejects.toThrow(problem('host-crashed', 'signal SIGKILL'));
    await expect(host.run(x(3))).rejects.toThrow(problem('host-crashed', 'stays down'));
    clearInterval(killing);
    await expect(host.run(x(3))).rejects.toThrow(problem('host-crashed', 'stays down'));
  });

  it('takes a limited number of waiting runs', async () => {
    const host = await start(written('loop-by-input', loopByInput));
    const cancel = new AbortController();
    setMaxListeners(0, cancel.signal);
    const runs = Array.from({ length: 300 }, (_, i) => host.run(i === 0 ? x(1e15) : x(1), { signal: cancel.signal }).catch((error: Problem) => error.code));
    cancel.abort();
    const codes = await Promise.all(runs);
    expect(codes.filter((code) => code === 'host-busy')).toHaveLength(300 - 4 - 256);
  });

  it('dies with its parent even while a model hangs, and leaves no folder behind', async () => {
    const parent = orphanMaker(written('loop-by-input', loopByInput));
    const [child] = await vi.waitFor(() => {
      const children = childrenOf(parent.pid as number);
      expect(children).toHaveLength(1);
      return children;
    }, { timeout: 20_000 });
    await new Promise((resolve) => parent.stdout?.once('data', resolve));
    const home = process.platform === 'linux' ? readlinkSync(`/proc/${child}/cwd`) : null;
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(child, 0)).toThrow('ESRCH'), { timeout: 10_000 });
    if (home !== null) expect(existsSync(home)).toBe(false);
  });

  it('holds every admitted model of the hostile corpus while a healthy one keeps answering', async () => {
    const corpus = mkdtempSync(join(folder, 'corpus-'));
    const admitted = writeHostileModels(corpus).filter(({ expected }) => expected.outcome === 'contained');
    const beside = await start(written('healthy', healthy));
    let answered = 0;
    let finished = false;
    const answering = (async () => {
      for (; !finished; answered++) expect(await beside.run(x(answered))).toEqual(new Map([['y', floats([2 * Math.fround(answered)])]]));
    })();
    for (const { name, file } of admitted) {
      expect(admit(file).admitted).toBe(true);
      const before = answered;
      const outcome = await outcomeOf({ file, threads: 1, deadlineMs: 1000, memoryBytesMax: 500 * 2 ** 20 });
      expect(['answered', 'host-deadline', 'host-memory', 'model-unsupported', 'model-failed'], name).toContain(outcome);
      expect(answered, name).toBeGreaterThan(before);
    }
    finished = true;
    await answering;
  });
});

describe('measuring a model', () => {
  it('gives each run inside the host, without warm-up, and the memory it took', async () => {
    const host = await start(written('healthy', healthy));
    const { durationsMs, totalMs, rssPeakBytes } = await measureLatency(host, x(1, 2, 3), { runs: 20, warmup: 5 });
    expect(durationsMs).toHaveLength(20);
    expect(Math.min(...durationsMs)).toBeGreaterThan(0);
    expect(totalMs).toBeCloseTo(durationsMs.reduce((a, b) => a + b), 6);
    expect(rssPeakBytes).toBeGreaterThan(20 * 2 ** 20);
  });

  it('may take longer in all than one run may', async () => {
    const host = await start(written('loop-by-input', loopByInput), { deadlineMs: 2000 });
    const { durationsMs } = await measureLatency(host, x(100_000), { runs: 12, warmup: 0 });
    expect(durationsMs).toHaveLength(12);
  });

  it('can be cancelled', async () => {
    const host = await start(written('healthy', healthy));
    const cancel = new AbortController();
    const measuring = measureLatency(host, x(1), { runs: 1_000_000_000, warmup: 0, signal: cancel.signal }).catch((error: unknown) => error);
    cancel.abort();
    expect(await measuring).toEqual(problem('run-cancelled'));
  });
});

describe('taking ZipMap out', () => {
  it.each(['binary-int', 'binary-string', 'multiclass-int', 'multiclass-string'])('changes nothing else in %s', (name) => {
    const before = readFileSync(fixture(name));
    const { bytes, changes } = stripZipMap(before);
    expect(changes).toMatchObject([{ output: 'output_probability', tensor: 'probabilities' }]);
    expect(readFileSync(fixture(name))).toEqual(before);
    expect(Buffer.from(bytes).includes('ZipMap')).toBe(false);
    // What is left is the file with pieces taken out and one put in: every node but the last is there, byte for byte.
    const firstNode = before.indexOf(Buffer.from([0x0a, 0x07]));
    const zipMap = before.lastIndexOf('probabilities', before.indexOf('ZipMap'));
    expect(Buffer.from(bytes).includes(before.subarray(firstNode + 8, zipMap - 4))).toBe(true);
  });

  it('leaves a model without one as it is', () => {
    const before = readFileSync(fixture('missing-values'));
    expect(stripZipMap(before)).toEqual({ bytes: before, changes: [] });
  });
});

describe('the WebGPU provider', () => {
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const drivers = existsSync(driver);
  const why = drivers ? '' : ` (skipped: ${driver} is not here; Debian's chromium package has it)`;

  it.skipIf(!drivers)(`runs a model on the software driver${why}`, async () => {
    vi.stubEnv('VK_ICD_FILENAMES', driver);
    // The Vulkan loader comes with the driver, in the same folder, unless the system has one of its own.
    vi.stubEnv('LD_LIBRARY_PATH', dirname(driver));
    vi.stubEnv('XDG_RUNTIME_DIR', folder);
    const host = await start(fixture('missing-values'), { providers: ['webgpu', 'cpu'] });
    expect(host.model.provider).toBe('webgpu');
  });

  it.skipIf(drivers)('is refused with its reason where there is no driver', async () => {
    const { model } = await start(written('healthy', healthy), { providers: ['webgpu', 'cpu'] });
    expect(model).toMatchObject({ provider: 'cpu', refused: [{ provider: 'webgpu', reason: expect.stringMatching(/adapter/i) as string }] });
  });
});

async function outcomeOf(options: HostOptions): Promise<string> {
  try {
    const host = await startHost(options);
    try {
      await host.run(x(1));
      return 'answered';
    } finally {
      await host.close();
    }
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

function orphanMaker(file: string): ChildProcess {
  const engine = JSON.stringify(new URL('../../server/engines/onnx.ts', import.meta.url).href);
  const script = `
    import { startHost } from ${engine};
    const host = await startHost({ file: ${JSON.stringify(file)} });
    host.run(new Map([['x', { datatype: 'float32', shape: [1], data: Float32Array.of(1e15) }]]));
    setTimeout(() => console.log('hanging'), 50);`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] });
}
