import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSlipway, type Slipway } from '../cli/slipway.ts';
import { killAgainAndAgain } from './kill.ts';

let slipway: Slipway;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());

// docs/reliability.md has the result of many more. Processes are looked for in /proc.
it.skipIf(process.platform !== 'linux')('a run that is killed at random moments loses nothing, saves nothing by half and leaves no process behind', { timeout: 240_000 }, async () => {
  const { lost, broken, survivors, runsSaved, reopenedMs } = await killAgainAndAgain({ slipway, kills: 12, seed: 20260101 });
  expect({ lost, broken, survivors }).toEqual({ lost: [], broken: [], survivors: [] });
  expect(runsSaved).toBeGreaterThanOrEqual(3);
  expect(reopenedMs.length).toBe(13);
});
