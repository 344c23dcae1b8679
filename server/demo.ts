import { spawn } from 'node:child_process';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pc } from './colours.ts';

/** `npm run demo`: the flight-delay sample in a folder of its own, as a user would run it. */
const sample = fileURLToPath(new URL('../samples/flight-delay', import.meta.url));
const cli = fileURLToPath(new URL('./cli.js', import.meta.url));
const workspace = await mkdtemp(join(tmpdir(), 'slipway-demo-'));

await cp(sample, workspace, { recursive: true, filter: (path) => !/(^|[\\/])(\.slipway|bad-batch|notebook\.ipynb|expected\.json)$/.test(path) });
console.log(pc.dim(`Real flights of 2013, a champion and three candidates, in ${workspace}\n$ slipway run`));
const code = await new Promise<number>((resolve, reject) => {
  const child = spawn(process.execPath, [cli, 'run'], { cwd: workspace, stdio: 'inherit' });
  child.once('error', reject);
  child.once('exit', (status) => resolve(status ?? 70));
});
// v3 and v4 are meant to be blocked, so a failed gate is what this sample should end with.
if (code === 1) console.log(`\n${pc.green('✓')} as it should: v2 may replace v1; v3 and v4 are blocked, for the reasons shown\n  open ${join(workspace, '.slipway', 'reports', 'flight-delay-v3.html')}`);
process.exitCode = code === 1 ? 0 : code === 0 ? 70 : code;
