import { bytesText, columnText, countText, differenceText, intervalText, numberText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { cutText } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';

/** The numbers a colleague asks for first, each a link to where it comes from. */
export function summaryStrip(report: RunReport): Markup {
  return markup`<div class="strip">${[gatesTile(report), headlineTile(report), flipsTile(report), valueTile(report), driftTile(report), latencyTile(report)]}</div>`;
}

function strip(href: string, title: string, number: string, note: string): Markup {
  return markup`<a class="stat" href="#${href}"><span class="quiet">${cutText(title, 60)}</span><span class="large digits">${cutText(number, 24)}</span><span class="quiet">${cutText(note, 80)}</span></a>`;
}

function gatesTile({ gates, decision: { counts } }: RunReport): Markup | null {
  if (gates.length === 0) return null;
  const all = counts.pass + counts.fail + counts.inconclusive + counts.error;
  const open = (['fail', 'error', 'inconclusive'] as const).filter((verdict) => counts[verdict] > 0).map((verdict) => `${countText(counts[verdict])} ${verdict}`);
  return strip('gates', 'gates that pass', `${countText(counts.pass)}/${countText(all)}`, open.length === 0 ? 'none left open' : open.join(', '));
}

const headlines = ['roc_auc', 'accuracy', 'r2', 'rmse', 'mae', 'ndcg', 'rouge_l', 'log_loss'];

function headlineTile({ comparisons, evaluations }: RunReport): Markup | null {
  const role = comparisons.holdout === undefined && evaluations.holdout === undefined ? 'current' : 'holdout';
  const compared = comparisons[role]?.metrics.filter(({ difference }) => difference.value !== null) ?? [];
  const found = compared.find(({ metric }) => headlines.includes(metric)) ?? compared[0];
  if (found !== undefined && found.candidate.value !== null && found.difference.value !== null) {
    const share = Math.abs(found.candidate.value) <= 1;
    return strip(`against-${role}`, `${found.metric}, ${role}`, columnText(found.candidate.value), `${differenceText(found.difference.value, share ? 'share' : 'metric')} ${intervalText(found.difference, share ? 'share' : 'metric', 'difference')}`);
  }
  const metrics = Object.entries(evaluations[role]?.metrics ?? {}).filter(([, { value }]) => value !== null);
  const [name, measured] = metrics.find(([metric]) => headlines.includes(metric)) ?? metrics[0] ?? [];
  return name === undefined || measured === undefined || measured.value === null ? null : strip(`quality-${role}`, `${name}, ${role}`, columnText(measured.value), intervalText(measured, 'metric', 'value'));
}

function flipsTile({ comparisons }: RunReport): Markup | null {
  const role = comparisons.holdout === undefined || comparisons.holdout.flips === null ? 'current' : 'holdout';
  const flips = comparisons[role]?.flips ?? null;
  if (flips === null) return null;
  return strip(`against-${role}`, `rows that went wrong, ${role}`, countText(flips.harmful), `${countText(flips.helpful)} went right`);
}

function valueTile({ evaluations }: RunReport): Markup | null {
  const role = evaluations.holdout?.value === undefined ? 'current' : 'holdout';
  const value = evaluations[role]?.value;
  if (value === undefined || value.gain.value === null) return null;
  const { interval } = value.gain;
  const thousandfold = (each: number) => numberText(each * 1000);
  return strip(`quality-${role}`, `${value.currency} per 1,000, over the baseline`, `${value.gain.value > 0 ? '+' : ''}${thousandfold(value.gain.value)}`, interval === undefined ? '' : `[${thousandfold(interval.low)}, ${thousandfold(interval.high)}]`);
}

function driftTile({ batches }: RunReport): Markup | null {
  const batch = batches.find(({ role }) => role === 'current')?.batch;
  if (batch === undefined || batch.drift === null) return null;
  return strip('drift', 'columns that moved', `${countText(batch.drift.moved)}/${countText(batch.drift.columns.length)}`, `${batch.profile.name}, ${countText(batch.profile.rows)} rows`);
}

function latencyTile({ runtime }: RunReport): Markup | null {
  const first = runtime?.latency[0];
  if (runtime === null || first === undefined || first.p99Ms.value === null) return null;
  return strip('runtime', `p99 for ${countText(first.batch)} ${first.batch === 1 ? 'row' : 'rows'}`, `${numberText(first.p99Ms.value)} ms`, `model ${bytesText(runtime.modelBytes)}`);
}
