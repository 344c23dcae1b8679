import type { ModelVersionSummary } from '../../protocol/feed.ts';
import type { GateResult } from '../../protocol/gates.ts';
import type { ConfigOutline, ReadinessCriterion, ReadinessReport } from '../../protocol/workspace.ts';
import * as l10n from '../l10n.ts';
import { compareVersions, plain, verdictIcons, verdictWord, type FolderState, type Row } from './row.ts';

/** What is known so far; what is asked for and not there yet is drawn when it comes. */
export interface GateEvidence {
  gates(run: string): readonly GateResult[];
  readiness(model: string): ReadinessReport | null;
}

/** The version the panel speaks of: the newest candidate that was judged, else the champion. */
export function judgedVersion(model: string, versions: ModelVersionSummary[]): ModelVersionSummary | null {
  const judged = versions.filter((version) => version.model === model && version.run !== null).sort((a, b) => compareVersions(b.version, a.version));
  return judged.find(({ champion }) => !champion) ?? judged[0] ?? null;
}

export function judgedVersions({ snapshot }: Pick<FolderState, 'snapshot'>): ModelVersionSummary[] {
  return [...new Set(snapshot.models.map(({ model }) => model))].flatMap((model) => judgedVersion(model, snapshot.models) ?? []);
}

/** How many gates stand between the newest candidates and production. */
export function blockingCount(folders: Pick<FolderState, 'snapshot'>[]): number {
  return folders.flatMap(judgedVersions).reduce((sum, { run }) => sum + (run?.decision.blocking.length ?? 0), 0);
}

/** Gates of the newest candidate of each model, trouble first, and what readiness still lacks. */
export function gateRows(folder: FolderState, evidence: GateEvidence): Row[] {
  return judgedVersions(folder).map((version) => versionRow(version, folder, evidence));
}

function versionRow({ model, version, run, champion }: ModelVersionSummary, { uri, outline }: FolderState, { gates, readiness }: GateEvidence): Row {
  const decision = run?.decision;
  const counts = decision?.counts;
  const passed = counts?.pass ?? 0;
  const judged = counts === undefined ? 0 : counts.pass + counts.fail + counts.inconclusive + counts.error;
  const state = l10n.t('{0} of {1} gates pass', passed, judged);
  return {
    id: `${uri} judged ${model}`,
    label: l10n.t('{0} {1}', model, version),
    description: [champion ? l10n.t('champion') : '', state].filter((part) => part !== '').join(' · '),
    tooltip: plain(decision?.sentence ?? ''),
    icon: verdictIcons[decision?.verdict ?? 'missing'],
    kind: 'judged',
    spoken: l10n.t('{0} {1}: {2}', model, version, `${state}. ${decision?.sentence ?? ''}`),
    open: true,
    children: [...resultRows(run === null ? [] : gates(run.id), model, run?.id ?? '', uri, outline), ...readinessRows(readiness(model), uri)],
    command: { id: 'slipway.openReport', title: l10n.t('Open Report') },
    subject: { folder: uri, model, version, ...(run === null ? {} : { run: run.id }) },
  };
}

const order = { fail: 0, error: 1, inconclusive: 2, pass: 3 } as const;

function resultRows(results: readonly GateResult[], model: string, run: string, uri: string, outline: ConfigOutline | null): Row[] {
  const lines = new Map(outline?.models.find(({ name }) => name === model)?.gates.map(({ id, line }) => [id, line]));
  const rows = results
    .toSorted((a, b) => order[a.verdict] - order[b.verdict] || Number(b.gate.severity === 'block') - Number(a.gate.severity === 'block'))
    .map((result) => ({ result, row: gateRow(result, lines.get(result.gate.id) ?? (outline === null ? result.gate.line : undefined), model, run, uri) }));
  const trouble = rows.filter(({ result }) => result.verdict !== 'pass').map(({ row }) => row);
  const fine = rows.filter(({ result }) => result.verdict === 'pass').map(({ row }) => row);
  if (fine.length === 0) return trouble;
  const label = trouble.length === 0 ? l10n.t('{0} gates pass', fine.length) : l10n.t('{0} more pass', fine.length);
  return [...trouble, { id: `${uri} passed ${model}`, label, icon: verdictIcons.pass, kind: 'more', spoken: label, children: fine, subject: { folder: uri } }];
}

function gateRow({ gate, title, verdict, reason, needs }: GateResult, line: number | undefined, model: string, run: string, uri: string): Row {
  const warns = gate.severity === 'warn';
  return {
    id: `${uri} gate ${model} ${gate.id}`,
    label: title,
    description: [warns ? l10n.t('warning only') : '', reason, line === undefined ? '' : `slipway.yaml:${line}`].filter((part) => part !== '').join(' · '),
    tooltip: [`**${plain(title)}** ${verdictWord(verdict)}${warns ? ` (${l10n.t('warning only')})` : ''}`, plain(reason), l10n.t('Needs {0}', plain(needs)), ...(line === undefined ? [] : [`slipway.yaml:${line}`])].join('\n\n'),
    icon: warns && verdict === 'fail' ? { id: 'warning', color: 'list.warningForeground' } : verdictIcons[verdict],
    kind: line === undefined ? 'gate' : 'gate placed',
    spoken: l10n.t('Gate {0} {1}: {2}', title, verdictWord(verdict), reason),
    ...(line === undefined ? { command: { id: 'slipway.openReport', title: l10n.t('Open Report') } } : { command: { id: 'slipway.openConfig', title: l10n.t('Open slipway.yaml') } }),
    subject: { folder: uri, model, run, ...(line === undefined ? {} : { path: 'slipway.yaml', line }) },
  };
}

function readinessRows(report: ReadinessReport | null, uri: string): Row[] {
  if (report === null) return [];
  const open = report.criteria.filter(({ state }) => state !== 'pass' && state !== 'off');
  return [{
    id: `${uri} readiness ${report.model}`,
    label: l10n.t('Readiness'),
    description: report.ready ? l10n.t('ready for production') : l10n.t('{0} of {1} criteria met', report.counts.met, report.counts.of),
    tooltip: plain(report.sentence),
    icon: report.ready ? { id: 'rocket', color: 'testing.iconPassed' } : { id: 'checklist' },
    kind: 'readiness',
    spoken: report.sentence,
    children: open.map((criterion) => criterionRow(criterion, report.model, uri)),
    command: { id: 'slipway.openReadiness', title: l10n.t('Open Readiness') },
    subject: { folder: uri, model: report.model },
  }];
}

function criterionRow({ criterion, kind, state, text, next, line }: ReadinessCriterion, model: string, uri: string): Row {
  return {
    id: `${uri} criterion ${model} ${criterion}`,
    label: criterion,
    description: text,
    tooltip: [`**${plain(criterion)}** ${verdictWord(state)}`, plain(text), ...(next === null ? [] : [plain(next)])].join('\n\n'),
    icon: verdictIcons[state],
    kind: kind === 'statement' ? 'criterion stated' : 'criterion',
    spoken: l10n.t('{0} {1}: {2}', criterion, verdictWord(state), text),
    command: { id: 'slipway.openReadiness', title: l10n.t('Open Readiness') },
    subject: { folder: uri, model, criterion, ...(line === undefined ? {} : { path: 'slipway.yaml', line }) },
  };
}
