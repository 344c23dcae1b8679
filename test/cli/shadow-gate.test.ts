import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../protocol/run.ts';
import type { ShadowRecord } from '../../protocol/shadow.ts';
import { buildSlipway, makeWorkspace, type Slipway } from './slipway.ts';
import { tinyWorkspace } from './tiny-workspace.ts';

const files = tinyWorkspace();

let slipway: Slipway;
let workspace: string;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeAll(async () => void (workspace = await makeWorkspace(files)));
afterAll(() => rm(workspace, { recursive: true }));

describe('a shadow gate', () => {
  interface Judged {
    id: string;
    verdict: string;
    reason: string;
  }

  async function judged(version: string): Promise<Judged> {
    const { stdout } = await slipway.run(workspace, ['run', 'toy', '--version-name', version, '--json']);
    const report = JSON.parse(stdout) as RunReport;
    const gate = report.gates.find(({ gate: { kind } }) => kind === 'shadow');
    return { id: report.id, verdict: gate?.verdict ?? 'none', reason: gate?.reason ?? '' };
  }

  it('waits for a comparison with exactly this champion, judges again once there is one, and then no more', async () => {
    await writeFile(join(workspace, 'slipway.yaml'), `${String(files['slipway.yaml'])}  - {shadow: better, source: replay, maxAgeDays: 7}\n`);
    const before = await judged('v2');
    expect(before).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('no replay comparison with v1') });
    const { stdout } = await slipway.run(workspace, ['shadow', '--replay', 'current', '--candidate', 'v2', '--json']);
    const { summary } = JSON.parse(stdout) as ShadowRecord;
    const after = await judged('v2');
    expect(after).toMatchObject({ verdict: 'pass', reason: expect.stringContaining(summary.id) });
    expect(after.id).not.toBe(before.id);
    expect((await judged('v2')).id).toBe(after.id);
    expect((await judged('v3')).verdict).toBe('inconclusive');
  });
});
