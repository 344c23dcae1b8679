import { countText } from '../../protocol/number-text.ts';
import type { BatchSummary } from '../../protocol/run.ts';
import * as l10n from '../l10n.ts';
import { ageText, notJudged, plain, verdictIcons, type FolderState, type Icon, type Row } from './row.ts';

const batchesShown = 12;

/** Datasets in the order of slipway.yaml, the newest batch of each first, earlier ones below it. */
export function dataRows(folder: FolderState): Row[] {
  const { snapshot, outline } = folder;
  const latest = new Map<string, BatchSummary>();
  // Newest first: of a batch that was checked again only the last report counts.
  for (const batch of snapshot.batches) if (!latest.has(batch.name)) latest.set(batch.name, batch);
  const batches = [...latest.values()];
  const datasets = [...new Set([...(outline?.datasets.map(({ name }) => name) ?? []), ...batches.map(datasetOf)])];
  return datasets.map((name) => datasetRow(name, batches.filter((batch) => datasetOf(batch) === name), folder));
}

/** A file that was checked by itself is a dataset of its own. */
function datasetOf({ dataset, name }: BatchSummary): string {
  return dataset ?? name;
}

function datasetRow(name: string, unsorted: BatchSummary[], { uri, nowMs, outline }: FolderState): Row {
  const batches = unsorted.toSorted((a, b) => b.name.localeCompare(a.name, 'en', { numeric: true }));
  const declared = outline?.datasets.find((dataset) => dataset.name === name);
  const place = declared === undefined ? {} : { path: 'slipway.yaml', line: declared.line };
  const [newest, ...earlier] = batches;
  if (newest === undefined) {
    return {
      id: `${uri} dataset ${name}`,
      label: name,
      description: l10n.t('not checked yet'),
      tooltip: declared === undefined ? undefined : declared.files.map((file) => `\`${file}\``).join('\n\n'),
      icon: notJudged,
      kind: 'dataset unchecked',
      spoken: l10n.t('Dataset {0}, not checked yet', name),
      subject: { folder: uri, ...place },
    };
  }
  const row = batchRow(newest, uri, nowMs);
  const trend = earlier.length === 0 ? '' : l10n.t('trouble by batch: {0}', sparkline(batches.toReversed().map(({ failing, moved }) => failing + moved)));
  return {
    ...row,
    id: `${uri} dataset ${name}`,
    label: name,
    description: [newest.name === name ? '' : newest.name.slice(name.length + 1), stateText(newest), l10n.t('{0} rows', countText(newest.rows)), ageText(newest.checkedAt, nowMs)].filter((part) => part !== '').join(' · '),
    tooltip: [row.tooltip, ...(trend === '' ? [] : [plain(trend)])].join('\n\n'),
    kind: 'dataset checked',
    spoken: l10n.t('Dataset {0}, {1}', name, row.spoken),
    ...(earlier.length === 0 ? {} : { children: [...batches.slice(0, batchesShown).map((batch) => batchRow(batch, uri, nowMs)), ...(batches.length > batchesShown ? [moreRow(name, batches.slice(batchesShown), uri, nowMs)] : [])] }),
    subject: { ...row.subject, ...place },
  };
}

function batchRow(batch: BatchSummary, uri: string, nowMs: number): Row {
  const state = stateText(batch);
  return {
    id: `${uri} batch ${batch.name}`,
    label: batch.name.includes('/') ? batch.name.slice(batch.name.indexOf('/') + 1) : batch.name,
    description: [state, l10n.t('{0} rows', countText(batch.rows)), ageText(batch.checkedAt, nowMs)].filter((part) => part !== '').join(' · '),
    tooltip: [
      `**${plain(batch.name)}** · ${plain(state)}`,
      [
        l10n.t('Rows: {0}', countText(batch.rows)),
        l10n.t('Failing checks: {0}', batch.failing),
        l10n.t('Columns that moved: {0}', batch.moved),
        l10n.t('Columns with too few rows to tell: {0}', batch.inconclusive),
        l10n.t('Digest: {0}', `\`sha256:${batch.digest.slice(0, 16)}…\``),
        l10n.t('Checked: {0}', plain(batch.checkedAt.slice(0, 16).replace('T', ' '))),
      ].map((fact) => `- ${fact}`).join('\n'),
    ].join('\n\n'),
    icon: iconOf(batch),
    kind: 'batch',
    spoken: l10n.t('batch {0}, {1}, {2} rows', batch.name, state, batch.rows),
    command: { id: 'slipway.openDataQuality', title: l10n.t('Open Data Quality') },
    subject: { folder: uri, batch: batch.id },
  };
}

function moreRow(name: string, batches: BatchSummary[], uri: string, nowMs: number): Row {
  const label = l10n.t('{0} earlier', batches.length);
  return { id: `${uri} earlier ${name}`, label, icon: { id: 'history' }, kind: 'more', spoken: label, children: batches.map((batch) => batchRow(batch, uri, nowMs)), subject: { folder: uri } };
}

function stateText({ failing, moved, inconclusive }: BatchSummary): string {
  if (failing === 0 && moved === 0) return inconclusive === 0 ? l10n.t('clean') : l10n.t('clean, {0} too few to tell', inconclusive);
  return [
    failing === 0 ? '' : failing === 1 ? l10n.t('1 check fails') : l10n.t('{0} checks fail', failing),
    moved === 0 ? '' : moved === 1 ? l10n.t('1 column moved') : l10n.t('{0} columns moved', moved),
  ].filter((part) => part !== '').join(', ');
}

function iconOf({ failing, moved }: BatchSummary): Icon {
  if (failing > 0) return verdictIcons.fail;
  return moved > 0 ? { id: 'triangle-up', color: 'testing.iconQueued' } : verdictIcons.pass;
}

/** ▁▂▇: oldest first, the largest count fills the line. */
export function sparkline(counts: number[]): string {
  const most = Math.max(1, ...counts);
  return counts.map((count) => '▁▂▃▄▅▆▇█'[Math.round((count / most) * 7)]).join('');
}
