import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ReadinessReport } from '../../protocol/workspace.ts';
import { buildSlipway, makeWorkspace, type Ended, type Slipway } from './slipway.ts';
import { config, points, scorer, tinyWorkspace } from './tiny-workspace.ts';

const readiness = `readiness:
  - {criterion: encryption at rest, group: Security, by: security lead, expires: 180d}
  - {criterion: runbook is written, group: Operations}
  - {criterion: small enough, group: Operations, gate: roc_auc.min}
  - {off: throughput, reason: scored in batches at night}
`;

// Each question is a process of its own.
vi.setConfig({ testTimeout: 120_000 });

let slipway: Slipway;
let workspace: string;

beforeAll(async () => {
  slipway = await buildSlipway();
  workspace = await makeWorkspace({ ...tinyWorkspace(), 'slipway.yaml': config + readiness });
});
afterAll(async () => {
  slipway.remove();
  await rm(workspace, { recursive: true });
});

const ask = (...args: string[]): Promise<Ended> => slipway.run(workspace, args);
const edit = async (change: (text: string) => string): Promise<void> => writeFile(join(workspace, 'slipway.yaml'), change(await readFile(join(workspace, 'slipway.yaml'), 'utf8')));
/** How these criteria stand, asked at once: a process takes its time to start. */
async function statesOf(...criteria: string[]): Promise<(string | undefined)[]> {
  const { stdout } = await ask('readiness', 'toy', '--json');
  const report = JSON.parse(stdout) as ReadinessReport;
  return criteria.map((name) => report.criteria.find(({ criterion }) => criterion === name)?.state);
}

describe('slipway readiness', () => {
  it('lacks evidence before anything was judged, and says how to get it', async () => {
    const { code, stdout } = await ask('readiness');
    expect(code).toBe(2);
    expect(stdout).toMatch(/^\? |✗ toy is not ready for production: \d+ of \d+ criteria lack evidence\./);
    expect(stdout).toContain('→ `slipway run toy`');
    expect(stdout).toContain('– throughput is turned off: scored in batches at night');
  });

  it('takes what a run measured as evidence', async () => {
    await ask('run', 'toy');
    // The newest current batch is one unit off, and no gate allows that.
    expect(await statesOf('quality on holdout', 'small enough', 'blocking gates', 'drift of current')).toEqual(['pass', 'pass', 'pass', 'fail']);
    const { code, stdout } = await ask('readiness', 'toy', '--all');
    expect([code, stdout.includes('toy v2 is not ready for production: 1 of')]).toEqual([1, true]);
    expect((await ask('status')).stdout).toMatch(/✗ toy v2 is not ready for production: .* slipway readiness toy/);
  });

  it('no longer takes it when slipway.yaml asks for something else, until it is judged again', async () => {
    await edit((text) => text.replace('min: 0.6', 'min: 0.65'));
    expect(await statesOf('small enough', 'blocking gates', 'quality on holdout')).toEqual(['missing', 'missing', 'missing']);
    await edit((text) => text.replace('min: 0.65', 'min: 0.6').replace('champion: v1', 'champion: v1\n    threshold: 0.4'));
    expect(await statesOf('small enough', 'blocking gates')).toEqual(['missing', 'missing']);
    await edit((text) => `# a comment moves every line\n${text.replace('\n    threshold: 0.4', '')}`);
    expect(await statesOf('small enough', 'blocking gates')).toEqual(['pass', 'pass']);
  });

  it('no longer takes what was measured on current data once newer has come', async () => {
    await writeFile(join(workspace, 'data/current/2026-03.csv'), points(600, 9));
    expect(await statesOf('drift of current', 'quality on holdout')).toEqual(['missing', 'pass']);
    await ask('check', 'data/current/2026-03.csv');
    // Six hundred rows rule no drift out, which is evidence all the same.
    expect(await statesOf('drift of current')).toEqual(['inconclusive']);
    await rm(join(workspace, 'data/current/2026-03.csv'));
  });

  it('says that it knows no such model', async () => {
    const { code, stderr } = await ask('readiness', 'nobody');
    expect([code, stderr.includes('slipway.yaml has no model nobody; it has toy')]).toEqual([65, true]);
  });
});

describe('slipway state', () => {
  const state = (...more: string[]): Promise<Ended> => ask('state', 'encryption at rest', '--text', 'volume keys, ticket 4711', ...more);

  it('meets a criterion in somebody’s name, for as long as slipway.yaml allows', async () => {
    const { code, stdout, stderr } = await state('--by', 'Ada Lovelace, security lead');
    expect([code, stdout, stderr]).toEqual([0, '✓ encryption at rest: stated by Ada Lovelace, security lead\n', '']);
    expect(await statesOf('encryption at rest')).toEqual(['pass']);
    expect((await ask('readiness', '--all')).stdout).toMatch(/Ada Lovelace, security lead stated on \d{4}-\d\d-\d\d: volume keys, ticket 4711 \(until \d{4}-\d\d-\d\d\)/);
  });

  it('refuses who may not state it, what is measured, what is not asked for and what would not count', async () => {
    for (const [args, message] of [
      [['encryption at rest', '--by', 'Bob'], 'Only security lead may state encryption at rest, and it was Bob'],
      [['latency', '--by', 'Bob'], 'latency is not a matter of statement'],
      [['tea', '--by', 'Bob'], 'slipway.yaml asks for no "tea" of toy'],
      [['runbook is written', '--by', 'Bob', '--expires', '2020-01-01'], 'A statement that expires on 2020-01-01 would not count'],
    ] as const) {
      const { code, stdout, stderr } = await ask('state', ...args, '--text', 'because');
      expect([code, stdout, stderr.includes(message)], message).toEqual([65, '', true]);
    }
    const usage = await ask('state', 'runbook is written', '--text', 'x', '--expires', 'tomorrow');
    expect([usage.code, usage.stderr.includes('It must be a day such as 2027-01-31.')]).toEqual([64, true]);
  });

  it('is in the name that git gives when no other is given, and says so', async () => {
    execFileSync('git', ['init', '-q'], { cwd: workspace });
    for (const [key, value] of [['user.name', 'Grace Hopper'], ['user.email', 'grace@navy.example']]) execFileSync('git', ['config', key, value], { cwd: workspace });
    const { code, stdout, stderr } = await ask('state', 'runbook is written', '--text', 'docs/runbook.md', '--expires', '2999-01-01');
    expect([code, stdout]).toEqual([0, '✓ runbook is written: stated by Grace Hopper <grace@navy.example> until 2999-01-01\n']);
    expect(stderr).toContain('Stated as Grace Hopper <grace@navy.example>, which is what git says; --by names somebody else');
  });

  it('asks who it is where git names nobody', async () => {
    const nobody = await slipway.run(workspace, ['state', 'runbook is written', '--text', 'x'], { env: { GIT_DIR: '/dev/null', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' } });
    expect([nobody.code, nobody.stderr.includes('say who states it with --by')]).toEqual([64, true]);
  });

  it('is in the journal, and outlives the database', async () => {
    const journal = await readFile(join(workspace, '.slipway/journal.jsonl'), 'utf8');
    expect(journal.split('\n').filter((line) => line.includes('"kind":"statement"'))).toHaveLength(2);
    await rm(join(workspace, '.slipway/slipway.duckdb'));
    expect(await statesOf('encryption at rest')).toEqual(['pass']);
  });

  it('of one model says nothing about another', async () => {
    await writeFile(join(workspace, 'models/other.onnx'), scorer(1, 0));
    await edit((text) => text.replace('\ndatasets:', '\n  other: {task: binary, target: label, champion: other, files: models/other.onnx}\n\ndatasets:'));
    const { stdout } = await ask('readiness', '--json');
    const reports = stdout.trim().split('\n').map((line) => JSON.parse(line) as ReadinessReport);
    expect(reports.map(({ model, criteria }) => [model, criteria.find(({ criterion }) => criterion === 'encryption at rest')?.state])).toEqual([['toy', 'pass'], ['other', 'missing']]);
    const which = await ask('state', 'runbook is written', '--text', 'x', '--by', 'Bob');
    expect([which.code, which.stderr.includes('Of which model? --model takes one of toy, other')]).toEqual([64, true]);
  });
});
