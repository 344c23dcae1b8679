import { randomUUID } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { reportPage } from '../figures/report-page.ts';
import type { Command as SlipwayCommand } from '../protocol/feed.ts';
import { problems, type ProblemBody } from '../protocol/problem.ts';
import type { BatchReport, RunReport } from '../protocol/run.ts';
import { connect, type Connection } from './connection.ts';
import { diagnose } from './doctor.ts';
import { writeDurably } from './engines/durable-file.ts';
import { init } from './init.ts';
import { junitOf } from './junit.ts';
import { Problem, problemBody } from './problem.ts';
import { rejudge } from './rejudge.ts';
import { batchText, exitCodes, openProgressBar, runsText, runText, statusText, table, verdictMark, worstVerdict } from './terminal.ts';
import { version } from './version.ts';

const exitUsage = 64;
const exitInput = 65;
const exitInternal = 70;
const exitCancelled = 130;

interface Options {
  workspace: string;
  json?: boolean;
}

/** Set while a command runs, so that Ctrl-C cancels it and a second Ctrl-C ends the process. */
const interrupt = new AbortController();

function program(): Command {
  const slipway = new Command('slipway')
    .description('Judge models before they replace the one in production: data quality, drift, paired comparison, gates')
    .version(version)
    .option('-w, --workspace <folder>', 'folder that holds slipway.yaml (default: the nearest one upwards)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', '\nExit codes: 0 pass, 1 a gate failed, 2 inconclusive, 3 error in the evidence, 64 usage, 65 bad config or input, 70 internal, 130 cancelled');

  const command = (name: string, description: string) => slipway.command(name).description(description).exitOverride();

  command('init', 'look at the models and data that are here, and write a slipway.yaml that works')
    .option('--print', 'print it instead of writing it')
    .action(async (options: { print?: boolean }) => {
      const workspace = resolve(slipway.opts<Options>().workspace ?? '.');
      const bar = openProgressBar(process.stderr, () => performance.now());
      const { text, notes, path } = await init({ workspace, write: options.print !== true, signal: interrupt.signal, onProgress: (subject, done, total) => bar.update({ step: 'profile', subject, done, total, unit: 'files' }) });
      bar.clear();
      if (options.print === true) process.stdout.write(text);
      else console.log(`${pc.green('✓')} wrote ${relative('.', path) || path}\n\n${text.trimEnd()}`);
      for (const note of notes) console.log(`${pc.yellow('?')} ${note}`);
      if (options.print !== true) console.log(`\nNext: slipway run`);
    });

  command('run [model]', 'judge every model version that has no verdict yet')
    .option('--version-name <name...>', 'only these versions')
    .option('--force', 'judge again even where nothing has changed')
    .option('--watch', 'keep judging as models and data change')
    .option('--json', 'print the run reports as JSON lines (schema slipway.run/1, docs/run-report.md)')
    .option('--junit <file>', 'write the gates as JUnit XML')
    .option('--report <folder>', 'where HTML reports go', '.slipway/reports')
    .option('--all', 'show every gate and column, not only what did not pass')
    .action(async (model: string | undefined, options: { versionName?: string[]; force?: boolean; watch?: boolean; json?: boolean; junit?: string; report: string; all?: boolean }) => {
      await withConnection(slipway, async (connection, workspace) => {
        const reports: RunReport[] = [];
        const shownBatches = new Set<string>();
        const show = async (id: string): Promise<void> => {
          const report = await connection.readRun(id);
          reports.push(report);
          const path = resolve(workspace, options.report, `${report.model.name}-${report.model.version}.html`);
          await writeReport(path, reportPage(report));
          if (options.json === true) console.log(JSON.stringify(report));
          else console.log(`\n${runText(report, { all: options.all, reportPath: relative('.', path), shownBatches })}`);
        };
        const models = model === undefined ? undefined : [model];
        const outcome = await follow(connection, { kind: 'run', models, versions: options.versionName, force: options.force, watch: options.watch }, { quiet: options.json, onRun: show });
        if (options.junit !== undefined) await writeFile(options.junit, junitOf(reports));
        const snapshot = await connection.snapshot();
        if (reports.length === 0 && options.json !== true && outcome.problems === 0) {
          console.log(`${statusText(snapshot)}\n\nEvery version has a verdict for this data and these gates; --force judges again`);
        }
        const verdicts = snapshot.models.filter((version) => !version.champion && (model === undefined || version.model === model)).map((version) => version.run?.decision.verdict ?? 'error');
        process.exitCode = outcome.problems > 0 ? exitInput : exitCodes[worstVerdict(verdicts)];
      });
    });

  command('check <file>', 'data quality and drift of one batch, before any model')
    .option('--reference <dataset>', 'dataset to compare with', 'reference')
    .option('--json', 'print the batch report as JSON (schema slipway.batch/1)')
    .option('--rows <finding>', 'show the rows behind a finding')
    .option('--limit <n>', 'how many rows to show', wholeNumber, 20)
    .option('--all', 'show every check and column')
    .action(async (file: string, options: { reference: string; json?: boolean; rows?: string; limit: number; all?: boolean }) => {
      await withConnection(slipway, async (connection) => {
        let batch: BatchReport | null = null;
        const outcome = await follow(connection, { kind: 'check', path: resolve(file), reference: options.reference }, {
          quiet: options.json === true,
          onBatch: async (id) => void (batch = await connection.readBatch(id)),
        });
        const report = batch as BatchReport | null;
        if (report === null) {
          process.exitCode = outcome.problems > 0 ? exitInput : exitInternal;
          return;
        }
        if (options.json === true) console.log(JSON.stringify(report));
        else console.log(batchText(report, { all: options.all }));
        if (options.rows !== undefined) await showRows(connection, report.id, options.rows, options.limit);
        process.exitCode = exitCodes[worstVerdict(['pass', ...report.dataQuality.findings.filter((finding) => finding.severity === 'block').map((finding) => finding.verdict)])];
      });
    });

  command('status', 'models, their verdicts, and what blocks them')
    .option('--json', 'print the snapshot as JSON')
    .action(async (options: { json?: boolean }) => {
      await withConnection(slipway, async (connection) => {
        const snapshot = await connection.snapshot();
        console.log(options.json === true ? JSON.stringify(snapshot) : statusText(snapshot));
      });
    });

  command('runs', 'the saved runs, newest first')
    .option('--model <name>', 'of one model')
    .option('--limit <n>', 'how many', wholeNumber, 30)
    .option('--json', 'print the summaries as JSON')
    .action(async (options: { model?: string; limit: number; json?: boolean }) => {
      await withConnection(slipway, async (connection) => {
        const runs = await connection.runs({ model: options.model, limit: options.limit });
        console.log(options.json === true ? JSON.stringify(runs) : runsText(runs));
      });
    });

  command('show <run>', 'replay a saved verdict from its record')
    .option('--json', 'print the whole record')
    .option('--report <file>', 'write the HTML report')
    .option('--junit <file>', 'write the gates as JUnit XML')
    .option('--rows <finding>', 'show the rows behind a data-quality finding of the current batch')
    .option('--limit <n>', 'how many rows to show', wholeNumber, 20)
    .action(async (id: string, options: { json?: boolean; report?: string; junit?: string; rows?: string; limit: number }) => {
      await withConnection(slipway, async (connection) => {
        const report = await connection.readRun(id);
        const again = rejudge(report);
        if (options.report !== undefined) await writeReport(resolve(options.report), reportPage(report));
        if (options.junit !== undefined) await writeFile(options.junit, junitOf([report]));
        if (options.json === true) console.log(JSON.stringify(report));
        else {
          console.log(runText(report, { all: true, reportPath: options.report }));
          console.log(again.same ? `${pc.green('✓')} judged again from the record: the same verdicts` : `${pc.red('!')} judged again from the record, these differ: ${again.differing.join(', ')}`);
        }
        const current = report.batches.find((batch) => batch.role === 'current');
        if (options.rows !== undefined && current !== undefined) await showRows(connection, current.batch.id, options.rows, options.limit);
        process.exitCode = again.same ? exitCodes[report.decision.verdict] : exitCodes.error;
      });
    });

  command('doctor', 'what this machine can run on, and why not on the rest')
    .option('--json', 'print it as JSON')
    .action(async (options: { json?: boolean }) => {
      const findings = await diagnose({ workspace: await findWorkspace(slipway.opts<Options>().workspace).catch(() => null), signal: interrupt.signal });
      if (options.json === true) console.log(JSON.stringify(findings));
      else console.log(table(null, findings.map(({ verdict, subject, message, next }) => [verdictMark(verdict), subject, message, next === undefined ? '' : pc.dim(next)])).join('\n'));
      process.exitCode = exitCodes[worstVerdict(findings.map(({ verdict }) => verdict === 'inconclusive' ? 'pass' : verdict))];
    });

  return slipway;
}

/** Follows one piece of work to its end. Ctrl-C cancels the work, wherever it runs. */
async function follow(connection: Connection, command: SlipwayCommand, on: { quiet?: boolean; onRun?: (id: string) => Promise<void>; onBatch?: (id: string) => Promise<void> }): Promise<{ problems: number }> {
  const bar = on.quiet === true ? null : openProgressBar(process.stderr, () => performance.now());
  const work = randomUUID();
  let problemCount = 0;
  // Reports are fetched and printed one after the other, in the order in which they were saved.
  let showing: Promise<unknown> = Promise.resolve();
  const finished = new Promise<void>((resolveFinished, fail) => {
    connection.subscribe((message) => {
      if (message.kind === 'progress') {
        if (message.progress.work === work) bar?.update(message.progress);
        return;
      }
      if (!('work' in message) || (message.work !== work && message.work !== '*')) return;
      if (message.kind === 'run-finished') showing = showing.then(() => on.onRun?.(message.run.id)).catch(fail);
      if (message.kind === 'batch-checked') showing = showing.then(() => on.onBatch?.(message.batch.id)).catch(fail);
      if (message.kind === 'run-started' || message.kind === 'run-finished' || message.kind === 'work-finished') bar?.clear();
      if (message.kind === 'model-refused' && on.quiet !== true) {
        bar?.clear();
        console.error(`${pc.red('✗')} ${message.file.path}: ${message.file.message}\n  ${pc.dim(problems[message.file.code])}`);
      }
      if (message.kind === 'problem') {
        problemCount++;
        bar?.clear();
        console.error(problemText(message.problem));
        if (message.work === '*') fail(new Problem('server-unreachable', message.problem.detail));
      }
      if (message.kind === 'work-finished') {
        if (message.state === 'cancelled') fail(new Problem('run-cancelled', 'Cancelled'));
        else showing.then(() => resolveFinished(), fail);
      }
    });
    interrupt.signal.addEventListener('abort', () => connection.cancel(work).catch(fail), { once: true });
  });
  try {
    await connection.submit(work, command);
    await finished;
  } finally {
    bar?.clear();
  }
  return { problems: problemCount };
}

async function showRows(connection: Connection, batch: string, finding: string, limit: number): Promise<void> {
  const { rows, total, columns } = await connection.failingRows(batch, finding, limit);
  console.log(`\n${pc.bold(finding)}  ${rows.length} of ${total} rows`);
  console.log(table(['row', ...columns], rows.map(({ row, values }) => [String(row), ...values.map((value) => (value === null ? pc.dim('null') : String(value)))])).join('\n'));
}

async function writeReport(path: string, page: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeDurably(path, page);
}

async function withConnection(slipway: Command, act: (connection: Connection, workspace: string) => Promise<void>): Promise<void> {
  const workspace = await findWorkspace(slipway.opts<Options>().workspace);
  const connection = await connect(workspace);
  try {
    for (const note of connection.notes) console.error(`${pc.yellow('!')} ${note}`);
    await act(connection, workspace);
  } finally {
    await connection.close();
  }
}

async function findWorkspace(given: string | undefined): Promise<string> {
  if (given !== undefined) return resolve(given);
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    if (await stat(join(folder, 'slipway.yaml')).then(() => true, () => false)) return folder;
    if (folder === dirname(folder)) throw new Problem('config-missing', 'No slipway.yaml here or in a folder above', { where: { path: resolve('slipway.yaml') } });
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 up');
  return value;
}

function problemText({ detail, hint, where, issues }: Pick<ProblemBody, 'detail' | 'hint' | 'where' | 'issues'>): string {
  const place = where?.path === undefined ? '' : `${relative('.', where.path) || where.path}${where.line === undefined ? '' : `:${where.line}${where.column === undefined ? '' : `:${where.column}`}`}: `;
  const list = (issues ?? []).map((issue) => `  ${relative('.', issue.path) || issue.path}:${issue.line}:${issue.column}  ${issue.message}`);
  return [`${pc.red('!')} ${issues === undefined || issues.length === 0 ? place : ''}${detail}`, ...list, `  ${pc.dim(hint)}`].join('\n');
}

/** The first Ctrl-C asks the work to stop, the second ends the process. */
function listenForInterrupt(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCancelled);
      interrupt.abort();
    });
  }
}

listenForInterrupt();
try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitUsage;
  else if (error instanceof Problem && error.code === 'run-cancelled') {
    console.error('Cancelled: nothing half-done was saved');
    process.exitCode = exitCancelled;
  } else if (error instanceof Problem) {
    console.error(problemText(problemBody(error)));
    process.exitCode = error.code === 'internal' ? exitInternal : exitInput;
  } else {
    console.error(`${pc.red('!')} Slipway failed. This is a bug; please report it with this:`);
    console.error(error);
    process.exitCode = exitInternal;
  }
}
