import type { ModelVersionSummary, RefusedFile } from '../../protocol/feed.ts';
import { bytesText } from '../../protocol/number-text.ts';
import type { RunSummary } from '../../protocol/run.ts';
import { progressText } from '../activity.ts';
import * as l10n from '../l10n.ts';
import { ageText, compareVersions, notJudged, plain, verdictIcons, type FolderState, type Row } from './row.ts';

/** Models with their versions, newest first, and files that are none. */
export function modelRows(folder: FolderState): Row[] {
  const { snapshot, outline, uri } = folder;
  const names = [...new Set([...(outline?.models.map(({ name }) => name) ?? []), ...snapshot.models.map(({ model }) => model)])];
  return [...names.map((name) => modelRow(name, folder)), ...snapshot.refused.map((file) => refusedRow(file, uri))];
}

function modelRow(name: string, folder: FolderState): Row {
  const { snapshot, outline, uri } = folder;
  const versions = snapshot.models.filter(({ model }) => model === name).sort((a, b) => compareVersions(b.version, a.version));
  const champion = versions.find((version) => version.champion);
  const ready = versions.filter((version) => !version.champion && version.run?.decision.verdict === 'pass').map(({ version }) => version);
  const declared = outline?.models.find((model) => model.name === name);
  const inProduction = champion?.version ?? declared?.champion ?? null;
  const summary = [
    inProduction === null ? l10n.t('no champion') : l10n.t('champion {0}', inProduction),
    versions.length === 0 ? l10n.t('not judged yet') : ready.length === 0 ? '' : l10n.t('{0} ready', ready.join(', ')),
  ].filter((part) => part !== '').join(' · ');
  return {
    id: `${uri} model ${name}`,
    label: name,
    description: summary,
    tooltip: [`**${plain(name)}** · ${plain(summary)}`, declared === undefined ? '' : l10n.t('Files: {0}', declared.files.map((file) => `\`${file}\``).join(', '))].filter((line) => line !== '').join('\n\n'),
    icon: { id: 'package' },
    kind: 'model',
    spoken: l10n.t('Model {0}, {1}', name, summary),
    children: versions.map((version) => versionRow(version, versions, folder)),
    open: true,
    subject: { folder: uri, model: name, ...(declared === undefined ? {} : { path: 'slipway.yaml', line: declared.line }) },
  };
}

function versionRow(version: ModelVersionSummary, siblings: ModelVersionSummary[], { activity, uri, nowMs }: FolderState): Row {
  const { run, champion } = version;
  const judging = activity?.run?.model === version.model && activity.run.version === version.version ? activity : null;
  const state = judging !== null ? (judging.progress === null ? l10n.t('judging') : progressText(judging.progress)) : stateText(version, nowMs);
  const hasRival = siblings.some((sibling) => sibling.champion !== champion && sibling.run !== null);
  return {
    id: `${uri} version ${version.model} ${version.version}`,
    label: version.version,
    description: state,
    tooltip: tooltipOf(version),
    icon: judging !== null ? { id: 'loading~spin' } : champion ? { id: 'star-full', color: run !== null && run.decision.verdict !== 'pass' ? verdictIcons[run.decision.verdict].color : 'charts.yellow' } : run === null ? notJudged : verdictIcons[run.decision.verdict],
    kind: ['version', champion ? 'champion' : 'candidate', run === null ? 'unjudged' : 'judged', ...(run !== null && hasRival ? ['comparable'] : []), ...(version.summary === null ? [] : ['file'])].join(' '),
    spoken: l10n.t('Version {0} of {1}, {2}', version.version, version.model, [champion ? l10n.t('champion') : '', run === null ? l10n.t('not judged yet') : run.decision.sentence].filter((part) => part !== '').join(', ')),
    ...(run === null ? {} : { command: { id: 'slipway.openReport', title: l10n.t('Open Report') } }),
    subject: { folder: uri, model: version.model, version: version.version, path: version.path, ...(run === null ? {} : { run: run.id }) },
  };
}

/** "blocked · worse for carrier AA (−20.0 pt recall) · 3 min" */
function stateText({ champion, run, digest, seenAt }: ModelVersionSummary, nowMs: number): string {
  const trouble = run === null || run.decision.verdict === 'pass' ? [] : [verdictText(run.decision.verdict), reasonText(run.decision.sentence)];
  const parts = champion
    ? [l10n.t('champion'), ...trouble, ...(trouble.length === 0 ? [`sha256:${digest.slice(0, 6)}…`] : [])]
    : run === null
      ? [l10n.t('not judged yet')]
      : trouble.length === 0
        ? [l10n.t('promotable')]
        : trouble;
  return [...parts, ageText(run?.startedAt ?? seenAt, nowMs)].filter((part) => part !== '').join(' · ');
}

function verdictText(verdict: 'fail' | 'inconclusive' | 'error'): string {
  switch (verdict) {
    case 'fail':
      return l10n.t('blocked');
    case 'inconclusive':
      return l10n.t('inconclusive');
    case 'error':
      return l10n.t('cannot be judged');
  }
}

/** What a verdict says after naming the version: "v3 is blocked: worse for carrier AA." → "worse for carrier AA". */
function reasonText(sentence: string): string {
  return sentence.slice(sentence.indexOf(': ') + 2).replace(/\.$/, '');
}

function tooltipOf({ model, version, digest, bytes, path, summary, run, seenAt, champion }: ModelVersionSummary): string {
  const lines = [`**${plain(model)} ${plain(version)}**${champion ? ` ★ ${l10n.t('champion')}` : ''}`];
  if (run !== null) lines.push(plain(run.decision.sentence));
  const facts = [
    l10n.t('Digest: {0}', `\`sha256:${digest.slice(0, 16)}…\``),
    summary === null ? l10n.t('Answers: columns of the data') : l10n.t('File: {0}, {1}', plain(path), bytesText(bytes)),
    ...(summary === null ? [] : [l10n.t('Parameters: {0}', plain(summary.parameterCount.toLocaleString('en')))]),
    l10n.t('Seen: {0}', plain(seenAt.slice(0, 16).replace('T', ' '))),
    ...(run === null ? [] : Object.entries(run.headline).flatMap(([metric, value]) => (value === null ? [] : [`${plain(metric)}: ${plain(`${value.toPrecision(3)}${intervalOf(run, metric)}`)}`]))),
  ];
  return [...lines, facts.map((fact) => `- ${fact}`).join('\n')].join('\n\n');
}

function intervalOf({ intervals }: RunSummary, metric: string): string {
  const interval = intervals?.[metric];
  return interval === undefined ? '' : ` [${interval[0].toPrecision(3)}, ${interval[1].toPrecision(3)}]`;
}

function refusedRow({ path, code, message }: RefusedFile, uri: string): Row {
  const name = path.split('/').slice(-2).join('/');
  return {
    id: `${uri} refused ${path}`,
    label: name,
    description: code === 'model-incomplete' ? l10n.t('not complete · {0}', message) : l10n.t('refused · {0}', message),
    tooltip: `**${plain(path)}**\n\n${plain(message)}`,
    icon: verdictIcons.error,
    kind: 'refused file',
    spoken: l10n.t('File {0} is no version: {1}', name, message),
    subject: { folder: uri, path },
  };
}
