/** `npm run bench`: Slipway and its peers side by side. See docs/benchmarks.md. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundlePrograms } from './bundle-programs.ts';
import { casesOf } from './cases.ts';
import { fillMeasured } from './fill-measured.ts';
import { measureCase } from './measure-case.ts';
import { installPeers, type Peers } from './peers.ts';
import { describeMachine, markdownOf, type Outcome, tableOf } from './report.ts';

const { values: options } = parseArgs({
  options: {
    /** Small sizes, once each: proves that the script works, measures nothing. */
    quick: { type: 'boolean', default: false },
    'without-peers': { type: 'boolean', default: false },
    /** `drift,scoring-dense`: all by default. */
    cases: { type: 'string', default: '' },
    repeats: { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'slipway-bench') },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const resultsFile = join(here, 'results.json');
const docsFile = join(here, '../../docs/benchmarks.md');
const repeats = Number(options.repeats ?? (options.quick ? 1 : 5));
const wanted = options.cases === '' ? null : options.cases.split(',');

await mkdir(options.cache, { recursive: true });
const peers = options['without-peers'] ? null : await installPeers(options.cache, join(here, 'requirements.txt')).catch(notInstalled);
const programs = await bundlePrograms(here);
const outcomes: Outcome[] = [];
try {
  for (const benchCase of casesOf(options.cache, availableParallelism(), options.quick)) {
    if (wanted !== null && !wanted.some((name) => benchCase.id === name || benchCase.id.startsWith(`${name}-`))) continue;
    const outcome = await measureCase(benchCase, { peers, programs, repeats, onRun: (text) => process.stderr.write(`${text}\n`) });
    process.stdout.write(`${tableOf(outcome)}\n\n`);
    outcomes.push(outcome);
    if (!options.quick) await keep(outcomes);
  }
} finally {
  await programs.remove();
}
if (outcomes.some(({ disagreements }) => disagreements.length > 0)) process.exitCode = 1;

/** A bench without its peers is worth running; a peer that is made up is not. */
function notInstalled(error: unknown): Peers | null {
  process.stderr.write(`The peers could not be installed, so only our sides are run: ${String(error)}\n`);
  return null;
}

/** Cases that were not run this time keep what was measured before, with its own date and load. */
async function keep(measured: Outcome[]): Promise<void> {
  const machine = await describeMachine(peers);
  const before = await readFile(resultsFile, 'utf8').then((text) => JSON.parse(text) as { outcomes: Outcome[] }, () => ({ outcomes: [] }));
  const order = casesOf(options.cache, 1, false).map(({ id }) => id);
  const all = [...before.outcomes.filter(({ id }) => !measured.some((outcome) => outcome.id === id)), ...measured].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  await writeFile(resultsFile, `${JSON.stringify({ machine, outcomes: all }, null, 1)}\n`);
  await fillMeasured(docsFile, markdownOf(machine, all));
}
