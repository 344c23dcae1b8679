import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runProcess } from './run-process.ts';

const exec = promisify(execFile);

describe('the bench', () => {
  it('runs our side of every case at a small size, and names the peers that it left out', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'slipway-bench-test-'));
    try {
      const { stdout } = await exec(process.execPath, ['--import', 'tsx', 'test/bench/run.ts', '--quick', '--without-peers', '--cache', cache]);
      const titles = stdout.split('\n').filter((line) => /^(Profile|25 checks|Gradient|Small)/.test(line));
      expect(titles).toEqual([
        'Profile and drift of 2,000 × 12 numeric columns, reference and current',
        '25 checks on a year of flights',
        'Profile of 5,000 × 8 columns',
        'Gradient-boosted trees, 14 inputs with text: 1,000 rows',
        'Small dense network, 16 numbers: 1,000 rows',
      ]);
      expect(stdout.match(/^Slipway /gm)).toHaveLength(5);
      expect(stdout.match(/^Not run here: .*/gm)).toEqual(['Not run here: Evidently', 'Not run here: Great Expectations', 'Not run here: Python', 'Not run here: Python']);
      expect(stdout).toContain('Great Expectations takes at least 10 times as long: not measured');
      expect(stdout).not.toContain('DISAGREES');
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
  }, 120_000);

  it('says what a program wrote when it fails', async () => {
    await expect(runProcess(process.execPath, ['-e', 'console.error("no such model"); process.exit(3)'])).rejects.toThrow('no such model');
  });

  it('counts the memory of a process together with that of its children', async () => {
    const hold = (mebibytes: number) => `const held = Buffer.alloc(${mebibytes} * 2 ** 20, 1); setTimeout(() => console.log('{"seconds":0,"facts":{"held":' + held.length + '}}'), 700)`;
    const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hold(200))}]); ${hold(100)}`;
    const alone = await runProcess(process.execPath, ['-e', hold(100)]);
    const together = await runProcess(process.execPath, ['-e', parent]);
    if (alone.peakBytes === null || together.peakBytes === null) return expect(process.platform).not.toBe('linux');
    expect(together.peakBytes - alone.peakBytes).toBeGreaterThan(150 * 2 ** 20);
  });

  it('pins every peer to one version', async () => {
    const pins = (await readFile(new URL('requirements.txt', import.meta.url), 'utf8')).trim().split('\n');
    expect(pins.filter((pin) => !/^[a-z-]+==\d+(\.\d+)+$/.test(pin))).toEqual([]);
  });
});
