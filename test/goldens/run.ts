/**
 * `npm run goldens`: the expected values again, from the reference implementations, and whether they are the committed
 * ones byte for byte. `npm run goldens -- --write` replaces those that are not.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPeers } from '../bench/peers.ts';

/** NannyML brings a hundred packages of its own, so it has an environment of its own. */
const ENVIRONMENTS = [
  { requirements: 'requirements.txt', scripts: ['drift', 'metrics', 'sequential'] },
  { requirements: 'label_free.requirements.txt', scripts: ['label_free'] },
];

const exec = promisify(execFile);
const goldens = fileURLToPath(new URL('.', import.meta.url));
const write = process.argv.includes('--write');
const scratch = await mkdtemp(join(tmpdir(), 'slipway-goldens-'));
let different = 0;
try {
  for (const { requirements, scripts } of ENVIRONMENTS) {
    console.log(`Installing ${requirements}`);
    const { python, versions } = await installPeers(scratch, join(goldens, requirements));
    console.log(versions.join(', '));
    for (const script of scripts) {
      const same = await reproduces(python, script);
      console.log(`${script}.json ${same ? 'is reproduced byte for byte' : write ? 'is rewritten' : 'DIFFERS'}`);
      if (!same) different++;
    }
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.exitCode = different > 0 && !write ? 1 : 0;

/** A script writes its JSON beside itself, so a copy of it is run where the committed one is not. */
async function reproduces(python: string, script: string): Promise<boolean> {
  const folder = join(scratch, script);
  await mkdir(folder);
  const copy = join(folder, `${script}.py`);
  await copyFile(join(goldens, `${script}.py`), copy);
  await exec(python, [copy], { maxBuffer: 1 << 26 });
  const made = await readFile(join(folder, `${script}.json`));
  const committed = join(goldens, `${script}.json`);
  const same = made.equals(await readFile(committed));
  if (!same && write) await writeFile(committed, made);
  return same;
}
