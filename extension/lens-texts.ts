import type { ModelVersionSummary, Snapshot } from '../protocol/feed.ts';
import type { GateResult } from '../protocol/gates.ts';
import type { Verdict } from '../protocol/measured.ts';
import { differenceText, measuredText, noNumber } from '../protocol/number-text.ts';
import type { BatchSummary } from '../protocol/run.ts';
import type { ConfigOutline } from '../protocol/workspace.ts';
import type { JudgedRun } from './gate-findings.ts';
import * as l10n from './l10n.ts';

/** A few words over a line of slipway.yaml, and what a click on them does. */
export interface LensText {
  /** 1-based, as the outline has it. */
  line: number;
  text: string;
  click: LensClick;
}

export type LensClick =
  | { do: 'run'; model: string | null }
  | { do: 'open-run'; run: string }
  | { do: 'compare'; model: string }
  | { do: 'check'; dataset: string }
  | { do: 'open-batch'; batch: string };

/** Past so many models with one policy, a gate's line says how many pass rather than each. */
const modelsMax = 3;

/** What is known of every gate, model and dataset, from left to right within a line. */
export function lensTexts(outline: ConfigOutline, snapshot: Snapshot, runs: ReadonlyMap<string, JudgedRun>): LensText[] {
  return [...gateLenses(outline, runs), ...outline.models.flatMap((model) => modelLenses(model, snapshot, runs)), ...outline.datasets.flatMap((dataset) => datasetLenses(dataset, snapshot.batches))];
}

function gateLenses({ models }: ConfigOutline, runs: ReadonlyMap<string, JudgedRun>): LensText[] {
  const judges = new Map<number, { model: string; gate: string }[]>();
  // Default gates are written nowhere and stand at their model, which has words of its own.
  const written = models.flatMap((model) => model.gates.filter(({ line }) => line !== model.line).map(({ id, line }) => ({ line, model: model.name, gate: id })));
  for (const { line, ...judge } of written) judges.set(line, [...(judges.get(line) ?? []), judge]);
  return [...judges].flatMap(([line, at]) => {
    const results = at.flatMap(({ model, gate }) => {
      const run = runs.get(model);
      const result = run?.gates.find((each) => each.gate.id === gate);
      return run === undefined || result === undefined ? [] : [{ run, result }];
    });
    const passed = results.filter(({ result }) => result.verdict === 'pass').length;
    const open = results.find(({ result }) => result.verdict !== 'pass') ?? results[0];
    const summary: LensText[] = results.length === 0 ? [] : [{ line, text: l10n.t('{0} of {1} models pass', passed, results.length), click: { do: 'open-run', run: open.run.id } }];
    const each = results.map(({ run, result }): LensText => ({ line, text: resultText(result, run, at.length > 1), click: { do: 'open-run', run: run.id } }));
    return [{ line, text: l10n.t('Run'), click: { do: 'run', model: at.length === 1 ? at[0].model : null } }, ...(results.length > modelsMax ? summary : each)];
  });
}

function resultText(result: GateResult, { model }: JudgedRun, isShared: boolean): string {
  const { bound, difference, candidate, unit, needs, verdict, reason } = result;
  const measured = bound?.on === 'difference' ? (difference?.value == null ? noNumber : differenceText(difference.value, unit)) : measuredText(candidate, unit);
  const who = isShared ? `${model.name} ${model.version}` : model.version;
  if (measured === noNumber) return l10n.t('{0}: {1}, needs {2} {3}', who, verdictWords(verdict), needs, marks[verdict]);
  // A count alone does not say of what.
  if (unit === 'count') return l10n.t('{0}: {1} {2}', who, reason, marks[verdict]);
  return l10n.t('{0}: last {1}, needs {2} {3}', who, measured, needs, marks[verdict]);
}

const marks: Record<Verdict, string> = { pass: '✓', fail: '✗', inconclusive: '?', error: '!' };

function verdictWords(verdict: Verdict): string {
  switch (verdict) {
    case 'pass':
      return l10n.t('passes');
    case 'fail':
      return l10n.t('fails');
    case 'inconclusive':
      return l10n.t('too little data');
    case 'error':
      return l10n.t('not measured');
  }
}

function modelLenses({ name, line, champion }: ConfigOutline['models'][number], { models }: Snapshot, runs: ReadonlyMap<string, JudgedRun>): LensText[] {
  const candidates = models.filter((version) => version.model === name && !version.champion && version.run !== null);
  const newest = (versions: ModelVersionSummary[]) => versions.reduce<ModelVersionSummary | null>((best, version) => (best === null || (version.run?.startedAt ?? '') > (best.run?.startedAt ?? '') ? version : best), null);
  const shown = newest(candidates.filter(({ run }) => run?.decision.verdict === 'pass')) ?? newest(candidates);
  const verdict: LensText[] = shown?.run == null ? [] : [{ line, text: versionText(shown), click: { do: 'open-run', run: shown.run.id } }];
  const compare: LensText[] = champion === null || !runs.has(name) ? [] : [{ line, text: l10n.t('Compare'), click: { do: 'compare', model: name } }];
  return [{ line, text: l10n.t('Run'), click: { do: 'run', model: name } }, ...verdict, ...compare];
}

function versionText({ version, run }: ModelVersionSummary): string {
  const { verdict, blocking } = run?.decision ?? { verdict: 'error', blocking: [] };
  switch (verdict) {
    case 'pass':
      return l10n.t('{0} promotable', version);
    case 'fail':
      return blocking.length === 1 ? l10n.t('{0} blocked by 1 gate', version) : l10n.t('{0} blocked by {1} gates', version, blocking.length);
    case 'inconclusive':
      return l10n.t('{0} inconclusive', version);
    case 'error':
      return l10n.t('{0} cannot be judged', version);
  }
}

function datasetLenses({ name, line }: ConfigOutline['datasets'][number], batches: readonly BatchSummary[]): LensText[] {
  const newest = newestBatch(name, batches);
  const check: LensText = { line, text: l10n.t('Check'), click: { do: 'check', dataset: name } };
  if (newest === null) return [check];
  return [check, { line, text: newest.name === name ? batchText(newest) : `${newest.name.slice(name.length + 1)}: ${batchText(newest)}`, click: { do: 'open-batch', batch: newest.id } }];
}

/** The last batch of a dataset by name, as it was checked last; a batch of several is called after its dataset and file. */
export function newestBatch(dataset: string, batches: readonly BatchSummary[]): BatchSummary | null {
  const own = batches.filter(({ name }) => name === dataset || name.startsWith(`${dataset}/`));
  return own.toSorted((a, b) => b.name.localeCompare(a.name) || b.checkedAt.localeCompare(a.checkedAt))[0] ?? null;
}

/** What stands out in a batch, or that nothing does. */
export function batchText({ moved, failing, inconclusive }: Pick<BatchSummary, 'moved' | 'failing' | 'inconclusive'>): string {
  const parts = [
    failing === 0 ? '' : failing === 1 ? l10n.t('1 check fails') : l10n.t('{0} checks fail', failing),
    moved === 0 ? '' : moved === 1 ? l10n.t('1 column moved') : l10n.t('{0} columns moved', moved),
    inconclusive === 0 ? '' : inconclusive === 1 ? l10n.t('1 column with too few rows') : l10n.t('{0} columns with too few rows', inconclusive),
  ].filter((part) => part !== '');
  return parts.length === 0 ? l10n.t('clean') : parts.join(', ');
}
