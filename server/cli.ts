import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { pc } from './colours.ts';
import { batchPage } from '../figures/batch-page.ts';
import { readinessPage } from '../figures/readiness-page.ts';
import { reportPage } from '../figures/report-page.ts';
import type { FeedMessage } from '../protocol/feed.ts';
import type { Verdict } from '../protocol/measured.ts';
import { rowText } from '../protocol/number-text.ts';
import { problems, type ProblemBody, type ProblemCode } from '../protocol/problem.ts';
import type { BatchReport, RunReport, RunSummary } from '../protocol/run.ts';
import type { ServingStatus } from '../protocol/serving.ts';
import { addressOf, type ViewTarget } from '../protocol/view.ts';
import type { ReadinessReport } from '../protocol/workspace.ts';
import type { Browser } from './browser.ts';
import { columnsText } from './columns-text.ts';
import { configFile, loadConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { writeDurably } from './engines/durable-file.ts';
import { follow, type Follower } from './follow.ts';
import { junitOf } from './junit.ts';
import { gateProblems, issueProblem } from './problem-lines.ts';
import { Problem, problemBody } from './problem.ts';
import { readinessText, verdictsOfReadiness } from './readiness-text.ts';
import { rejudge } from './rejudge.ts';
import type { ShadowOptions } from './shadow-command.ts';
import { batchText, exitCodes, openProgressBar, runsText, runText, statusText, table, worstVerdict } from './terminal.ts';
import { version } from './version.ts';

const exitUsage = 64;
const exitInput = 65;
const exitInternal = 70;
const exitCancelled = 130;

const exitCodesHelp = `
Exit codes:
    0  every verdict is a pass
    1  a gate or a blocking check failed
    2  inconclusive: there is too little data to tell
    3  an error in the evidence: something could not be measured, or a model file was refused
   64  the command line is wrong
   65  slipway.yaml, or a file it names, is wrong
   70  a bug in Slipway
  130  cancelled`;

/** How often a command begins anew when the process it talked to has ended. */
const takeoversMax = 5;
/** Past this a cancel no longer waits for things to end in order: whatever they are, they survive a kill. */
const interruptGraceMs = 400;

interface Options {
  workspace?: string;
}

/** Set while a command runs, so that Ctrl-C cancels it and a second Ctrl-C ends the process. */
const interrupt = new AbortController();
/** What an interrupt ends with: a command that does nothing but wait for it is not cancelled by it. */
let interruptedCode = exitCancelled;

function program(): Command {
  const slipway = new Command('slipway')
    .description('Judge models before they replace the one in production: data quality, drift, paired comparison, gates')
    .version(version)
    .option('-w, --workspace <folder>', 'folder that holds slipway.yaml (default: the nearest one upwards)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .configureOutput({ outputError: (text, write) => write(`${pc.red('!')} ${text.replace(/^error: /, '').trim()}\n  ${pc.dim(problems.usage)}\n`) })
    .addHelpText('after', exitCodesHelp);

  const command = (name: string, description: string) => slipway.command(name).description(description).exitOverride();

  command('init', 'look at the models and data that are here, and write a slipway.yaml that works')
    .option('--print', 'print it instead of writing it')
    .action(async (options: { print?: boolean }) => {
      const workspace = resolve(slipway.opts<Options>().workspace ?? '.');
      const { init } = await import('./init.ts');
      const bar = openProgressBar(process.stderr, () => performance.now());
      const { text, notes, path } = await init({ workspace, write: options.print !== true, signal: interrupt.signal, onProgress: (subject, done, total) => bar.update({ step: 'profile', subject, done, total, unit: 'files' }) });
      bar.clear();
      if (options.print === true) process.stdout.write(text);
      else console.log(`${pc.green('✓')} wrote ${relative('.', path) || path}\n\n${text.trimEnd()}`);
      // What is printed may be written to a file as it is.
      for (const note of notes) (options.print === true ? console.error : console.log)(`${pc.yellow('?')} ${note}`);
      if (options.print !== true) console.log(`\nNext: slipway run`);
    });

  command('run [model]', 'judge every model version that has no verdict yet')
    .option('--version-name <name...>', 'only these versions of the model')
    .option('--force', 'judge again even where nothing has changed')
    .option('--watch', 'keep judging as models and data change, until Ctrl-C')
    .option('--json', 'print the run reports as JSON lines (RunReport in docs/contract.md)')
    .option('--junit <file>', 'write the gates as JUnit XML')
    .option('--report <folder>', 'where HTML reports go', '.slipway/reports')
    .option('--all', 'show every gate and column, not only what did not pass')
    .option('--problems', 'print also a line for each gate that did not pass, as compilers do, for editors and CI')
    .action(async (model: string | undefined, options: { versionName?: string[]; force?: boolean; watch?: boolean; json?: boolean; junit?: string; report: string; all?: boolean; problems?: boolean }) => {
      const startedAt = new Date().toISOString();
      const reports = new Map<string, RunReport>();
      const shownBatches = new Set<string>();
      await withConnection(slipway, async (connection, workspace) => {
        const onRun = async (run: RunSummary, kept: boolean): Promise<void> => {
          const report = await connection.readRun(run.id);
          const isNew = !kept || (run.startedAt >= startedAt && !reports.has(run.id));
          reports.set(run.id, report);
          if (options.junit !== undefined) await writeOutput(options.junit, junitOf([...reports.values()]));
          const path = resolve(workspace, options.report, `${report.model.name}-${report.model.version}.html`);
          if (isNew) await writeOutput(path, reportPage(report));
          if (options.json === true) console.log(JSON.stringify(report));
          else if (isNew) console.log(`\n${runText(report, { all: options.all, reportPath: relative('.', path), shownBatches })}`);
          // Of standing verdicts, too: whoever collects the lines has forgotten those of the last time.
          const lines = options.problems === true ? gateProblems(report) : [];
          if (lines.length > 0) console.error(lines.map((line) => join(relative('.', workspace), line)).join('\n'));
        };
        if (options.watch === true && options.json !== true) console.error(pc.dim(`Watching ${relative('.', workspace) || 'this folder'} for models and data; Ctrl-C ends`));
        const models = model === undefined ? undefined : [model];
        const { runs, refused, problems: met } = await follow(connection, { kind: 'run', models, versions: options.versionName, force: options.force, watch: options.watch }, follower({ quiet: options.json, onRun }));
        if (options.junit !== undefined) await writeOutput(options.junit, junitOf([...reports.values()]));
        if (options.json !== true && met.length === 0 && runs.every((run) => run.startedAt < startedAt)) {
          console.log(`${statusText(await connection.snapshot())}\n\nNothing has changed since these verdicts; --force judges again`);
        }
        const candidates = runs.filter(({ role }) => role === 'candidate');
        const verdicts = (candidates.length > 0 ? candidates : runs).map(({ decision }) => decision.verdict);
        process.exitCode = exitOf(met) ?? exitCodes[worstVerdict([...verdicts, ...refused.map((): Verdict => 'error')])];
      });
    });

  command('check <file>', 'data quality and drift of one batch, before any model')
    .option('--reference <dataset>', 'dataset of slipway.yaml, or file, to compare with (default: reference)')
    .option('--json', 'print the batch report as JSON (BatchReport in docs/contract.md)')
    .option('--report <file>', 'write the HTML report')
    .option('--rows <finding>', 'show the rows behind a finding')
    .option('--limit <n>', 'how many rows to show', wholeNumber, 20)
    .option('--all', 'show every check and column')
    .action(async (file: string, options: { reference?: string; json?: boolean; report?: string; rows?: string; limit: number; all?: boolean }) => {
      await withConnection(slipway, async (connection, workspace) => {
        const found: BatchReport[] = [];
        const onBatch = async (id: string): Promise<void> => void found.push(await connection.readBatch(id));
        const reference = options.reference !== undefined && existsSync(options.reference) ? await realpath(options.reference) : options.reference;
        const { problems: met } = await follow(connection, { kind: 'check', path: await realpath(file).catch(() => resolve(file)), reference }, follower({ quiet: options.json, onBatch }));
        const [report] = found;
        if (report === undefined) {
          process.exitCode = exitOf(met) ?? exitInternal;
          return;
        }
        if (options.json === true) console.log(JSON.stringify(report));
        else console.log(batchText(report, { all: options.all }));
        if (options.json !== true && report.referenceProfile === null) console.log(`\n${columnsText(report.profile)}\n\n${nothingToCompareText(workspace)}`);
        if (options.report !== undefined) await writeOutput(options.report, batchPage(report));
        if (options.rows !== undefined) await showRows(connection, report.id, options.rows, options.limit);
        process.exitCode = exitOf(met) ?? exitCodes[worstVerdict(verdictsOf(report))];
      }, { configNeeded: false });
    });

  command('status', 'models, their verdicts, and what blocks them')
    .option('--json', 'print the snapshot as JSON')
    .action(async (options: { json?: boolean }) => {
      await withConnection(slipway, async (connection) => {
        const snapshot = await connection.snapshot();
        const models = snapshot.problem === null && options.json !== true ? [...new Set(snapshot.models.map(({ model }) => model))] : [];
        const readiness = await Promise.all(models.map((model) => connection.readiness(model)));
        console.log(options.json === true ? JSON.stringify(snapshot) : statusText(snapshot, readiness));
        if (snapshot.problem !== null) {
          if (options.json !== true) console.error(`\n${problemText(snapshot.problem)}`);
          process.exitCode = exitInput;
        }
      });
    });

  command('readiness [model]', 'what still keeps a model from production: every criterion with its evidence or its statement')
    .option('--json', 'print the reports as JSON lines (ReadinessReport in docs/contract.md)')
    .option('--report <file>', 'write the HTML report')
    .option('--all', 'show every criterion, not only what is not met')
    .action(async (model: string | undefined, options: { json?: boolean; report?: string; all?: boolean }) => {
      await withConnection(slipway, async (connection, workspace) => {
        const models = model === undefined ? await modelNames(workspace) : [model];
        const reports: ReadinessReport[] = [];
        for (const name of models) reports.push(await connection.readiness(name));
        console.log(reports.map((report) => (options.json === true ? JSON.stringify(report) : readinessText(report, { all: options.all }))).join(options.json === true ? '\n' : '\n\n'));
        if (options.report !== undefined) await writeOutput(options.report, readinessPage(reports, new Date().toISOString()));
        process.exitCode = exitCodes[worstVerdict(reports.flatMap(verdictsOfReadiness))];
      });
    });

  command('state <criterion>', 'state that a readiness criterion is met, where nothing can be measured')
    .option('--model <name>', 'of which model (default: the only one)')
    .option('--by <name>', 'who states it: name and role, as in "Ada Lovelace, security lead" (default: the git identity)')
    .requiredOption('--text <text>', 'what is stated, and where to look it up')
    .option('--expires <date>', 'day from which it no longer counts', date)
    .action(async (criterion: string, options: { model?: string; by?: string; text: string; expires?: string }) => {
      await withConnection(slipway, async (connection, workspace) => {
        const by = options.by ?? (await gitIdentity(workspace));
        if (options.by === undefined) console.error(`${pc.yellow('!')} Stated as ${by}, which is what git says; --by names somebody else`);
        const { problems: met } = await follow(connection, { kind: 'state', model: options.model ?? (await onlyModel(workspace)), criterion, by, text: options.text, expires: options.expires ?? null }, follower({}));
        if (met.length === 0) console.log(`${pc.green('✓')} ${criterion}: stated by ${by}${options.expires === undefined ? '' : ` until ${options.expires.slice(0, 10)}`}`);
        process.exitCode = exitOf(met) ?? 0;
      });
    });

  command('runs', 'the saved runs, newest first')
    .option('--model <name>', 'of one model')
    .option('--limit <n>', 'how many', wholeNumber, 30)
    .option('--json', 'print the summaries as JSON')
    .action(async (options: { model?: string; limit: number; json?: boolean }) => {
      await withConnection(slipway, async (connection) => {
        const runs = await connection.runs({ model: options.model, limit: options.limit });
        if (options.json === true) console.log(JSON.stringify(runs));
        else if (runs.length === 0 && options.model !== undefined) console.log(`No run of ${options.model} is saved`);
        else console.log(runsText(runs));
      });
    });

  command('show <run>', 'replay a saved verdict from its record')
    .option('--json', 'print the whole record')
    .option('--report <file>', 'write the HTML report')
    .option('--junit <file>', 'write the gates as JUnit XML')
    .option('--rows <finding>', 'show the rows behind a data-quality finding')
    .option('--limit <n>', 'how many rows to show', wholeNumber, 20)
    .action(async (id: string, options: { json?: boolean; report?: string; junit?: string; rows?: string; limit: number }) => {
      await withConnection(slipway, async (connection) => {
        const report = await connection.readRun(id);
        const again = rejudge(report);
        if (options.report !== undefined) await writeOutput(options.report, reportPage(report));
        if (options.junit !== undefined) await writeOutput(options.junit, junitOf([report]));
        if (options.json === true) console.log(JSON.stringify(report));
        else {
          console.log(runText(report, { all: true, reportPath: options.report }));
          console.log(again.same ? `${pc.green('✓')} judged again from the record: the same verdicts` : `${pc.red('!')} judged again from the record, these differ: ${again.differing.join(', ')}`);
        }
        if (options.rows !== undefined) {
          const batches = [...report.batches].sort((a, b) => Number(b.role === 'current') - Number(a.role === 'current'));
          const batch = batches.find(({ batch }) => batch.dataQuality.findings.some(({ id }) => id === options.rows)) ?? batches[0];
          if (batch === undefined) throw new Problem('not-found', `Run ${report.id} looked at no data`);
          await showRows(connection, batch.batch.id, options.rows, options.limit);
        }
        process.exitCode = again.same ? exitCodes[report.decision.verdict] : exitCodes.error;
      });
    });

  command('view [id]', 'the reports as pages for a browser on this machine, until Ctrl-C')
    .option('--open', 'also open them in the default browser')
    .option('--json', 'print the address as JSON: {"url": …}')
    .action(async (id: string | undefined, options: { open?: boolean; json?: boolean }) => {
      const { openBrowser } = await import('./browser.ts');
      let browser: Browser | null = null;
      interruptedCode = 0;
      let upstream = { socket: '', token: '' };
      try {
        await withConnection(slipway, async (connection, workspace) => {
          upstream = connection.address;
          if (browser === null) {
            const target = await targetOf(connection, id);
            browser = await openBrowser({ upstream: () => upstream, title: `Slipway · ${basename(workspace)}`, now: Date.now });
            const url = `${browser.address()}#${addressOf(target)}`;
            console.log(options.json === true ? JSON.stringify({ url }) : url);
            if (options.json !== true) console.error(pc.dim('Opens once, within five minutes; Ctrl-C closes the pages'));
            if (options.open === true) openInDefaultBrowser(url);
          }
          await untilClosed(browser, connection);
        });
      } finally {
        await (browser as Browser | null)?.close();
      }
    });

  command('serve', 'answer requests for predictions over the Open Inference Protocol, until Ctrl-C')
    .option('--port <number>', 'port to listen on; 0 takes any that is free', portNumber, 0)
    .option('--host <address>', 'address to listen on; others than this machine’s own need keys', '127.0.0.1')
    .option('--json', 'print the address as JSON once it answers: {"url": …}')
    .action(async (options: { port: number; host: string; json?: boolean }) => {
      interruptedCode = 0;
      let { port } = options;
      const { readyText, servingText } = await import('./serving-text.ts');
      await withConnection(slipway, async (connection) => {
        const before = (await connection.snapshot()).serving;
        const status = await connection.serve({ host: options.host, port });
        if (status.url === null) throw new Error('the port is open and has no address');
        // After a takeover clients find it where it was.
        port = Number(new URL(status.url).port);
        try {
          console.log(options.json === true ? JSON.stringify({ url: status.url }) : readyText(status, await exampleRow(connection, status)));
          if (before !== null) console.error(pc.dim('It was being served already; Ctrl-C ends this command, and the port with it'));
          await untilInterrupted(connection, (message) => {
            if (message.kind === 'serving-changed' && options.json !== true) console.error(servingText(message.serving));
            if (message.kind === 'model-refused') console.error(`${pc.red('✗')} ${message.file.path}: ${message.file.message}`);
            if (message.kind === 'problem' && message.work !== '*') console.error(problemText(message.problem));
          });
        } finally {
          await connection.stopServing().catch((error: unknown) => {
            if (!(error instanceof Problem) || (error.code !== 'server-unreachable' && error.code !== 'not-found')) throw error;
          });
        }
      });
    });

  command('shadow [comparison]', 'a candidate beside production on the same inputs: replay what was recorded, or show what was compared')
    .option('--replay <data>', 'what both are asked: a dataset or a batch of slipway.yaml, a file, or `log` for what was served')
    .option('--candidate <version>', 'version that may come into production')
    .option('--production <version>', 'version it is compared with (default: the champion)')
    .option('--model <name>', 'of which model (default: the only one)')
    .option('--intent <intent>', 'new-model: differences are expected, and labels say who is right; same-build: every difference is a fault', 'new-model')
    .option('--pace <pace>', 'recorded pace times this, such as 1x or 10x; max for as fast as it goes', 'max')
    .option('--from <time>', 'of the log, from this time on', time)
    .option('--to <time>', 'of the log, up to this time', time)
    .option('--json', 'print the comparison as JSON (ShadowRecord in docs/contract.md)')
    .option('--all', 'show every disagreement that was kept')
    .action(async (id: string | undefined, options: ShadowOptions) => {
      const { showShadow, listShadows, replayRequestOf } = await import('./shadow-command.ts');
      await withConnection(slipway, async (connection, workspace) => {
        if (options.replay === undefined) {
          if (options.candidate !== undefined) throw new Problem('usage', '--candidate needs --replay, which says what both are asked');
          if (id === undefined) return console.log(await listShadows(connection, options.model ?? null, options.json === true));
          process.exitCode = await showShadow(connection, id, options);
          return;
        }
        const request = await replayRequestOf(options, options.model ?? (await onlyModel(workspace)));
        const made: string[] = [];
        const { problems: met } = await follow(connection, { kind: 'replay', ...request }, follower({ quiet: options.json, onShadow: async (each) => void made.push(each) }));
        const [comparison] = made;
        process.exitCode = comparison === undefined ? (exitOf(met) ?? exitInternal) : await showShadow(connection, comparison, options);
      });
    });

  const labels = command('labels', 'what turned out to be right');
  labels
    .command('import <file>')
    .description('keep labels beside the predictions they belong to')
    .exitOverride()
    .option('--model <name>', 'of which model (default: the only one)')
    .option('--by <column>', 'column of the predictions that the keys are values of, such as input.order_id', 'request_id')
    .option('--key <column>', 'column of the file that holds the keys (default: as --by, without input.)')
    .option('--label <column>', 'column of the file that holds the labels', 'label')
    .option('--json', 'print the counts as JSON')
    .action(async (file: string, options: { model?: string; by: string; key?: string; label: string; json?: boolean }) => {
      const { importLabelsFrom, labelsText } = await import('./labels-command.ts');
      const workspace = await findWorkspace(slipway.opts<Options>().workspace);
      const counts = await importLabelsFrom(resolve(file), { ...options, workspace, model: options.model ?? (await onlyModel(workspace)), signal: interrupt.signal });
      console.log(options.json === true ? JSON.stringify(counts) : labelsText(counts));
    });

  const keys = command('keys', 'keys for those who ask for predictions');
  const keysCommand = (name: string, description: string) => keys.command(name).description(description).exitOverride();

  keysCommand('add <name>', 'make a key and show it, once; from then on requests need one')
    .option('--scope <scope...>', 'what it is for: infer, read, admin', ['infer', 'read'])
    .option('--rate <requests>', 'requests a second it may send', positiveNumber)
    .action(async (name: string, options: { scope: string[]; rate?: number }) => {
      const { addKey } = await import('./keys.ts');
      const { keyScopes } = await import('./serving/api-keys.ts');
      const scopes = options.scope.map((scope) => {
        const known = keyScopes.find((each) => each === scope);
        if (known === undefined) throw new Problem('usage', `${scope} is no scope; there are ${keyScopes.join(', ')}`);
        return known;
      });
      const workspace = await findWorkspace(slipway.opts<Options>().workspace);
      const text = await addKey(workspace, { name, scopes, rate: options.rate === undefined ? null : { perSecond: options.rate, burst: Math.max(1, Math.ceil(options.rate)) } }, new Date());
      console.log(text);
      console.error(pc.dim('Shown this once. Send it as `Authorization: Bearer <key>`; a port that is open without keys needs them from its next start'));
    });

  keysCommand('list', 'names, scopes and rates; the keys themselves are kept nowhere')
    .option('--json', 'print them as JSON')
    .action(async (options: { json?: boolean }) => {
      const { readKeys } = await import('./keys.ts');
      const all = (await readKeys(await findWorkspace(slipway.opts<Options>().workspace))).map(({ name, scopes, rate, createdAt }) => ({ name, scopes, perSecond: rate?.perSecond ?? null, createdAt }));
      if (options.json === true) console.log(JSON.stringify(all));
      else if (all.length === 0) console.log('There are no keys: whoever reaches the port on this machine may ask');
      else console.log(table(['name', 'scopes', 'requests/s', 'made'], all.map(({ name, scopes, perSecond, createdAt }) => [name, scopes.join(', '), perSecond === null ? 'no limit' : String(perSecond), createdAt.slice(0, 10)])).join('\n'));
    });

  keysCommand('remove <name>', 'take a key away; it opens nothing within a second').action(async (name: string) => {
    const { removeKey } = await import('./keys.ts');
    await removeKey(await findWorkspace(slipway.opts<Options>().workspace), name);
    console.log(`${pc.green('✓')} ${name} opens nothing any more`);
  });

  command('mcp', 'serve the tools for agents (Model Context Protocol) on standard input and output').action(async () => {
    const { serveTools } = await import('./mcp.ts');
    await serveTools(await findWorkspace(slipway.opts<Options>().workspace), interrupt.signal);
  });

  command('doctor', 'what this machine can run on, and why not on the rest')
    .option('--json', 'print it as JSON')
    .action(async (options: { json?: boolean }) => {
      const { diagnose, diagnosisText } = await import('./doctor.ts');
      const findings = await diagnose({ workspace: await findWorkspace(slipway.opts<Options>().workspace).catch(() => null), signal: interrupt.signal });
      console.log(options.json === true ? JSON.stringify(findings) : diagnosisText(findings));
      const failed = findings.filter(({ verdict }) => verdict === 'fail');
      process.exitCode = failed.length === 0 ? 0 : failed.every(({ subject }) => subject === 'slipway.yaml') ? exitInput : exitCodes.fail;
    });

  return slipway;
}

/** A run, a batch or a comparison by its id; without one, all runs. */
async function targetOf(connection: Connection, id: string | undefined): Promise<ViewTarget> {
  if (id === undefined) return { view: 'runs', model: null };
  if (id.startsWith('s-')) {
    const { summary } = await connection.readShadow(id);
    return { view: 'shadow', model: summary.model, id: summary.id };
  }
  const run = await connection.readRun(id).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'run-missing') return null;
    throw error;
  });
  return run === null ? { view: 'data', batch: (await connection.readBatch(id)).id } : { view: 'gates', run: run.id };
}

/** A row of the first model's data, to be tried with. */
async function exampleRow(connection: Connection, { models }: ServingStatus): Promise<object | null> {
  return models.length === 0 ? null : connection.exampleRow(models[0].model);
}

/** @throws Problem `server-unreachable` when the owner of the workspace ends first */
function untilInterrupted(connection: Connection, hear: (message: FeedMessage) => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    interrupt.signal.addEventListener('abort', () => resolve(), { once: true });
    if (interrupt.signal.aborted) resolve();
    connection.subscribe((message) => {
      hear(message);
      if (message.kind === 'problem' && message.work === '*') reject(new Problem(message.problem.code, message.problem.detail));
    });
  });
}

/** @throws Problem `server-unreachable` when the owner of the workspace ends first */
function untilClosed(browser: Browser, connection: Connection): Promise<void> {
  const closed = browser.closed.then(() => {
    if (!interrupt.signal.aborted) console.error(pc.dim('Nobody has looked for half an hour; the pages are closed'));
  });
  return Promise.race([closed, untilInterrupted(connection)]);
}

function openInDefaultBrowser(url: string): void {
  const [program, ...args] = process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler', url] : ['xdg-open', url];
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => console.error(`${pc.yellow('!')} ${program} could not be started; open the address yourself`));
  child.unref();
}

/** What a person sees of work under way; with `--json`, problems alone. */
function follower({ quiet = false, ...on }: { quiet?: boolean } & Pick<Follower, 'onRun' | 'onBatch' | 'onShadow'>): Follower {
  const hinted = new Set<string>();
  // A hundred files refused for one reason need its next step once.
  const hintOnce = (code: ProblemCode): string => {
    if (hinted.has(code)) return '';
    hinted.add(code);
    return `\n  ${pc.dim(problems[code])}`;
  };
  return {
    ...on,
    bar: quiet ? null : openProgressBar(process.stderr, () => performance.now()),
    signal: interrupt.signal,
    onRefused: ({ path, message, code }) => console.error(`${pc.red('✗')} ${path}: ${message}${hintOnce(code)}`),
    onProblem: (problem) => console.error(problemText(problem)),
  };
}

/** The exit code of work that met problems; null when it met none. */
function exitOf(met: ProblemBody[]): number | null {
  return met.length === 0 ? null : met.some(({ code }) => code === 'internal') ? exitInternal : exitInput;
}

/** What the exit code of a batch is made of: checks that block, and whatever could not be judged. Drift is shown; gates judge it. */
function verdictsOf({ dataQuality, drift, referenceProfile }: BatchReport): Verdict[] {
  const checks = dataQuality.findings.filter(({ severity, verdict }) => severity === 'block' || verdict === 'error').map(({ verdict }) => verdict);
  const isDriftUnknown = referenceProfile !== null && (drift === null || drift.columns.some(({ verdict }) => verdict === 'error'));
  // Fail closed: what was held against nothing has not passed.
  const isUnjudged = referenceProfile === null && dataQuality.findings.length === 0;
  return [isUnjudged ? 'inconclusive' : 'pass', ...checks, ...(isDriftUnknown ? (['error'] as const) : [])];
}

/** A batch without a reference: what it holds, and what it takes to judge it. */
function nothingToCompareText(workspace: string): string {
  return existsSync(join(workspace, configFile))
    ? `${pc.yellow('?')} Nothing was compared: slipway.yaml has no dataset called reference\n  ${pc.dim('Add one, or name another with --reference <dataset or file>')}`
    : `${pc.yellow('?')} There is no slipway.yaml here, so there are no checks, no reference and no label column\n  ${pc.dim('`slipway init` writes one from the models and data that are here; --reference <file> compares with a file')}`;
}

async function showRows(connection: Connection, batch: string, finding: string, limit: number): Promise<void> {
  const { rows, total, columns } = await connection.failingRows(batch, finding, limit);
  console.log(`\n${pc.bold(finding)}  ${total === 0 ? 'no row breaks it' : `${rows.length} of ${total} rows`}`);
  if (rows.length === 0) return;
  console.log(table(['row', ...columns], rows.map(({ row, values }) => [rowText(row), ...values.map((value) => (value === null ? pc.dim('null') : String(value)))])).join('\n'));
}

async function writeOutput(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(resolve(path)), { recursive: true });
    await writeDurably(resolve(path), text);
  } catch (error) {
    throw new Problem('file-unwritable', `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** When the owner of the workspace ends first, whatever the reason, the command begins anew: here, or with the next owner. */
async function withConnection(slipway: Command, act: (connection: Connection, workspace: string) => Promise<void>, { configNeeded = true } = {}): Promise<void> {
  const workspace = await findWorkspace(slipway.opts<Options>().workspace).catch((error: unknown) => {
    if (configNeeded || !(error instanceof Problem) || error.code !== 'config-missing') throw error;
    return realpath(slipway.opts<Options>().workspace ?? '.');
  });
  // Databases and runtimes take a while to load, and neither help nor a mistyped option needs them.
  const { connect } = await import('./connection.ts');
  for (let takeovers = 0; ; takeovers++) {
    const connection = await connect(workspace, { signal: interrupt.signal });
    try {
      for (const note of connection.notes) console.error(`${pc.yellow('!')} ${note}`);
      return await act(connection, workspace);
    } catch (error) {
      const isLost = connection.remote && error instanceof Problem && error.code === 'server-unreachable';
      if (!isLost || interrupt.signal.aborted || takeovers === takeoversMax) throw error;
      console.error(`${pc.yellow('!')} The Slipway process that owned this workspace has ended; going on without it`);
    } finally {
      await connection.close();
    }
  }
}

async function findWorkspace(given: string | undefined): Promise<string> {
  if (given !== undefined) {
    const folder = await realpath(given).catch(() => null);
    if (folder === null || !(await stat(folder)).isDirectory()) throw new Problem('file-missing', `There is no folder ${given}`);
    if (!existsSync(join(folder, configFile))) throw new Problem('config-missing', `There is no slipway.yaml in ${given}`);
    return folder;
  }
  const here = await realpath('.');
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, configFile))) return folder;
    if (folder === dirname(folder)) throw new Problem('config-missing', 'There is no slipway.yaml here or in a folder above');
  }
}

async function modelNames(workspace: string): Promise<string[]> {
  const { models } = await loadConfig(workspace);
  if (models.length === 0) throw new Problem('model-missing', 'slipway.yaml names no model');
  return models.map(({ name }) => name);
}

async function onlyModel(workspace: string): Promise<string> {
  const names = await modelNames(workspace);
  if (names.length > 1) throw new Problem('usage', `Of which model? --model takes one of ${names.join(', ')}`);
  return names[0];
}

async function gitIdentity(workspace: string): Promise<string> {
  const { traceAuthor } = await import('./trace.ts');
  const author = await traceAuthor(workspace, interrupt.signal);
  if (author === null) throw new Problem('usage', 'Git names nobody here, so say who states it with --by');
  return author;
}

/** A calendar day, as the moment at which it begins (UTC). */
function date(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a day such as 2027-01-31.');
  return new Date(time).toISOString();
}

function time(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be a time such as 2027-01-31T08:00Z.');
  return new Date(at).toISOString();
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1e6)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1 up.');
  return value;
}

/** Where, what and what to do. A place that the message names itself is not said twice. */
function problemText({ detail, hint, where, issues }: Pick<ProblemBody, 'detail' | 'hint' | 'where' | 'issues'>): string {
  const short = (path: string) => relative('.', path) || path;
  const message = where?.path === undefined || !isAbsolute(where.path) ? detail : detail.replaceAll(where.path, short(where.path));
  const position = where?.path === undefined ? '' : [short(where.path), where.line, where.column].filter((part) => part !== undefined).join(':');
  const isSaid = issues !== undefined || position === '' || message.includes(position);
  const list = (issues ?? []).map((issue) => `  ${issueProblem(issue, short(issue.path))}`);
  return [`${pc.red('!')} ${isSaid ? '' : `${position}: `}${message}`, ...list, `  ${pc.dim(hint)}`].join('\n');
}

/** The first Ctrl-C asks the work to stop, the second ends the process. A reader of our output who has gone away wants no more either. */
function listenForInterrupt(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCancelled);
      interrupt.abort();
      setTimeout(() => {
        if (interruptedCode === exitCancelled) console.error(cancelledText);
        process.exit(interruptedCode);
      }, interruptGraceMs).unref();
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      interrupt.abort();
    });
  }
}

const cancelledText = 'Cancelled: nothing half-done was saved';

function endAsBug(error: unknown): void {
  console.error(`${pc.red('!')} Slipway failed. This is a bug; please report it with this and the log in .slipway/logs:`);
  console.error(error);
  process.exitCode = exitInternal;
}

listenForInterrupt();
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    endAsBug(error);
    process.exit();
  });
}
try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitUsage;
  else if (interrupt.signal.aborted || (error instanceof Problem && error.code === 'run-cancelled')) {
    console.error(cancelledText);
    process.exitCode = exitCancelled;
  } else if (error instanceof Problem) {
    console.error(problemText(problemBody(error)));
    process.exitCode = error.code === 'internal' ? exitInternal : error.code === 'usage' ? exitUsage : exitInput;
  } else endAsBug(error);
}
