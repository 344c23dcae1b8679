import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as vscode from 'vscode';

const folder = vscode.workspace.workspaceFolders?.[0].uri ?? vscode.Uri.file('/');
const config = vscode.Uri.joinPath(folder, 'slipway.yaml');
const waitMs = 90_000;

/** What the editor shows comes when the server has answered. */
async function until<T>(what: string, look: () => T | Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  const end = Date.now() + waitMs;
  for (;;) {
    const found = await look();
    if (isThere(found)) return found;
    assert.ok(Date.now() < end, `${what}: there is only ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function openConfig(): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(config);
  await vscode.window.showTextDocument(document);
  return document;
}

/** Writes in place of some text of slipway.yaml, leaves it unsaved, and gives the place behind what was written. */
async function write(old: string, text: string): Promise<vscode.Position> {
  const document = await openConfig();
  const start = document.getText().indexOf(old);
  assert.notEqual(start, -1, `slipway.yaml has no ${old}`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(config, new vscode.Range(document.positionAt(start), document.positionAt(start + old.length)), text);
  await vscode.workspace.applyEdit(edit);
  return document.positionAt(start + text.length);
}

/** As slipway.yaml was before the first test. */
async function restore(text: string): Promise<void> {
  const document = await openConfig();
  const edit = new vscode.WorkspaceEdit();
  edit.replace(config, new vscode.Range(new vscode.Position(0, 0), document.positionAt(document.getText().length)), text);
  if (document.getText() !== text) await vscode.workspace.applyEdit(edit);
  if (document.isDirty) await document.save();
}

async function lineWith(text: string): Promise<number> {
  const document = await openConfig();
  return document.positionAt(document.getText().indexOf(text)).line;
}

const problems = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(config);
const lenses = async (): Promise<[number, string][]> => {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', config, 100);
  return found.map(({ range, command }) => [range.start.line, command?.title ?? '']);
};
const completions = async (at: vscode.Position): Promise<string[]> => {
  const { items } = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', config, at);
  return items.map(({ label }) => (typeof label === 'string' ? label : label.label));
};
const fixes = (range: vscode.Range): Promise<vscode.CodeAction[]> => Promise.resolve(vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', config, range, vscode.CodeActionKind.QuickFix.value));

/** The command ends when its notification is dismissed, so nobody waits for it. */
function run(): void {
  void vscode.commands.executeCommand('slipway.runGates', { folder: folder.toString() });
}

const cases = {
  async 'a key that is misspelt is underlined while it is typed, and a quick fix mends it'() {
    const end = await write('task: binary', 'taks: binary');
    const [problem] = await until('the misspelt key', problems, (found) => found.some(({ message }) => message.includes('`taks`')));
    assert.equal(problem.source, 'slipway');
    assert.deepEqual(problem.range, new vscode.Range(end.line, 4, end.line, 8));
    assert.match(problem.relatedInformation?.[0].message ?? '', /docs\/config\.md/);
    assert.ok(typeof problem.code === 'object');
    assert.ok((await vscode.workspace.fs.stat(problem.code.target)).size > 0, 'the page it links to ships with the extension');
    const [fix] = await fixes(problem.range);
    assert.equal(fix.title, 'Change to task');
    assert.ok(fix.edit);
    await vscode.workspace.applyEdit(fix.edit);
    await until('no problem', problems, (found) => found.length === 0);
    assert.equal((await openConfig()).lineAt(end.line).text, '    task: binary');
  },

  async 'keys are completed where they may stand'() {
    const gate = await write('{metric: roc_auc, min: 0.6}', '{metric: roc_auc, ');
    const keys = await completions(gate);
    assert.ok(['min', 'nonInferior', 'severity'].every((key) => keys.includes(key)), keys.join());
    assert.ok(!keys.includes('maxMs'), keys.join());
  },

  async 'metrics that fit the task are completed'() {
    const metric = await write('{metric: roc_auc, min: 0.6}', '{metric: ');
    const metrics = await completions(metric);
    assert.ok(metrics.includes('recall') && !metrics.includes('rmse'), metrics.join());
  },

  async 'a key is explained where the pointer rests'() {
    const line = await lineWith('champion: v1');
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', config, new vscode.Position(line, 6));
    const [text] = hover.contents;
    assert.match(typeof text === 'string' ? text : text.value, /Version in production/);
  },

  async 'gates, models and datasets can be run from their lines before anything was judged'() {
    const found = await until('lenses', lenses, (all) => all.length > 0);
    const gate = await lineWith('{metric: roc_auc, min: 0.6}');
    const dataset = await lineWith('holdout: {path');
    assert.deepEqual(found.filter(([line]) => line === gate), [[gate, 'Run']]);
    assert.deepEqual(found.filter(([line]) => line === dataset), [[dataset, 'Check']]);
  },

  async 'what the newest candidate did not pass is underlined at its gate'() {
    run();
    const line = await lineWith('{metric: roc_auc, min: 0.6}');
    const all = await until('failing gates', problems, (found) => found.some(({ range }) => range.start.line === line));
    const [problem] = all.filter(({ range }) => range.start.line === line);
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.match(problem.message, /^toy v3: AUC: .*needs ≥ 0\.600/);
    assert.equal((await openConfig()).getText(problem.range), '{metric: roc_auc, min: 0.6}');
    assert.ok(all.every(({ message }) => message.startsWith('toy v3: ')), 'only the newest version counts');
  },

  async 'and its line says what was measured last'() {
    const line = await lineWith('{metric: roc_auc, min: 0.6}');
    const found = await until('the verdict', lenses, (all) => all.some(([at, title]) => at === line && title.includes('needs')));
    assert.match(found.filter(([at]) => at === line)[1][1], /^v3: last 0\.\d+, needs ≥ 0\.600 ✗$/);
    const model = await lineWith('toy:');
    assert.deepEqual(found.filter(([at]) => at === model).map(([, title]) => title), ['Run', 'v2 promotable', 'Compare']);
  },

  async 'both stay with their gate while the text above is edited'() {
    const before = await lineWith('{metric: roc_auc, min: 0.6}');
    await write('models:', '# why\nmodels:');
    await until('the moved problem', problems, (found) => found.some(({ range }) => range.start.line === before + 1) && !found.some(({ range: { start, end } }) => start.line === before && end.character === 0));
    await until('the moved lens', lenses, (all) => all.some(([at, title]) => at === before + 1 && title.includes('0.600')));
  },

  async 'columns of the batches that were checked are completed'() {
    const place = await write('target: label', 'target: ');
    const columns = await until('columns', () => completions(place), (found) => found.includes('place'));
    assert.ok(columns.includes('label'), columns.join());
  },

  async 'a quick fix adopts what was measured, or lets the gate warn, and leaves the rest of the line alone'() {
    await write('{metric: roc_auc, min: 0.6}', '{metric: roc_auc, min: 0.6}  # agreed in May');
    const line = await lineWith('{metric: roc_auc, min: 0.6}');
    const offered = await until('quick fixes', () => fixes(new vscode.Range(line, 6, line, 6)), (found) => found.length >= 3);
    assert.deepEqual(offered.map(({ title }) => title.replace(/0\.\d+/g, '#')), ['Open the report of toy v3', 'Set min to #: v3 measured #, and its 95 % interval ends there', 'Let this gate warn instead of block']);
    const warn = offered.find(({ title }) => title.startsWith('Let this gate'));
    assert.ok(warn?.edit);
    await vscode.workspace.applyEdit(warn.edit);
    assert.equal((await openConfig()).lineAt(line).text, '  - {metric: roc_auc, min: 0.6, severity: warn}  # agreed in May');
  },

  async 'a model file that is refused is told at the file'() {
    const file = vscode.Uri.joinPath(folder, 'models', 'toy', 'v9', 'model.onnx');
    await mkdir(dirname(file.fsPath), { recursive: true });
    await writeFile(file.fsPath, 'not a model, though it is long enough to be one');
    run();
    const [problem] = await until('the refusal', () => vscode.languages.getDiagnostics(file), (found) => found.length > 0);
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    await rm(dirname(file.fsPath), { recursive: true });
  },

  async 'when the newest candidate passes nothing is underlined any more'() {
    await rm(vscode.Uri.joinPath(folder, 'models', 'toy', 'v3').fsPath, { recursive: true });
    run();
    await until('no problem', problems, (found) => found.length === 0);
  },

  async 'tasks run the command line on the editor’s own Node, and end with its exit code'() {
    const tasks = await vscode.tasks.fetchTasks({ type: 'slipway' });
    assert.deepEqual(tasks.map(({ name }) => name), ['run', 'run (watching)', 'status', 'readiness', 'doctor']);
    const task = tasks.find(({ name }) => name === 'status');
    assert.ok(task);
    const ended = new Promise<number | undefined>((resolve) => {
      const subscription = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== 'status') return;
        subscription.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    assert.equal(await ended, 0);
  },
};

export const tests = Object.fromEntries(
  Object.entries(cases).map(([name, test]) => [
    name,
    async () => {
      // In a browser the editor saves after a second by itself, and half-written text would be judged.
      await vscode.workspace.getConfiguration('files').update('autoSave', 'off', vscode.ConfigurationTarget.Global);
      const text = (await openConfig()).getText();
      try {
        await test();
      } finally {
        await restore(text);
      }
    },
  ]),
);
