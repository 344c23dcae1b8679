/** `npm test`: types, lint, import rules, every suite, and those in a real editor, one after the other; closes with the sum over all of them. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Outcome {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
}

const scratch = await mkdtemp(join(tmpdir(), 'slipway-test-'));
const outcomes: Outcome[] = [];
try {
  outcomes.push(await check('types', ['tsc', '-b']));
  outcomes.push(await check('lint', ['eslint', '.']));
  // The editor and the browser that suites run in; from a cache where they have been fetched before.
  if (process.argv.length === 2) outcomes.push(await check('tools', ['tsx', 'test/e2e/install.ts']));
  for (const project of ['suites', 'editor']) outcomes.push(await suites(project, process.argv.slice(2)));
} finally {
  await rm(scratch, { recursive: true, force: true });
}

for (const { name, passed, failed, skipped, seconds } of outcomes) {
  console.log(`${name.padEnd(8)} ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}  (${seconds.toFixed(0)} s)`);
}
const sum = (key: 'passed' | 'failed' | 'skipped') => outcomes.reduce((total, outcome) => total + outcome[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

async function check(name: string, command: string[]): Promise<Outcome> {
  const { code, seconds } = await run(command);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, seconds };
}

async function suites(project: string, filters: string[]): Promise<Outcome> {
  const report = join(scratch, `${project}.json`);
  const { code, seconds } = await run(['vitest', 'run', `--project=${project}`, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...(filters.length > 0 ? ['--passWithNoTests'] : []), ...filters]);
  const result = JSON.parse(await readFile(report, 'utf8')) as { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number; success: boolean };
  // A suite that cannot even be loaded has no failed test of its own.
  const failed = result.numFailedTests === 0 && (code !== 0 || !result.success) ? 1 : result.numFailedTests;
  return { name: project, passed: result.numPassedTests, failed, skipped: result.numPendingTests + result.numTodoTests, seconds };
}

async function run([program, ...rest]: string[]): Promise<{ code: number; seconds: number }> {
  const start = performance.now();
  console.log(`\n> ${[program, ...rest].join(' ')}`);
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn('npx', ['--no-install', program, ...rest], { stdio: 'inherit', shell: process.platform === 'win32' });
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  return { code, seconds: (performance.now() - start) / 1000 };
}
