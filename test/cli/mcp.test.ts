import { rm } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSlipway, makeWorkspace, type Slipway } from './slipway.ts';
import { tinyWorkspace } from './tiny-workspace.ts';

let slipway: Slipway;
let workspace: string;
let client: Client;

beforeAll(async () => {
  slipway = await buildSlipway();
  workspace = await makeWorkspace(tinyWorkspace());
  client = new Client({ name: 'test', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [slipway.cli, '--workspace', workspace, 'mcp'], stderr: 'inherit' }));
});
afterAll(async () => {
  await client.close();
  slipway.remove();
  await rm(workspace, { recursive: true });
});

async function call(name: string, input: Record<string, unknown> = {}): Promise<{ text: string; failed: boolean }> {
  const result = await client.callTool({ name, arguments: input });
  const [content] = result.content as { type: string; text: string }[];
  return { text: content.text, failed: result.isError === true };
}

describe('tools for agents', () => {
  it('are listed with what they take, and only one of them does more than read', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([['list_models', true], ['run_gates', false], ['read_report', true], ['explain_failure', true]]);
    for (const { inputSchema, description } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(description).toMatch(/\.$/);
    }
  });

  it('say what to do before anything was judged', async () => {
    expect((await call('list_models')).text).toMatch(/run_gates/);
    expect(await call('explain_failure')).toEqual({ text: expect.stringMatching(/No run of any model is saved/), failed: true });
  });

  it('judge, list, read and explain', async () => {
    const judged = await call('run_gates');
    expect(judged.text).toMatch(/toy v1: pass[^]*toy v2: pass[^]*toy v3: fail/);
    expect((await call('list_models')).text).toMatch(/toy v1 \(champion\): pass\.[^]*toy v3: fail\. v3 is blocked/);
    const report = (await call('read_report', { model: 'toy', version: 'v2' })).text;
    expect(report).toMatch(/toy v2 \(candidate, against v1\)/);
    expect(report).toMatch(/- pass: .*; needs /);
    expect(report).toMatch(/Rests on model sha256:[0-9a-f]{12}, policy [0-9a-f]{12} fixed before the run/);
    const failure = (await call('explain_failure', { version: 'v3' })).text;
    expect(failure).toMatch(/v3 is blocked[^]*- fail: .*\[slipway\.yaml:\d+\]/);
    expect(failure).not.toMatch(/- pass:/);
    expect((await call('run_gates')).text).toMatch(/toy v3: fail|Nothing has changed/);
  });

  it('let the workspace go between calls, so that a command line owns it at once', async () => {
    const { code } = await slipway.run(workspace, ['status', '--json']);
    expect(code).toBe(0);
  });

  it.each<[string, string, Record<string, unknown>, RegExp]>([
    ['a run that is not there', 'read_report', { run: 'r-0' }, /No run r-0 is saved/],
    ['a model that is not there', 'run_gates', { model: 'other' }, /other/],
    ['arguments of the wrong type', 'read_report', { run: 3, model: { $gt: '' }, version: 'v9' }, /No run of v9 is saved/],
    ['a tool that is not there', 'promote', {}, /There is no tool promote/],
  ])('say what is wrong with %s', async (_, name, input, message) => {
    expect((await call(name, input)).text).toMatch(message);
  });
});
