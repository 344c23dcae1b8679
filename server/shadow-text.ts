import type { Measured } from '../protocol/measured.ts';
import { countText, durationText, numberText, shareText } from '../protocol/number-text.ts';
import type { ShadowLatency, ShadowRecord, ShadowReport, ShadowSummary, ShadowVerdict } from '../protocol/shadow.ts';
import { pc } from './colours.ts';
import { table, wrapped } from './terminal.ts';

const marks: Record<ShadowVerdict, string> = { better: pc.green('✓'), equivalent: pc.green('✓'), worse: pc.red('✗'), 'keep-going': pc.yellow('?'), inconclusive: pc.yellow('?'), error: pc.red('!') };

const shown = 8;

/** A comparison as one screen of text: the sentence, how sure, where they differ and which rows, what to do next. */
export function shadowText({ summary, report, worst }: ShadowRecord, { all = false, columns = process.stdout.columns ?? Infinity }: { all?: boolean; columns?: number } = {}): string {
  const { production, candidate, source, settings } = report;
  const facts = [
    source.kind === 'live' ? 'live' : `replay of ${source.recording ?? 'a recording'}`,
    settings.intent === 'same-build' ? 'same model, other build' : 'new model',
    [production.provider, candidate.provider].every((provider) => provider === production.provider) ? (production.provider ?? null) : `${production.provider ?? 'remote'} against ${candidate.provider ?? 'remote'}`,
    summary.endedAt === null ? 'under way' : durationText(Date.parse(summary.endedAt) - Date.parse(summary.startedAt)),
  ].filter((fact) => fact !== null);
  const lines = [
    `${pc.bold(`${summary.model} ${candidate.version}`)} beside ${production.version}  ${pc.dim(facts.join(' · '))}`,
    ...wrapped(`${marks[report.verdict]} ${pc.bold(report.sentence)}`, 0, columns),
    '',
    ...measures(report),
  ];
  if (report.flips.length > 0) lines.push('', ...table(['decision changes', 'pairs'], report.flips.slice(0, all ? Infinity : shown).map(({ from, to, pairs }) => [`${from} → ${to}`, countText(pairs)])));
  lines.push(...harmed(report), ...slices(report), ...rows(report, worst.length, all));
  if (report.nextSentence !== '') lines.push('', ...wrapped(`${pc.cyan('→')} ${report.nextSentence}`, 0, columns));
  lines.push('', `${pc.dim('comparison')} ${summary.id}`);
  return lines.join('\n');
}

function measures({ pairs, disagreement, aboveNoise, noise, change, kappa, labels, latency, errors, settings }: ShadowReport): string[] {
  const dropped = pairs.dropped.map(({ reason, pairs: count }) => `${countText(count)} ${reason}`);
  const cells: string[][] = [
    ['pairs', countText(pairs.compared), dropped.length === 0 ? '' : `never compared: ${dropped.join(', ')}`],
    ['disagree', shareWithInterval(disagreement), faults(pairs)],
    ['production against itself', noise === null ? 'not asked again' : shareWithInterval(noise.share), noise === null ? '' : noise.runs.map(({ how, pairs: count }) => `${countText(count)} ${how === 'alone' ? 'alone' : how === 'other-batch' ? 'in another batch' : 'on another provider'}`).join(', ')],
    ['above that', shareWithInterval(aboveNoise), ''],
  ];
  if (kappa !== null) cells.push(['Cohen’s kappa', valueWithInterval(kappa), '']);
  if (change.difference !== null) cells.push([`difference of the ${change.difference.of}`, `median ${numberText(change.difference.quantiles.p50)}, largest ${numberText(change.difference.maxAbsolute)}`, `mean size ${numberText(change.difference.meanAbsolute)}`]);
  if (labels !== null) {
    const right = labels.right === null ? '' : `only production right ${countText(labels.right.production)}, only the candidate ${countText(labels.right.candidate)}`;
    const value = labels.metric === 'accuracy' ? shareWithInterval : valueWithInterval;
    const names = { accuracy: 'right, of those labelled', mae: 'mean absolute error', value: `worth of a decision, ${settings.value?.currency ?? ''}` };
    cells.push([names[labels.metric], `${value(labels.production)} → ${value(labels.candidate)}`, `${countText(labels.pairs)} labels${right === '' ? '' : `; ${right}`}`]);
  }
  if (latency !== null) cells.push(latencyCells(latency));
  cells.push(['no answer', `production ${countText(errors.production)}, candidate ${countText(errors.candidate)}`, `of ${countText(errors.inputs)}`]);
  return table(null, cells.map(([name, value, more]) => [pc.dim(name), value, pc.dim(more)]));
}

function faults({ candidateFailed, candidateInvalid, productionInvalid }: ShadowReport['pairs']): string {
  return [
    candidateFailed > 0 ? `${countText(candidateFailed)} without an answer` : null,
    candidateInvalid > 0 ? `${countText(candidateInvalid)} not a number, or no known class` : null,
    productionInvalid > 0 ? `${countText(productionInvalid)} production’s own` : null,
  ].filter((fault) => fault !== null).join(', ');
}

function latencyCells({ production, candidate, slower, exceedance }: ShadowLatency): string[] {
  const quantiles = ({ p50Ms, p95Ms, p99Ms }: ShadowLatency['production']): string => [p50Ms, p95Ms, p99Ms].map((ms) => (ms === null ? '–' : numberText(ms))).join(' / ');
  return ['p50 / p95 / p99 in ms', `${quantiles(production)} → ${quantiles(candidate)}`, slower ? `slower: ${exceedance.share === null ? '' : shareText(exceedance.share)} above ${numberText(exceedance.limitMs)} ms` : ''];
}

function slices({ slices: found }: ShadowReport): string[] {
  if (found === null || found.found.length === 0) return [];
  const drawn = found.rows < found.of ? `where they disagree (${countText(found.rows)} of ${countText(found.of)} pairs)` : 'where they disagree';
  return ['', ...table([drawn, 'share', 'times the rest', 'rows'], found.found.slice(0, shown).map(({ slice, share, lift, rows: count }) => [slice.name, shareWithInterval(share), lift === null ? 'only there' : `${numberText(lift, 2)}×`, countText(count)]))];
}

function harmed({ harmed: searched, labels, settings }: ShadowReport): string[] {
  if (searched === null || searched.found.length === 0 || labels === null) return [];
  const what = { accuracy: 'right answers lost', mae: 'error added', value: `worth lost, ${settings.value?.currency ?? ''}` }[labels.metric];
  const text = (gain: Measured): string => (labels.metric === 'accuracy' ? shareWithInterval(gain) : valueWithInterval(gain));
  return ['', ...table(['where it does worse', what, 'rows'], searched.found.slice(0, shown).map(({ slice, gain, rows: count }) => [slice.name, text(gain), countText(count)]))];
}

function rows({ worst }: ShadowReport, kept: number, all: boolean): string[] {
  if (worst.length === 0) return [];
  const listed = worst.slice(0, all ? Infinity : shown);
  const right = listed.some((each) => each.right !== null);
  const cells = listed.map(({ input, production, candidate, reason, right: who, label }) => [`${input.id} row ${input.row + 1}`, `${production} → ${candidate}`, reason, ...(right ? [label ?? '', who ?? ''] : [])]);
  const more = kept - listed.length;
  return ['', ...table(['worst', 'production → candidate', 'why', ...(right ? ['label', 'right'] : [])], cells), ...(more > 0 ? [pc.dim(`${countText(more)} more are kept: --all`)] : [])];
}

/** "1.3 % (1.0 … 1.6)" */
function shareWithInterval({ value, interval, reason }: Measured): string {
  if (value === null) return reason ?? 'not known';
  return interval === undefined ? shareText(value) : `${shareText(value)} (${shareText(interval.low)} … ${shareText(interval.high)})`;
}

function valueWithInterval({ value, interval, reason }: Measured): string {
  if (value === null) return reason ?? 'not known';
  return interval === undefined ? numberText(value) : `${numberText(value)} (${numberText(interval.low)} … ${numberText(interval.high)})`;
}

/** Comparisons in a list, newest first. */
export function shadowsText(summaries: readonly ShadowSummary[]): string {
  if (summaries.length === 0) return `Nothing was compared yet\n\nNext: slipway shadow --replay current --candidate <version>`;
  return table(['', 'comparison', 'model', 'candidate', 'beside', 'pairs', 'began', ''], summaries.map(({ id, model, production, candidate, verdict, compared, startedAt, endedAt, kind }) => [marks[verdict], id, model, candidate, production, countText(compared), startedAt.slice(0, 16).replace('T', ' '), `${kind}${endedAt === null ? ', under way' : ''} · ${verdict}`])).join('\n');
}
