import * as vscode from 'vscode';
import type { Command, FeedMessage } from '../protocol/feed.ts';
import { durationText } from '../protocol/number-text.ts';
import type { ConfigLines } from './config-lines.ts';
import type { JudgedRun } from './gate-findings.ts';
import * as l10n from './l10n.ts';
import { problemIn } from './problem-of.ts';
import type { RunRecords } from './run-records.ts';
import type { Session } from './session.ts';
import { configOf } from './sessions.ts';
import { type GateTest, type ModelTests, type VersionTests, idOf, testOutcome, testTree } from './test-tree.ts';
import type { Workbench } from './workbench.ts';

/** What a test item stands for. */
interface Subject {
  session: Session;
  model: string;
  version: string | null;
}

/** Runs that are read at once when a folder is opened; those of older versions are read when somebody looks at them. */
const readAtOnce = 20;

/**
 * Every gate of every version as a test. A run that anybody started shows its results here: in this view, in a tree, by a
 * page, in a terminal.
 */
export function registerTestExplorer({ sessions, log }: Pick<Workbench, 'sessions' | 'log'>, records: RunRecords, lines: ConfigLines): vscode.Disposable {
  const controller = vscode.tests.createTestController('slipway.gates', l10n.t('Slipway Gates'));
  const subjects = new WeakMap<vscode.TestItem, Subject>();
  /** Work that a test run follows itself. */
  const followed = new Set<string>();
  /** The run that each version shows or is about to, by the id of its item. */
  const shown = new Map<string, string>();

  // ---- the tree ---------------------------------------------------------------------------------------------------

  function draw(session: Session): void {
    const { outline, snapshot } = session;
    const wanted = wantedRuns(session);
    const models = outline === null || snapshot === null ? [] : testTree(outline, snapshot, (id) => (wanted.has(id) ? records.get(session, id) : null));
    const several = sessions.all.length > 1;
    const kept = new Set(models.map(({ id }) => itemId(session, id)));
    for (const [id, item] of controller.items) if (subjects.get(item)?.session === session && !kept.has(id)) controller.items.delete(id);
    for (const [index, model] of models.entries()) drawModel(session, model, index, several);
  }

  /** The newest runs, and those that are shown: reading a long history at once would keep the server from its work. */
  function wantedRuns({ snapshot }: Session): Set<string> {
    const newest = (snapshot?.models ?? []).flatMap(({ run }) => run ?? []).toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
    return new Set([...newest.slice(0, readAtOnce).map(({ id }) => id), ...shown.values()]);
  }

  function drawModel(session: Session, model: ModelTests, index: number, several: boolean): void {
    const item = itemIn(controller.items, session, model.id, model.label, { session, model: model.label, version: null });
    item.description = several ? session.folder.name : undefined;
    place(item, session, model.line, index);
    prune(item.children, session, model.versions);
    for (const [position, version] of model.versions.entries()) drawVersion(item, session, model, version, position);
  }

  function drawVersion(above: vscode.TestItem, session: Session, model: ModelTests, version: VersionTests, index: number): void {
    const item = itemIn(above.children, session, version.id, version.label, { session, model: model.label, version: version.version });
    item.canResolveChildren = version.run !== null && !shown.has(item.id);
    place(item, session, model.line, index);
    prune(item.children, session, version.gates);
    for (const [position, gate] of version.gates.entries()) drawGate(item, session, model, version, gate, position);
  }

  function drawGate(above: vscode.TestItem, session: Session, model: ModelTests, version: VersionTests, gate: GateTest, index: number): void {
    const item = itemIn(above.children, session, gate.id, gate.label, { session, model: model.label, version: version.version });
    place(item, session, gate.line, index);
  }

  function itemIn(items: vscode.TestItemCollection, session: Session, id: string, label: string, subject: Subject): vscode.TestItem {
    const whole = itemId(session, id);
    const known = items.get(whole);
    if (known !== undefined) {
      if (known.label !== label) known.label = label;
      return known;
    }
    const item = controller.createTestItem(whole, label, configOf(session));
    subjects.set(item, subject);
    items.add(item);
    return item;
  }

  function place(item: vscode.TestItem, session: Session, line: number, index: number): void {
    const now = lines.of(session, line);
    item.range = now === null ? undefined : new vscode.Range(now, 0, now, 0);
    item.sortText = String(index).padStart(4, '0');
  }

  function prune(items: vscode.TestItemCollection, session: Session, kept: readonly { id: string }[]): void {
    const ids = new Set(kept.map(({ id }) => itemId(session, id)));
    for (const [id] of items) if (!ids.has(id)) items.delete(id);
  }

  function versionItem(session: Session, model: string, version: string): vscode.TestItem | undefined {
    return controller.items.get(itemId(session, idOf(model)))?.children.get(itemId(session, idOf(model, version)));
  }

  // ---- results ----------------------------------------------------------------------------------------------------

  /** The saved verdict, gate by gate, and the version's own by its decision. */
  async function report(run: vscode.TestRun, session: Session, id: string): Promise<void> {
    const record = await records.read(session, id);
    draw(session);
    const item = versionItem(session, record.model.name, record.model.version);
    if (item === undefined) return;
    for (const result of record.gates) {
      const test = item.children.get(itemId(session, idOf(record.model.name, record.model.version, result.gate.id)));
      if (test !== undefined) reportGate(run, test, session, testOutcome(result));
    }
    reportDecision(run, item, session, record);
  }

  function reportGate(run: vscode.TestRun, test: vscode.TestItem, session: Session, outcome: ReturnType<typeof testOutcome>): void {
    switch (outcome.state) {
      case 'passed':
        return run.passed(test);
      case 'failed':
        return run.failed(test, located(vscode.TestMessage.diff(outcome.message, outcome.expected, outcome.actual), test, session));
      case 'errored':
        return run.errored(test, located(new vscode.TestMessage(outcome.message), test, session));
      case 'skipped':
        say(run, outcome.message, test);
        return run.skipped(test);
    }
  }

  function reportDecision(run: vscode.TestRun, item: vscode.TestItem, session: Session, { decision, startedAt, finishedAt }: JudgedRun): void {
    const milliseconds = Date.parse(finishedAt) - Date.parse(startedAt);
    say(run, l10n.t('{0} ({1})', decision.sentence, durationText(milliseconds)), item);
    if (decision.verdict === 'pass') return run.passed(item, milliseconds);
    const message = located(new vscode.TestMessage(decision.sentence), item, session);
    if (decision.verdict === 'fail') return run.failed(item, message, milliseconds);
    run.errored(item, message, milliseconds);
  }

  function located(message: vscode.TestMessage, test: vscode.TestItem, session: Session): vscode.TestMessage {
    message.location = new vscode.Location(configOf(session), test.range ?? new vscode.Position(0, 0));
    return message;
  }

  /** Verdicts that nobody asked this view for: of another window, a terminal, or from before. */
  async function reportOthers(session: Session, ids: readonly string[], name: string): Promise<void> {
    const items = (session.snapshot?.models ?? []).flatMap(({ model, version, run }) => (run !== null && ids.includes(run.id) ? (versionItem(session, model, version) ?? []) : []));
    if (items.length === 0) return;
    const run = controller.createTestRun(new vscode.TestRunRequest(items, undefined, undefined, false, true), name, false);
    try {
      for (const id of ids) await report(run, session, id);
    } catch (error) {
      log.warn(`verdicts cannot be shown as tests: ${problemIn(error).detail}`);
    } finally {
      run.end();
    }
  }

  /** Verdicts in the snapshot that are not shown yet. */
  function catchUp(session: Session): void {
    const wanted = wantedRuns(session);
    const open = (session.snapshot?.models ?? []).flatMap(({ model, version, run }) => {
      const id = itemId(session, idOf(model, version));
      if (run === null || shown.get(id) === run.id || !wanted.has(run.id)) return [];
      shown.set(id, run.id);
      return [run.id];
    });
    if (open.length > 0) void reportOthers(session, open, l10n.t('Saved verdicts'));
  }

  // ---- running ----------------------------------------------------------------------------------------------------

  async function perform(request: vscode.TestRunRequest, token: vscode.CancellationToken, force: boolean): Promise<void> {
    const work = commandsFor(request);
    if (request.continuous === true) {
      const sessionsMeant = [...new Set(work.map(({ session }) => session))];
      await Promise.all(sessionsMeant.map((session) => session.perform({ kind: 'run', models: modelsOf(work, session), watch: true }, { token })));
      return;
    }
    const run = controller.createTestRun(request);
    const cancelled = new vscode.CancellationTokenSource();
    const tokens = [token.onCancellationRequested(() => cancelled.cancel()), run.token.onCancellationRequested(() => cancelled.cancel())];
    try {
      for (const { items } of work) for (const item of items) eachTest(item, (test) => run.enqueued(test));
      for (const { session, command, items } of work) await follow(run, session, { ...command, ...(force ? { force } : {}) }, items, cancelled.token);
    } finally {
      for (const subscription of tokens) subscription.dispose();
      cancelled.dispose();
      run.end();
    }
  }

  async function follow(run: vscode.TestRun, session: Session, command: Command, items: readonly vscode.TestItem[], token: vscode.CancellationToken): Promise<void> {
    let own: string | null = null;
    const judged = new Set<string>();
    const reports: Promise<void>[] = [];
    const hear = (message: FeedMessage): void => {
      if (own === null || !('work' in message) || message.work !== own) return;
      switch (message.kind) {
        case 'run-started': {
          const item = versionItem(session, message.model, message.version);
          if (item !== undefined) eachTest(item, (test) => run.started(test));
          return say(run, l10n.t('{0} {1}', message.model, message.version));
        }
        case 'step':
          if (message.outcome.state === 'failed') say(run, `  ${message.outcome.step} ${message.outcome.subject ?? ''}: ${message.outcome.problem?.detail ?? ''}`);
          return;
        case 'model-refused':
          return say(run, `${message.file.path}: ${message.file.message}`);
        case 'problem':
          return say(run, message.problem.detail);
        case 'run-finished':
        case 'run-kept':
          judged.add(idOf(message.run.model, message.run.version));
          shown.set(itemId(session, idOf(message.run.model, message.run.version)), message.run.id);
          reports.push(report(run, session, message.run.id));
          return;
        default:
          return;
      }
    };
    const listening = session.onMessage(hear);
    let left: { state: 'skipped' } | { state: 'errored'; reason: string } = { state: 'skipped' };
    try {
      const outcome = await session.perform(command, { token, started: (id) => followed.add((own = id)) });
      const reason = outcome.problems.map(({ detail }) => detail).join('\n');
      if (outcome.state !== 'cancelled') left = { state: 'errored', reason: reason === '' ? l10n.t('This version was not judged; the output says why') : reason };
    } catch (error) {
      left = { state: 'errored', reason: problemIn(error).detail };
      say(run, left.reason);
    } finally {
      listening.dispose();
    }
    await Promise.allSettled(reports);
    if (own !== null) followed.delete(own);
    // A test that was asked for and not judged must not look as if nothing were wrong.
    for (const item of items) {
      eachVersion(item, (version) => {
        const subject = subjects.get(version);
        if (subject?.version == null || judged.has(idOf(subject.model, subject.version))) return;
        const state = left;
        eachTest(version, (test) => (state.state === 'skipped' ? run.skipped(test) : run.errored(test, located(new vscode.TestMessage(state.reason), test, session))));
      });
    }
  }

  /** One command for each model; a gate is judged with the others of its version. */
  function commandsFor({ include, exclude }: vscode.TestRunRequest): { session: Session; command: Extract<Command, { kind: 'run' }>; items: vscode.TestItem[] }[] {
    const left = new Set(exclude ?? []);
    const asked = new Map<vscode.TestItem, Set<vscode.TestItem>>();
    const all = include ?? [...controller.items].map(([, item]) => item);
    for (const item of all) {
      eachVersion(versionAbove(item), (version) => {
        const model = version.parent ?? version;
        if (left.has(version) || left.has(model)) return;
        asked.set(model, (asked.get(model) ?? new Set()).add(version));
      });
    }
    return [...asked].flatMap(([model, versions]) => {
      const subject = subjects.get(model);
      if (subject === undefined) return [];
      const isWhole = versions.has(model) || versions.size === model.children.size;
      const names = [...versions].flatMap((version) => subjects.get(version)?.version ?? []);
      return [{ session: subject.session, command: { kind: 'run', models: [subject.model], ...(isWhole ? {} : { versions: names }) } as const, items: [...versions] }];
    });
  }

  function modelsOf(work: readonly { session: Session; command: Extract<Command, { kind: 'run' }> }[], session: Session): string[] {
    return work.filter((each) => each.session === session).flatMap(({ command }) => command.models ?? []);
  }

  /** The version of a gate; versions and models stand for themselves. */
  function versionAbove(item: vscode.TestItem): vscode.TestItem {
    const above = item.parent;
    return above !== undefined && subjects.get(above)?.version != null ? above : item;
  }

  /** The versions of a model; a model without any stands for itself, since a run may find some. */
  function eachVersion(item: vscode.TestItem, visit: (version: vscode.TestItem) => void): void {
    if (subjects.get(item)?.version != null || item.children.size === 0) return visit(item);
    for (const [, child] of item.children) visit(child);
  }

  /** A version, as its decision, and its gates. */
  function eachTest(item: vscode.TestItem, visit: (test: vscode.TestItem) => void): void {
    if (subjects.get(item)?.version != null) visit(item);
    for (const [, child] of item.children) eachTest(child, visit);
  }

  // ---- life -------------------------------------------------------------------------------------------------------

  const handler = (force: boolean) => (request: vscode.TestRunRequest, token: vscode.CancellationToken) => perform(request, token, force);
  controller.createRunProfile(l10n.t('Run Gates'), vscode.TestRunProfileKind.Run, handler(false), true, undefined, true);
  controller.createRunProfile(l10n.t('Judge Again'), vscode.TestRunProfileKind.Run, handler(true), false);
  controller.refreshHandler = async () => {
    for (const session of sessions.all) await session.refresh();
  };
  controller.resolveHandler = async (item) => {
    const subject = item === undefined ? undefined : subjects.get(item);
    const run = subject?.session.snapshot?.models.find(({ model, version }) => model === subject.model && version === subject.version)?.run;
    if (item === undefined || subject === undefined || run == null || shown.get(item.id) === run.id) return;
    shown.set(item.id, run.id);
    await reportOthers(subject.session, [run.id], l10n.t('Saved verdicts'));
  };

  const visits = sessions.each((session) => {
    const stale = watchEvidence(session, () => controller.invalidateTestResults([...controller.items].filter(([, item]) => subjects.get(item)?.session === session).map(([, item]) => item)));
    const redraw = (): void => {
      draw(session);
      catchUp(session);
      stale.follow();
    };
    redraw();
    const subscriptions = [
      session.onDidChange(redraw),
      session.onMessage((message) => {
        if ((message.kind !== 'run-finished' && message.kind !== 'run-kept') || followed.has(message.work)) return;
        shown.set(itemId(session, idOf(message.run.model, message.run.version)), message.run.id);
        void reportOthers(session, [message.run.id], l10n.t('{0} {1}', message.run.model, message.run.version));
      }),
    ];
    return {
      dispose() {
        for (const subscription of [...subscriptions, stale]) subscription.dispose();
        for (const [id, item] of controller.items) if (subjects.get(item)?.session === session) controller.items.delete(id);
      },
    };
  });
  const subscriptions = [controller, visits, records.onDidChange(draw), lines.onDidChange(draw)];
  return {
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

/** Several folders may have a model of the same name. */
function itemId({ folder }: Session, id: string): string {
  return `${folder.uri.toString()} ${id}`;
}

/** Says when a file changed that verdicts rest on: slipway.yaml, a model, data. */
function watchEvidence(session: Session, changed: () => void): vscode.Disposable & { follow(): void } {
  let patterns = '';
  let watchers: vscode.Disposable[] = [];
  const stop = (): void => {
    for (const watcher of watchers) watcher.dispose();
    watchers = [];
  };
  return {
    follow() {
      const { outline } = session;
      const wanted = outline === null ? [] : [...new Set(['slipway.yaml', ...outline.models.flatMap(({ files }) => files), ...outline.datasets.flatMap(({ files }) => files)])];
      if (wanted.join('\n') === patterns) return;
      patterns = wanted.join('\n');
      stop();
      watchers = wanted.flatMap((pattern) => {
        const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(session.folder, pattern));
        return [watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed)];
      });
    },
    dispose: stop,
  };
}

/** A terminal draws the output, and wants both line ends. */
function say(run: vscode.TestRun, text: string, test?: vscode.TestItem): void {
  run.appendOutput(`${text.replace(/\r?\n/g, '\r\n')}\r\n`, undefined, test);
}
