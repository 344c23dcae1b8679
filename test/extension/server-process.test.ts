import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childEnvironment, startServerProcess, type ServerAddress, type ServerProcess } from '../../extension/server-process.ts';

const module = fileURLToPath(new URL('fake-server.mjs', import.meta.url));
let workspace: string;
let server: ServerProcess | null = null;
beforeEach(async () => void (workspace = await mkdtemp(join(tmpdir(), 'slipway-child-'))));
afterEach(async () => {
  server?.stop();
  server = null;
  await rm(workspace, { recursive: true, force: true });
});

type Told = { kind: 'ready'; address: ServerAddress } | { kind: 'lost' | 'stopped'; reason: string; code?: string };

/** Starts a child with a plan; `until` waits for something told, never for time. */
async function start(plan: object, now?: () => number): Promise<{ told: Told[]; output: string[]; until(is: () => boolean): Promise<void> }> {
  await writeFile(join(workspace, 'plan.json'), JSON.stringify(plan));
  const told: Told[] = [];
  const output: string[] = [];
  let wake = (): void => undefined;
  const say = (message: Told): void => {
    told.push(message);
    wake();
  };
  server = startServerProcess({
    module,
    workspace,
    now,
    ready: (address) => say({ kind: 'ready', address }),
    lost: (reason) => say({ kind: 'lost', reason }),
    stopped: (reason, problem) => say({ kind: 'stopped', reason, ...(problem === null ? {} : { code: problem.code }) }),
    output: (line) => {
      output.push(line);
      wake();
    },
  });
  const until = async (is: () => boolean): Promise<void> => {
    while (!is()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { told, output, until };
}

describe('the server process', () => {
  it('is told of when it is ready, and runs in its folder without what the editor leaves to its own children', async () => {
    process.env.VSCODE_IPC_HOOK = '/tmp/hook';
    process.env.NODE_OPTIONS = '';
    const { told, output, until } = await start({ ready: true });
    await until(() => told.length > 0 && output.length > 1);
    delete process.env.VSCODE_IPC_HOOK;
    expect(told).toEqual([{ kind: 'ready', address: expect.objectContaining({ owner: 'this', token: 't'.repeat(43) }) as ServerAddress }]);
    expect(output).toEqual(['environment ELECTRON_RUN_AS_NODE', expect.stringContaining(`folder `) as string]);
  });

  it('is started again when it is killed', async () => {
    const { told, until } = await start({ ready: true });
    await until(() => told.length === 1);
    const [first] = told;
    if (first.kind !== 'ready') throw new Error('it was not ready');
    process.kill(first.address.pid, 'SIGKILL');
    await until(() => told.length === 3);
    expect(told.map(({ kind }) => kind)).toEqual(['ready', 'lost', 'ready']);
    expect(told[1]).toMatchObject({ reason: 'The server was ended by SIGKILL' });
  });

  it('is given up when it ends the fifth time in three minutes', async () => {
    const { told, until } = await start({ exit: 3 });
    await until(() => told.some(({ kind }) => kind === 'stopped'));
    expect(told.map(({ kind }) => kind)).toEqual(['lost', 'lost', 'lost', 'lost', 'stopped']);
    expect(told[4]).toMatchObject({ reason: 'The server ended with code 3, the fifth time in three minutes' });
  });

  it('is not given up when it ends now and then', async () => {
    let minutes = 0;
    const { told, until } = await start({ exit: 3 }, () => ++minutes * 60_000);
    await until(() => told.length === 7);
    expect(told.every(({ kind }) => kind === 'lost')).toBe(true);
  });

  it('is not started again when it says that it cannot start', async () => {
    const { told, until } = await start({ failed: { code: 'store-newer', detail: 'Written by a newer Slipway' } });
    await until(() => told.length === 1);
    expect(told).toEqual([{ kind: 'stopped', reason: 'Written by a newer Slipway', code: 'store-newer' }]);
  });
});

it('a child gets the environment but for what is meant for children of the editor', () => {
  expect(childEnvironment({ PATH: '/bin', HOME: '/users/ada', VSCODE_PID: '1', NODE_OPTIONS: '--inspect', ELECTRON_NO_ASAR: '1', NODE_EXTRA_CA_CERTS: '/ca.pem', vscode_cwd: '/x' })).toEqual({ PATH: '/bin', HOME: '/users/ada', NODE_EXTRA_CA_CERTS: '/ca.pem', ELECTRON_RUN_AS_NODE: '1' });
});
