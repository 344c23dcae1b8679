import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activityText } from '../../extension/activity.ts';
import { speakThrough, t, type Translate } from '../../extension/l10n.ts';
import { statusText } from '../../extension/status-text.ts';
import { dataRows } from '../../extension/views/data-rows.ts';
import { gateRows } from '../../extension/views/gate-rows.ts';
import { modelRows } from '../../extension/views/model-rows.ts';
import type { FolderState, Row } from '../../extension/views/row.ts';
import type { ActiveWork, ModelVersionSummary, Snapshot } from '../../protocol/feed.ts';
import type { Verdict } from '../../protocol/measured.ts';
import type { RunSummary } from '../../protocol/run.ts';
import { bundlePath } from '../../l10n/collect.ts';

/** Every letter as one that no English word has, so that what was not translated can be told from what was. */
const accented = (text: string): string => text.replace(/[A-Za-z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0x1d400 - (letter < 'a' ? 0x41 : 0x61 - 26)));
/** What stands in a message and is not for the reader: placeholders, icons, code and links. */
const untouched = /(\{\d+\}|\$\([\w~-]+\)|`[^`]*`|\]\([^)]*\))/;
const translated = (message: string): string => message.split(untouched).map((part, index) => (index % 2 === 1 ? part : accented(part))).join('');

const filled = (message: string, values: (string | number)[]): string => message.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
const pseudo: Translate = (message, ...values) => filled(translated(message), values);
const english: Translate = (message, ...values) => filled(message, values);

const messages = Object.keys(JSON.parse(readFileSync(bundlePath, 'utf8')) as Record<string, string>);
const wordIn = (text: string): boolean => /[A-Za-z]{2}/.test(text);

beforeAll(() => speakThrough(pseudo));
afterAll(() => speakThrough(english));

describe('in a language in which every letter is another', () => {
  it.each(messages)('%j keeps its values where they belong', (message) => {
    const places = [...message.matchAll(/\{(\d+)\}/g)].map(([, index]) => Number(index));
    // Values are numbered from 0, without a gap: a translator can only move them.
    expect([...new Set(places)].sort((a, b) => a - b)).toEqual(Array.from({ length: new Set(places).size }, (_, index) => index));
    const values = places.map((_, index) => `<${index}>`);
    const said = t(message, ...values);
    for (const place of places) expect(said).toContain(`<${place}>`);
    expect(said).not.toMatch(/\{\d+\}/);
    // Quotes and braces that a message format would read as its own are none here.
    expect(wordIn(said.split(untouched).filter((_, index) => index % 2 === 0).join(''))).toBe(false);
  });

  // Names and sentences of the workspace without letters: what is left of them is ours.
  const at = '2026-11-23T02:00:00.000Z';
  const run = (version: string, verdict: Verdict): RunSummary => ({ id: '1', model: '1', version, digest: '1', role: version === '1' ? 'champion' : 'candidate', startedAt: at, milliseconds: 1, decision: { verdict, sentence: '…', blocking: ['…'], warnings: [], counts: { pass: 7, fail: 1, inconclusive: 0, error: 0 } }, headline: {} });
  const version = (name: string, of: RunSummary | null): ModelVersionSummary => ({ model: '1', version: name, digest: '1'.repeat(64), path: '1/2', bytes: 4_000_000, seenAt: at, champion: name === '1', summary: null, run: of });
  const judging: ActiveWork = { work: '1', command: { kind: 'run' }, run: { id: '1', model: '1', version: '2' }, progress: null };
  const snapshot: Snapshot = {
    problem: null,
    models: [version('1', run('1', 'pass')), version('2', run('2', 'fail')), version('3', run('3', 'inconclusive')), version('4', run('4', 'error')), version('5', null)],
    refused: [{ path: '1/2/3', code: 'model-refused', message: '…' }, { path: '1/2/4', code: 'model-incomplete', message: '…' }],
    runs: [run('2', 'fail')],
    batches: ['1/1', '1/2', '2'].map((name, index) => ({ id: name, name, dataset: name.split('/')[0], digest: '1', checkedAt: at, rows: 1000, failing: index, moved: index, inconclusive: index, effects: {} })),
    active: [],
    serving: null,
  };
  const folder: FolderState = { name: '1', uri: '1', snapshot, outline: null, activity: null, nowMs: Date.parse(at) + 3_600_000 * 7 };
  const saidBy = (rows: Row[]): string[] => rows.flatMap((row) => [row.label, row.description ?? '', row.tooltip ?? '', row.spoken, row.command?.title ?? '', ...saidBy(row.children ?? [])]);
  /** Units, digests, technical names and what leads somewhere are the same everywhere. */
  const withoutNames = (text: string): string => text.replace(/\]\([^)]*\)|\$\([\w~-]+\)|`[^`]*`|sha256|slipway\\?\.yaml|Slipway|\b[KM]B\b|\bmin\b|\bCPU\b|(?<=\d )[hd]\b/g, '');

  it.each([
    ['models', () => saidBy(modelRows(folder))],
    ['models that are judged', () => saidBy(modelRows({ ...folder, activity: judging }))],
    ['data', () => saidBy(dataRows(folder))],
    ['gates', () => saidBy(gateRows(folder, { gates: () => [], readiness: () => null }))],
    ['the status', () => (['pass', 'fail', 'inconclusive', 'error'] as const).flatMap((verdict) => Object.values(statusText({ folder: '1', state: { name: 'ready' }, trusted: true, snapshot: { ...snapshot, runs: [run('2', verdict)] }, activity: null, runtime: null })))],
    ['a server that is away', () => (['idle', 'starting'] as const).flatMap((name) => Object.values(statusText({ folder: '1', state: { name }, trusted: true, snapshot: null, activity: null, runtime: null })))],
    ['what is under way', () => [activityText(judging), activityText({ ...judging, command: { kind: 'run', watch: true }, run: null }), activityText({ ...judging, command: { kind: 'check', path: '1' }, run: null })]],
  ])('%s say nothing that was not translated', (_, said) => {
    expect(said().filter((text): text is string => typeof text === 'string').filter((text) => wordIn(withoutNames(text)))).toEqual([]);
  });
});

describe('the sources of the extension', () => {
  it('write no word where people read it that does not go through l10n', () => {
    const found = readdirSync('extension', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts')).flatMap((path) => bareWords(join('extension', path), readFileSync(join('extension', path), 'utf8')));
    expect(found).toEqual([]);
  });

  it('would be caught: in messages, properties, templates and branches', () => {
    const source = "vscode.window.showInformationMessage('Saved'); item.tooltip = wide ? `Runs of ${name}` : l10n.t('Runs'); pick({ label: '$(x) ' + 'Open it', detail: l10n.t('{0} rows', 'of it') });";
    expect(bareWords('a.ts', source).map((each) => each.replace(/^.*: /, ''))).toEqual(['Saved', 'Runs of ', 'Open it']);
  });
});

/** What people read, by the property or the call it is given to. */
const properties = new Set(['label', 'title', 'tooltip', 'description', 'detail', 'placeHolder', 'prompt', 'openLabel', 'saveLabel', 'spoken', 'invocationMessage', 'validationMessage', 'accessibilityInformation']);
const calls = new Set(['showInformationMessage', 'showWarningMessage', 'showErrorMessage', 'setStatusBarMessage', 'TestMessage', 'CodeAction', 'MarkdownString', 'LanguageModelTextPart', 'problemOf', 'createTestRunProfile', 'createOutputChannel', 'withProgress']);
/** Names of things, which are not translated. */
const names = new Set(['Slipway', 'PyTorch', 'LightGBM', 'XGBoost', 'scikit-learn', 'HTML', 'slipway.yaml']);

function bareWords(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  visit(file);
  return found;

  function visit(node: ts.Node): void {
    if (ts.isPropertyAssignment(node) && properties.has(node.name.getText(file))) read(node.initializer);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isPropertyAccessExpression(node.left) && properties.has(node.left.name.text)) read(node.right);
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && calls.has(calledBy(node.expression))) {
      // Of a problem the first argument is its code.
      for (const argument of (node.arguments ?? []).slice(calledBy(node.expression) === 'problemOf' ? 1 : 0)) read(argument);
    }
    ts.forEachChild(node, visit);
  }

  /** The words of an expression itself: of what it calls only the result is read, and that is looked at where it is made. */
  function read(node: ts.Node): void {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) {
      const words = node.text.replace(/\$\([\w~-]*\)?|\]\([^)]*\)?|command:[\w.]+/g, '');
      if (/\p{L}{2}/u.test(words) && !names.has(words.trim())) found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}: ${node.text}`);
      return;
    }
    if (ts.isConditionalExpression(node)) {
      read(node.whenTrue);
      read(node.whenFalse);
      return;
    }
    if (ts.isTemplateExpression(node)) {
      read(node.head);
      for (const { expression, literal } of node.templateSpans) {
        read(expression);
        read(literal);
      }
      return;
    }
    if (ts.isBinaryExpression(node) && [ts.SyntaxKind.PlusToken, ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken].includes(node.operatorToken.kind)) {
      read(node.left);
      read(node.right);
    }
    if (ts.isParenthesizedExpression(node)) read(node.expression);
  }
}

function calledBy(expression: ts.Expression): string {
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : ts.isIdentifier(expression) ? expression.text : '';
}
