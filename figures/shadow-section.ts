import type { Measured } from '../protocol/measured.ts';
import { columnText, countText, differenceText, numberText, shareText } from '../protocol/number-text.ts';
import type { AgreementPoint, KeptPair, KeptValue, LatencyQuantiles, ShadowRecord, ShadowReport, ShadowVerdict } from '../protocol/shadow.ts';
import { agreementFigure } from './agreement-figure.ts';
import { confusionFigure } from './confusion-figure.ts';
import { cutText } from './cut-text.ts';
import { histogramFigure } from './histogram-figure.ts';
import { markup, type Markup } from './markup.ts';
import { scatterFigure } from './scatter-figure.ts';
import { tile } from './tile.ts';

const signs: Record<ShadowVerdict, { sign: string; tone: string; word: string }> = {
  better: { sign: '✓', tone: 'pass', word: 'better' },
  equivalent: { sign: '✓', tone: 'pass', word: 'equivalent' },
  worse: { sign: '✗', tone: 'fail', word: 'worse' },
  'keep-going': { sign: '?', tone: 'inconclusive', word: 'keep going' },
  inconclusive: { sign: '?', tone: 'inconclusive', word: 'inconclusive' },
  error: { sign: '!', tone: 'error', word: 'error' },
};

/** Sign and word, so that colour is never the only difference. */
export function shadowMark(verdict: ShadowVerdict): Markup {
  const { sign, tone, word } = signs[verdict];
  return markup`<span class="verdict ${tone}"><span class="sign" aria-hidden="true">${sign}</span> ${word}</span>`;
}

/** What it came to, in a sentence, and what would change it. */
export function shadowHead({ summary, report }: ShadowRecord): Markup {
  const { source, settings } = report;
  const where = source.kind === 'replay' ? `replay of ${source.recording ?? 'a recording'}` : summary.endedAt === null ? `● live, ${shareText(source.sampling ?? 1)} of the requests${rateText(report.overTime)}` : 'was live';
  return markup`<p class="facts"><strong>${summary.model}</strong> · ${summary.candidate} beside ${summary.production} · ${where} · ${settings.intent === 'same-build' ? 'same model, other build' : 'new model'} · began ${summary.startedAt.slice(0, 16).replace('T', ' ')}</p>
<h1>${shadowMark(report.verdict)} ${withoutVerdict(report)}</h1>${report.nextSentence === '' ? null : markup`<p>${report.nextSentence}</p>`}`;
}

const latelyMs = 10_000;

/** As fast as the last pairs came; nothing where that cannot be told. */
function rateText(points: readonly AgreementPoint[]): string {
  const last = points.at(-1);
  if (last === undefined) return '';
  const sinceMs = (point: AgreementPoint): number => Date.parse(last.at) - Date.parse(point.at);
  const before = points.findLast((point) => sinceMs(point) >= latelyMs) ?? points[0];
  return sinceMs(before) === 0 ? '' : `, lately ${numberText(((last.pairs - before.pairs) * 1000) / sinceMs(before))} pairs/s`;
}

/** The mark beside it says the word already. */
function withoutVerdict({ sentence }: ShadowReport): string {
  const plain = sentence.replace(/^(Better|Worse|Equivalent|Keep going|Inconclusive): /, '');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Figures of a comparison, then where, for whom and which rows. */
export function shadowSection(record: ShadowRecord): Markup {
  const { report } = record;
  return markup`${drawings(record)}${numbers(report)}${places(report)}${changes(report)}${worstRows(record)}${definitions(report)}`;
}

function drawings({ report, points, pointsOf }: ShadowRecord): Markup {
  const { change, confusion, overTime, settings, disagreement, pairs } = report;
  const { difference } = change;
  const tiles = [
    tile('Agreement', agreementFigure(overTime, settings.margin, `They agree on ${shareOf(pairs.agree, pairs.compared)} of ${countText(pairs.compared)} pairs${disagreement.interval === undefined ? '' : `; disagreement is between ${shareText(disagreement.interval.low)} and ${shareText(disagreement.interval.high)}`}`)),
    tile(points.length < pointsOf ? `Both answers, ${countText(points.length)} of ${countText(pointsOf)} pairs drawn at random` : 'Both answers', scatterFigure({ points, finding: `The candidate’s number against production’s for ${countText(points.length)} pairs; the same is on the diagonal` })),
    difference?.histogram == null ? null : tile(`Candidate − production, ${difference.of}`, histogramFigure({ ...difference.histogram, logarithmic: true, beyond: { below: true, above: true }, marks: [{ at: difference.quantiles.p50, label: `median ${numberText(difference.quantiles.p50, 2)}` }], finding: `Differences from ${numberText(difference.quantiles.p5)} to ${numberText(difference.quantiles.p95)} in nine pairs of ten; median ${numberText(difference.quantiles.p50)}, the bins at the ends hold what lies beyond them, and the heights grow with the logarithm of the count` })),
    confusion === null || pairs.compared === 0 ? null : tile('Decisions', confusionFigure(confusion, `Production’s decisions in the rows, the candidate’s in the columns: ${countText(pairs.differ)} of ${countText(pairs.compared)} differ`, { down: 'production', across: 'candidate' })),
  ].filter((each) => each !== null);
  return tiles.length === 0 ? markup`` : markup`<section><h2>Side by side</h2><div class="grid natural">${tiles}</div></section>`;
}

function numbers({ production, candidate, pairs, disagreement, aboveNoise, noise, kappa, labels, latency, errors, settings }: ShadowReport): Markup {
  const rows: [name: string, value: string, more: string][] = [
    ['pairs', countText(pairs.compared), pairs.dropped.length === 0 ? '' : `never compared: ${pairs.dropped.map(({ reason, pairs: count }) => `${countText(count)} ${reason}`).join(', ')}`],
    ['disagree', shareWithInterval(disagreement), faultsText(pairs)],
    ['production against itself', noise === null ? 'not asked again' : shareWithInterval(noise.share), noise === null ? '' : noise.runs.map(({ how, pairs: count }) => `${countText(count)} ${{ alone: 'alone', 'other-batch': 'in another batch', 'other-provider': 'on another provider' }[how]}`).join(', ')],
    ['disagreement above that', shareWithInterval(aboveNoise), ''],
    ...(kappa === null ? [] : [['Cohen’s kappa', valueWithInterval(kappa), ''] satisfies [string, string, string]]),
    ['no answer', `${production.version} ${countText(errors.production)}, ${candidate.version} ${countText(errors.candidate)}`, `of ${countText(errors.inputs)} inputs`],
  ];
  return markup`<section><h2>In numbers</h2><div class="scroll"><table class="narrow"><tbody>${rows.map(([name, value, more]) => markup`<tr><th scope="row">${name}</th><td class="digits">${value}</td><td class="quiet">${more}</td></tr>`)}</tbody></table></div>
${labels === null ? null : labelsTable(labels, production.version, candidate.version, settings.value?.currency ?? '')}${latency === null ? null : latencyTable(latency, production.version, candidate.version)}</section>`;
}

/** How large, rather than how often; and what all answers of one side are against all of the other. */
function changes({ change: { difference, distribution, similarities }, distributions, production, candidate }: ShadowReport): Markup | null {
  const rows: [name: string, value: string, more: string][] = [
    ...(difference === null
      ? []
      : ([
          [`candidate − production, ${difference.of}`, valueWithInterval(difference.bias), difference.limits === null ? 'on average' : `on average; 95 % between ${numberText(difference.limits.low)} and ${numberText(difference.limits.high)} (Bland and Altman)`],
          ['size of the difference', `p95 ${numberText(difference.p95Absolute)}, p99 ${numberText(difference.p99Absolute)}`, `largest ${numberText(difference.maxAbsolute)}, of ${countText(difference.pairs)} pairs`],
        ] satisfies [string, string, string][])),
    ...similarities.map(({ name, pairs, mean, p5, p50, min }): [string, string, string] => [name, `median ${numberText(p50)}, mean ${numberText(mean)}`, `p5 ${numberText(p5)}, least ${numberText(min)}, of ${countText(pairs)} pairs; 1 is the same`]),
    ...(distribution === null ? [] : [['all numbers of one against the other', `PSI ${valueWithInterval(distribution.psi)}`, `Jensen–Shannon distance ${valueWithInterval(distribution.jensenShannonDistance)}, K-S D ${valueWithInterval(distribution.ks)}`] satisfies [string, string, string]]),
  ];
  if (rows.length + distributions.length === 0) return null;
  return markup`<section><h2>How large the changes are</h2>${rows.length === 0 ? null : markup`<div class="scroll"><table class="narrow"><tbody>${rows.map(([name, value, more]) => markup`<tr><th scope="row">${name}</th><td class="digits">${value}</td><td class="quiet">${more}</td></tr>`)}</tbody></table></div>`}
${distributions.length === 0 ? null : markup`<h3>Shares that moved</h3><div class="scroll"><table class="narrow"><thead><tr><th scope="col">answer</th><th scope="col" class="number">${production.version}</th><th scope="col" class="number">${candidate.version}</th><th scope="col" class="number">difference</th></tr></thead><tbody>${distributions.map(({ name, production: before, candidate: after, difference: moved }) => markup`<tr><th scope="row">${cutText(name, 40)}</th><td class="number">${shareText(before)}</td><td class="number">${shareText(after)}</td><td class="number">${pointsWithInterval(moved)}</td></tr>`)}</tbody></table></div>`}</section>`;
}

const labelMetrics = { accuracy: 'right answers', mae: 'mean absolute error', value: 'worth of a decision' };

function labelsTable({ metric, production, candidate, difference, right, pairs, test }: NonNullable<ShadowReport['labels']>, before: string, after: string, currency: string): Markup {
  const text = metric === 'accuracy' ? shareWithInterval : valueWithInterval;
  const change = difference.value === null ? (difference.reason ?? 'not known') : `${differenceText(difference.value, metric === 'accuracy' ? 'share' : 'metric')}${difference.interval === undefined ? '' : ` (${differenceText(difference.interval.low, metric === 'accuracy' ? 'share' : 'metric')} … ${differenceText(difference.interval.high, metric === 'accuracy' ? 'share' : 'metric')})`}`;
  return markup`<h3>Who is right <span class="quiet">${countText(pairs)} labels${test === null ? '' : ` · ${test.name} p ${columnText(test.pValue)}`}</span></h3><div class="scroll"><table class="narrow"><thead><tr><th scope="col">${labelMetrics[metric]}${metric === 'value' ? `, ${currency}` : ''}</th><th scope="col" class="number">${before}</th><th scope="col" class="number">${after}</th><th scope="col" class="number">difference</th></tr></thead><tbody><tr><th scope="row">all</th><td class="number">${text(production)}</td><td class="number">${text(candidate)}</td><td class="number">${change}</td></tr></tbody></table></div>${right === null ? null : markup`<p class="quiet">Both right ${countText(right.both)}, only ${before} ${countText(right.production)}, only ${after} ${countText(right.candidate)}, neither ${countText(right.neither)}</p>`}`;
}

function latencyTable({ production, candidate, slower, exceedance }: NonNullable<ShadowReport['latency']>, before: string, after: string): Markup {
  const row = (name: string, { requests, p50Ms, p95Ms, p99Ms }: LatencyQuantiles): Markup => markup`<tr><th scope="row">${name}</th>${[p50Ms, p95Ms, p99Ms].map((ms) => markup`<td class="number">${ms === null ? '—' : `${columnText(ms)} ms`}</td>`)}<td class="number">${countText(requests)}</td></tr>`;
  return markup`<h3>Time in the model <span class="quiet">${slower ? `slower: ${shareText(exceedance.share ?? 0)} above ${numberText(exceedance.limitMs)} ms, ${shareText(exceedance.expected)} would be expected` : 'not surely slower'}</span></h3><div class="scroll"><table class="narrow"><thead><tr><th scope="col">version</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th><th scope="col" class="number">answers</th></tr></thead><tbody>${row(before, production)}${row(after, candidate)}</tbody></table></div>`;
}

function places({ slices, harmed, labels, flips }: ShadowReport): Markup {
  const metric = labels?.metric ?? 'accuracy';
  const loss = (gain: Measured): string => (metric === 'accuracy' ? pointsWithInterval(gain) : valueWithInterval(gain));
  return markup`${harmed === null ? null : markup`<section><h2>Where the candidate does worse <span class="quiet">${harmed.reason ?? `${countText(harmed.tested)} slices of ${countText(harmed.rows)} labelled rows searched`}</span></h2>${
    harmed.found.length === 0
      ? markup`<p class="quiet">No value or range of an input for which it surely loses.</p>`
      : markup`<div class="scroll"><table class="narrow"><thead><tr><th scope="col">where</th><th scope="col" class="number">mean change</th><th scope="col" class="number">rows</th></tr></thead><tbody>${harmed.found.map(({ slice, gain, rows }) => markup`<tr><th scope="row">${cutText(slice.name, 60)}</th><td class="number">${loss(gain)}</td><td class="number">${countText(rows)}</td></tr>`)}</tbody></table></div>`
  }</section>`}${slices === null ? null : markup`<section><h2>Where they disagree <span class="quiet">${slices.reason ?? `${countText(slices.tested)} slices of ${countText(slices.rows)} of ${countText(slices.of)} pairs searched`}</span></h2>${
    slices.found.length === 0
      ? markup`<p class="quiet">Nowhere surely more often than elsewhere.</p>`
      : markup`<div class="scroll"><table class="narrow"><thead><tr><th scope="col">where</th><th scope="col" class="number">disagree</th><th scope="col" class="number">times the rest</th><th scope="col" class="number">rows</th></tr></thead><tbody>${slices.found.map(({ slice, share, lift, rows }) => markup`<tr><th scope="row">${cutText(slice.name, 60)}</th><td class="number">${shareWithInterval(share)}</td><td class="number">${lift === null ? 'only there' : `${numberText(lift, 2)}×`}</td><td class="number">${countText(rows)}</td></tr>`)}</tbody></table></div>`
  }${flips.length === 0 ? null : markup`<h3>Decisions that change</h3><div class="scroll"><table class="narrow"><thead><tr><th scope="col">production → candidate</th><th scope="col" class="number">pairs</th></tr></thead><tbody>${flips.map(({ from, to, pairs }) => markup`<tr><th scope="row">${cutText(from, 40)} → ${cutText(to, 40)}</th><td class="number">${countText(pairs)}</td></tr>`)}</tbody></table></div>`}</section>`}`;
}

const worstShown = 20;

function worstRows({ report, worst }: ShadowRecord): Markup {
  if (report.worst.length === 0) return markup`<section><h2>Worst disagreements</h2><p class="quiet">There is none.</p></section>`;
  const kept = new Map(worst.map((pair) => [`${pair.input.row} ${pair.input.id}`, pair]));
  const labelled = report.worst.some(({ right }) => right !== null);
  const row = (each: ShadowReport['worst'][number]): Markup => {
    const pair = kept.get(`${each.input.row} ${each.input.id}`);
    return markup`<tr><th scope="row">${cutText(each.input.id, 40)} <span class="quiet">row ${countText(each.input.row + 1)}</span></th><td>${timeText(each.at)}</td><td>${cutText(each.production, 60)} → ${cutText(each.candidate, 60)}</td><td class="number">${each.absolute === null ? '—' : numberText(each.absolute)}</td><td>${each.reason}</td>${labelled ? markup`<td>${each.label === null ? '' : cutText(each.label, 30)}</td><td>${each.right ?? ''}</td>` : null}<td>${pair === undefined ? null : inputs(pair)}</td></tr>`;
  };
  const table = (rows: ShadowReport['worst']): Markup =>
    markup`<div class="scroll"><table><thead><tr><th scope="col">input</th><th scope="col">time</th><th scope="col">production → candidate</th><th scope="col" class="number">change</th><th scope="col">why</th>${labelled ? markup`<th scope="col">label</th><th scope="col">right</th>` : null}<th scope="col">inputs</th></tr></thead><tbody>${rows.map(row)}</tbody></table></div>`;
  const rest = report.worst.slice(worstShown);
  return markup`<section><h2>Worst disagreements <span class="quiet">${countText(report.worst.length)} of ${countText(report.pairs.differ)}</span></h2>${table(report.worst.slice(0, worstShown))}${rest.length === 0 ? null : markup`<details><summary>${countText(rest.length)} more</summary>${table(rest)}</details>`}</section>`;
}

function inputs({ inputs: values, inputHash }: KeptPair): Markup {
  if (values === null) return markup`<span class="quiet">${inputHash === null ? 'not kept' : `hash ${inputHash.slice(0, 12)}`}</span>`;
  return markup`<details><summary>${countText(Object.keys(values).length)} values</summary><table class="data"><tbody>${Object.entries(values).map(([name, value]) => markup`<tr><th scope="row">${cutText(name, 40)}</th><td>${cutText(valueText(value), 120)}</td></tr>`)}</tbody></table></details>`;
}

function valueText(value: KeptValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function definitions({ settings, production, candidate, basis, source }: ShadowReport): Markup {
  const rows: [string, string][] = [
    ['intent', settings.intent === 'same-build' ? 'same model, other build: every difference above noise is a fault' : 'new model: differences are expected, labels say who is right'],
    ['margin of disagreement', shareText(settings.margin)],
    ['margin by labels', settings.value === null ? shareText(settings.labelMargin) : `${shareText(settings.labelMargin)} of production’s worth`],
    ['chance of promoting wrongly', `${shareText(settings.alpha)}${source.kind === 'live' ? ', however often one looks' : ', judged once, at the end'}`],
    ['tolerance', settings.tolerance === null ? 'decisions alone count' : `${numberText(settings.tolerance.absolute)} + ${numberText(settings.tolerance.relative)} × production${settings.toleranceNote === '' ? '' : `; ${settings.toleranceNote}`}`],
    ['compared', basis === 'pairs' ? 'pair by pair' : 'all answers of one against all of the other, as production does not repeat itself'],
    ...[production, candidate].map((side): [string, string] => [`${side.version}`, `${side.digest === null ? 'remote' : `sha256:${side.digest.slice(0, 12)}`} · ${side.provider ?? 'remote'}${side.precision === null ? '' : ` · ${side.precision}`}`]),
  ];
  return markup`<section><details><summary>Settings, fixed before the first pair</summary><table class="narrow"><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table></details></section>`;
}

function faultsText({ candidateFailed, candidateInvalid, productionInvalid }: ShadowReport['pairs']): string {
  return [
    candidateFailed > 0 ? `${countText(candidateFailed)} without an answer` : null,
    candidateInvalid > 0 ? `${countText(candidateInvalid)} not a number, or no known class` : null,
    productionInvalid > 0 ? `${countText(productionInvalid)} production’s own` : null,
  ].filter((fault) => fault !== null).join(', ');
}

function shareOf(part: number, whole: number): string {
  return whole === 0 ? 'none' : shareText(part / whole);
}

function shareWithInterval({ value, interval, reason }: Measured): string {
  if (value === null) return reason ?? 'not known';
  return interval === undefined ? shareText(value) : `${shareText(value)} (${shareText(interval.low)} … ${shareText(interval.high)})`;
}

function pointsWithInterval({ value, interval, reason }: Measured): string {
  if (value === null) return reason ?? 'not known';
  const text = (points: number): string => differenceText(points, 'share');
  return interval === undefined ? text(value) : `${text(value)} (${text(interval.low)} … ${text(interval.high)})`;
}

function timeText(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

function valueWithInterval({ value, interval, reason }: Measured): string {
  if (value === null) return reason ?? 'not known';
  return interval === undefined ? numberText(value) : `${numberText(value)} (${numberText(interval.low)} … ${numberText(interval.high)})`;
}
