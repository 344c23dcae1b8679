import type { Finding } from '../protocol/data-quality.ts';
import type { ColumnDrift, DriftReport } from '../protocol/drift.ts';
import type { ComparisonReport, EvaluationReport, GroupFairness, MetricComparison } from '../protocol/evaluation.ts';
import type { GatePart, GateResult } from '../protocol/gates.ts';
import type { Measured, Verdict } from '../protocol/measured.ts';
import { bytesText, countText, differenceText, durationText, intervalText, measuredText, numberText, pText, shareText, type Unit } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import type { RuntimeReport } from '../protocol/runtime.ts';
import { curveFigure } from './curve-figure.ts';
import { distributionFigure } from './distribution-figure.ts';
import { dumbbellFigure } from './dumbbell-figure.ts';
import { histogramFigure } from './histogram-figure.ts';
import { intervalFigure } from './interval-figure.ts';
import { Markup, markup } from './markup.ts';
import { reliabilityFigure } from './reliability-figure.ts';
import { theme } from './theme.ts';
import { trendFigure } from './trend-figure.ts';

const words: Record<Verdict, string> = { pass: '✓ pass', fail: '✗ fail', inconclusive: '? inconclusive', error: '! error' };
const drawnColumnsMax = 24;
const listedColumnsMax = 1000;
const listedFlipsMax = 30;

/**
 * A run as one file: verdict first, then what carries it, then the evidence. No script, no network, at most 2 MB: only
 * aggregates are in it, and what is cut is said with its count.
 */
export function reportPage(report: RunReport): string {
  const { model, decision, lineage } = report;
  const title = `${model.name} ${model.version}: ${words[decision.verdict].slice(2)}`;
  const page = markup`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${title}</title><style>${new Markup(theme)}</style></head><body><main>
<p class="facts">${model.name} ${model.version}${report.role === 'champion' ? ' ★ champion' : lineage.champion === null ? '' : ` against champion ${lineage.champion.version}`} · ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC · ${durationText(Date.parse(report.finishedAt) - Date.parse(report.startedAt))}</p>
<h1><span class="verdict ${decision.verdict}">${words[decision.verdict]}</span> · ${decision.sentence}</h1>
<p class="facts">Policy <code>${lineage.policy.digest.slice(0, 8)}</code> fixed before the run · seed ${lineage.seed} · ${lineage.provider.toUpperCase()}${report.runtime === null ? '' : report.runtime.refused.map(({ provider, reason }) => ` · ${provider} refused: ${reason.split('\n')[0].slice(0, 90)}`).join('')}</p>
${failedSteps(report)}
${gatesSection(report)}
${comparisonSections(report)}
${evaluationSections(report)}
${driftSections(report)}
${dataQualitySections(report)}
${casesSection(report)}
${report.runtime === null ? null : runtimeSection(report.runtime)}
${evidenceSection(report)}
</main></body></html>`;
  return page.text;
}

function failedSteps({ steps }: RunReport): Markup {
  const failed = steps.filter((step) => step.state === 'failed');
  return markup`${failed.map((step) => markup`<p><span class="verdict error">! ${step.step}${step.subject === undefined ? '' : ` (${step.subject})`} failed</span>: ${step.problem?.detail ?? ''} <span class="quiet">${step.problem?.hint ?? ''}</span></p>`)}`;
}

function gatesSection({ gates, decision }: RunReport): Markup {
  const rank: Record<Verdict, number> = { fail: 0, error: 1, inconclusive: 2, pass: 3 };
  const severity = { block: 0, warn: 1, info: 2 };
  const sorted = [...gates].sort((a, b) => rank[a.verdict] - rank[b.verdict] || severity[a.gate.severity] - severity[b.gate.severity]);
  const trouble = sorted.filter((gate) => gate.verdict !== 'pass');
  const passed = sorted.filter((gate) => gate.verdict === 'pass');
  return markup`<h2>Gates</h2>${trouble.length > 0 ? gateTable(trouble) : markup`<p>All ${gates.length} gates pass.</p>`}${
    passed.length > 0 ? markup`<details${trouble.length === 0 ? new Markup(' open') : null}><summary>${countText(passed.length)} ${passed.length === 1 ? 'gate passes' : 'gates pass'}</summary>${gateTable(passed)}</details>` : null
  }${decision.notApplicable.length > 0 ? markup`<p class="quiet">Not applied to the champion itself: ${decision.notApplicable.join(', ')}</p>` : null}`;
}

function gateTable(gates: GateResult[]): Markup {
  return markup`<div class="scroll"><table><thead><tr><th>verdict</th><th>gate</th><th class="number">champion</th><th class="number">candidate</th><th class="number">difference</th><th>interval against bound</th><th class="number">needs</th><th class="number">rows</th><th>why</th></tr></thead><tbody>${gates.map((gate) => [
    gateRow(gate),
    ...gate.parts.filter((part) => gate.parts.length > 1 && (gate.verdict === 'pass' ? false : part.verdict !== 'pass')).map((part) => partRow(part, gate)),
    gate.parts.length > 1 ? partsFolded(gate) : null,
  ])}</tbody></table></div>`;
}

function gateRow(result: GateResult): Markup {
  const { unit, verdict, gate, title, needs, rows, reason } = result;
  return markup`<tr><td class="verdict ${verdict}">${words[verdict]}</td><th scope="row">${title}${gate.severity === 'block' ? null : markup` <span class="quiet">${gate.severity}</span>`}</th>${numbers(result, unit)}<td>${intervalOf(result, result)}</td><td class="number">${needs}</td><td class="number">${rows === null ? '' : countText(rows)}</td><td class="why">${reason}</td></tr>`;
}

function partRow(part: GatePart, result: GateResult): Markup {
  return markup`<tr class="part"><td class="verdict ${part.verdict}">${words[part.verdict]}</td><th scope="row">${part.title}</th>${numbers(part, result.unit)}<td>${intervalOf(part, result)}</td><td class="number"></td><td class="number">${countText(part.rows)}</td><td class="why">${part.reason}</td></tr>`;
}

function partsFolded(result: GateResult): Markup | null {
  const folded = result.parts.filter((part) => result.verdict === 'pass' || part.verdict === 'pass');
  if (folded.length === 0) return null;
  return markup`<tr class="part"><td></td><td colspan="8"><details><summary>${countText(folded.length)} ${folded.length === 1 ? 'part passes' : 'parts pass'}</summary><table><tbody>${folded.map((part) => partRow(part, result))}</tbody></table></details></td></tr>`;
}

function numbers({ champion, candidate, difference }: Pick<GatePart, 'champion' | 'candidate' | 'difference'>, unit: Unit): Markup {
  return markup`<td class="number">${measuredText(champion, unit)}</td><td class="number" title="${candidate?.reason}">${measuredText(candidate, unit)}<br><span class="quiet">${difference === null ? intervalText(candidate, unit, 'value') : ''}</span></td><td class="number">${
    difference?.value == null ? '' : markup`${differenceText(difference.value, unit)}<br><span class="quiet">${intervalText(difference, unit, 'difference')}</span>`
  }</td>`;
}

function intervalOf(part: Pick<GatePart, 'candidate' | 'difference' | 'verdict' | 'reason'>, { bound, title }: GateResult): Markup | null {
  if (bound === null) return null;
  return intervalFigure({ measured: bound.on === 'difference' ? part.difference : part.candidate, verdict: part.verdict, bound, finding: `${title}: ${part.reason}` });
}

function comparisonSections({ comparisons }: RunReport): Markup {
  return markup`${Object.entries(comparisons).map(([role, comparison]) => (comparison === undefined ? null : comparisonSection(role, comparison)))}`;
}

function comparisonSection(role: string, comparison: ComparisonReport): Markup {
  const { champion, candidate, metrics, slices, flips, rows } = comparison;
  if (comparison.refused !== undefined) return markup`<h2>Against the champion, ${role}</h2><p class="verdict error">! not compared: ${comparison.refused}</p>`;
  const byMetric = new Map<string, MetricComparison[]>();
  for (const slice of slices) byMetric.set(slice.metric, [...(byMetric.get(slice.metric) ?? []), slice]);
  return markup`<h2>${candidate.version} against ${champion.version}, ${role} <span class="quiet">same ${countText(rows)} rows</span></h2>
<div class="scroll"><table><thead><tr><th>metric</th><th class="number">champion</th><th class="number">candidate</th><th class="number">difference</th><th class="number">p</th><th>test</th></tr></thead><tbody>${metrics.map(
    (row) => markup`<tr><th scope="row">${row.metric}</th><td class="number">${plain(row.champion)}</td><td class="number">${plain(row.candidate)}</td><td class="number">${signed(row.difference)}</td><td class="number">${row.pValue === null ? '' : pText(row.pValue)}</td><td class="quiet">${row.test ?? ''}</td></tr>`,
  )}</tbody></table></div>
${[...byMetric].map(([metric, ofMetric]) => markup`<h3>${metric} by slice</h3>${dumbbellFigure(ofMetric, (row) => row.slice.name, `${metric} of champion and candidate by slice, worst loss first`)}${ofMetric.length > 24 ? markup`<p class="quiet">24 of ${countText(ofMetric.length)} slices are drawn, the worst</p>` : null}`)}
${flips === null ? null : flipsPart(flips)}`;
}

function flipsPart(flips: NonNullable<ComparisonReport['flips']>): Markup {
  return markup`<h3>Flips</h3><p>${countText(flips.helpful)} rows went from wrong to right, ${countText(flips.harmful)} from right to wrong${flips.mcnemar?.pValue == null ? '' : ` (McNemar ${pText(flips.mcnemar.pValue)})`}.${
    flips.concentrations.length === 0 ? '' : ` Harmful flips concentrate in ${flips.concentrations.slice(0, 3).map((each) => `${each.slice.name} (${countText(each.harmful)}, ${numberText(each.lift, 2)}× its share)`).join(', ')}.`
  }</p><details><summary>${countText(Math.min(listedFlipsMax, flips.examples.length))} rows that flipped</summary><div class="scroll"><table><thead><tr><th class="number">row</th><th>key</th><th>label</th><th>champion</th><th>candidate</th><th class="number">champion score</th><th class="number">candidate score</th></tr></thead><tbody>${flips.examples
    .slice(0, listedFlipsMax)
    .map(
      (flip) => markup`<tr><td class="number">${countText(flip.row)}</td><td>${flip.key ?? ''}</td><td>${flip.label}</td><td>${flip.champion}</td><td>${flip.candidate}</td><td class="number">${flip.championScore === null ? '' : numberText(flip.championScore)}</td><td class="number">${flip.candidateScore === null ? '' : numberText(flip.candidateScore)}</td></tr>`,
    )}</tbody></table></div></details>`;
}

function evaluationSections({ evaluations, championEvaluations }: RunReport): Markup {
  return markup`${(['holdout', 'current'] as const).map((role) => {
    const evaluation = evaluations[role];
    return evaluation === undefined ? null : evaluationSection(role, evaluation, championEvaluations[role]);
  })}`;
}

function evaluationSection(role: string, evaluation: EvaluationReport, champion: EvaluationReport | undefined): Markup {
  const { metrics, rows, roc, precisionRecall, calibration, confusion, residuals, weakSlices, fairness, value } = evaluation;
  return markup`<h2>Quality on ${role} <span class="quiet">${evaluation.dataset.name}, ${countText(rows.judged)} of ${countText(rows.read)} rows judged${rows.leftOut.map(({ reason, rows: left }) => `, ${countText(left)} left out: ${reason}`).join('')}</span></h2>
<details><summary>${countText(Object.keys(metrics).length)} metrics${evaluation.threshold === undefined ? '' : `, threshold ${numberText(evaluation.threshold)}`}</summary><table><thead><tr><th>metric</th><th class="number">value</th><th class="number">95 % interval</th><th></th></tr></thead><tbody>${Object.entries(metrics).map(
    ([name, measured]) => markup`<tr><th scope="row">${name}</th><td class="number">${plain(measured)}</td><td class="number quiet">${intervalText(measured, 'metric', 'value')}</td><td class="quiet">${measured.reason ?? measured.interval?.method ?? ''}</td></tr>`,
  )}</tbody></table></details>
<div class="grid">
${roc === undefined ? null : tile('ROC', curveFigure({ candidate: roc, champion: champion?.roc, x: 'false positive rate', y: 'true positive rate', diagonal: true, finding: `ROC curve, area ${plain(metrics.roc_auc ?? null)}` }))}
${precisionRecall === undefined ? null : tile('Precision and recall', curveFigure({ candidate: precisionRecall, champion: champion?.precisionRecall, x: 'recall', y: 'precision', diagonal: false, finding: `Precision–recall curve, average precision ${plain(metrics.average_precision ?? null)}` }))}
${calibration === undefined ? null : tile('Calibration', reliabilityFigure(calibration, `Observed share against predicted score in ${calibration.bins.length} bins; expected calibration error ${plain(metrics.expected_calibration_error ?? calibration.metrics.expected_calibration_error ?? null)}`))}
${residuals === undefined ? null : tile('Residuals', histogramFigure({ ...residuals, finding: 'Residuals: prediction minus label' }))}
${confusion === undefined || confusion.labels.length > 20 ? null : tile('Confusion', confusionTable(confusion))}
${value === undefined ? null : tile('Value', markup`<p>${value.perPrediction.value === null ? (value.perPrediction.reason ?? '') : `${numberText(value.perPrediction.value * 1000)} ${value.currency} per 1,000 predictions ${scaledInterval(value.perPrediction)}`}</p><p class="quiet">${value.gain.value === null ? '' : `${numberText(value.gain.value * 1000)} more than the baseline “${value.baseline.name}” ${scaledInterval(value.gain)}`}</p>`)}
</div>
${weakSlices.length === 0 ? null : markup`<h3>Weak slices found</h3><table><thead><tr><th>slice</th><th>metric</th><th class="number">gap to the rest</th><th class="number">rows</th></tr></thead><tbody>${weakSlices.slice(0, 10).map((slice) => markup`<tr><th scope="row">${slice.slice.name}</th><td>${slice.metric}</td><td class="number">${signed(slice.gap)}</td><td class="number">${countText(slice.rows)}</td></tr>`)}</tbody></table>`}
${fairness.map(fairnessPart)}`;
}

function scaledInterval({ interval }: Measured): string {
  return interval === undefined ? '' : `(95 % ${numberText(interval.low * 1000)} to ${numberText(interval.high * 1000)})`;
}

function confusionTable({ labels, counts }: { labels: string[]; counts: number[][] }): Markup {
  return markup`<table><thead><tr><th>actual ↓ predicted →</th>${labels.map((label) => markup`<th class="number">${label}</th>`)}</tr></thead><tbody>${labels.map((label, row) => markup`<tr><th scope="row">${label}</th>${counts[row].map((count) => markup`<td class="number">${countText(count)}</td>`)}</tr>`)}</tbody></table>`;
}

function fairnessPart({ by, groups, disparities, minRows }: GroupFairness): Markup {
  return markup`<h3>Groups by ${by.join(' × ')}</h3><div class="scroll"><table><thead><tr><th>group</th><th class="number">rows</th><th class="number">positives</th><th class="number">selection rate</th><th class="number">TPR</th><th class="number">FPR</th><th></th></tr></thead><tbody>${groups.map(
    (group) => markup`<tr><th scope="row">${group.group}</th><td class="number">${countText(group.rows)}</td><td class="number">${countText(group.positives)}</td><td class="number">${plain(group.rates.selection_rate)}</td><td class="number">${plain(group.rates.tpr)}</td><td class="number">${plain(group.rates.fpr)}</td><td class="quiet">${group.tooSmall ? `fewer than ${minRows} rows` : ''}</td></tr>`,
  )}</tbody></table></div><details><summary>Disparities</summary><table><tbody>${Object.entries(disparities).map(([name, measured]) => markup`<tr><th scope="row">${name}</th><td class="number">${plain(measured)}</td><td class="number quiet">${intervalText(measured, 'metric', 'value')}</td><td class="quiet">${measured.reason ?? (measured.lowestGroup === undefined ? '' : `${measured.lowestGroup} against ${measured.highestGroup ?? ''}`)}</td></tr>`)}</tbody></table></details>`;
}

function driftSections({ batches, history }: RunReport): Markup {
  const current = batches.find((batch) => batch.role === 'current')?.batch;
  if (current?.drift == null) return markup``;
  return markup`<h2>What moved</h2>${driftPart(current.drift)}${history.length < 2 ? null : historyPart(history, current.drift)}`;
}

function driftPart(drift: DriftReport): Markup {
  const order = { moved: 0, error: 1, inconclusive: 2, still: 3 };
  const columns = [...drift.columns].sort((a, b) => order[a.verdict] - order[b.verdict] || strength(b) - strength(a));
  const drawn = columns.filter((column) => column.verdict !== 'still').slice(0, drawnColumnsMax);
  const listed = columns.slice(0, listedColumnsMax);
  return markup`<p>${drift.current.name} against ${drift.reference.name}: ${countText(drift.moved)} of ${countText(drift.columns.length)} columns moved${drift.inconclusive > 0 ? `, ${countText(drift.inconclusive)} with too few rows to tell` : ''}. <span class="quiet">${countText(drift.current.rows)} rows against ${countText(drift.reference.rows)}; a column moved when p after correction is below ${drift.alpha} and the effect reaches its floor. Grey is the reference, blue the current batch.</span></p>
${drift.multivariate === null ? null : markup`<p class="quiet">All columns together: ${drift.multivariate.message}</p>`}
<div class="grid">${drawn.map((column) => markup`<div class="tile"><h3><span class="${column.verdict}">${column.verdict === 'moved' ? '▲' : '?'}</span> ${column.column}</h3><p class="quiet">${column.message}</p>${distributionFigure(column)}</div>`)}</div>
<details><summary>All ${countText(columns.length)} columns</summary><div class="scroll"><table><thead><tr><th>column</th><th>verdict</th><th class="number">effect</th><th class="number">chance ≤</th><th class="number">floor</th><th class="number">p adjusted</th><th class="number">nulls</th><th>finding</th></tr></thead><tbody>${listed.map(
    (column) => markup`<tr><th scope="row">${column.column}</th><td class="${column.verdict}">${column.verdict}</td><td class="number" title="${column.effect.definition}">${column.effect.name} ${column.effect.value === null ? 'undefined' : numberText(column.effect.value)}</td><td class="number">${column.effect.band === null ? '' : numberText(column.effect.band)}</td><td class="number">${numberText(column.effect.floor)}</td><td class="number">${column.test.adjustedP === null ? '' : pText(column.test.adjustedP).replace(/^p (= )?/, '')}</td><td class="number">${nullText(column)}</td><td class="why">${column.message}</td></tr>`,
  )}</tbody></table></div>${columns.length > listed.length ? markup`<p class="quiet">${countText(columns.length - listed.length)} more columns are in the record</p>` : null}</details>`;
}

const strength = (column: ColumnDrift): number => (column.effect.value ?? 0) / column.effect.floor;

function nullText({ nulls }: ColumnDrift): string {
  const [before, after] = [nulls.reference.value ?? 0, nulls.current.value ?? 0];
  return before === 0 && after === 0 ? '' : `${shareText(before)} → ${shareText(after)}`;
}

function historyPart(history: RunReport['history'], drift: DriftReport): Markup {
  const columns = [...drift.columns].filter((column) => column.effect.value !== null).sort((a, b) => strength(b) - strength(a)).slice(0, 6);
  return markup`<h3>Batch by batch <span class="quiet">${countText(history.length)} batches, oldest left; dotted: floor</span></h3><div class="grid">${columns.map((column) => {
    const points = history.map((batch) => ({ name: batch.name.split('/').pop() ?? batch.name, value: batch.effects[column.column] ?? null }));
    const drawn = trendFigure({ points, limit: column.effect.floor, finding: `${column.effect.name} of ${column.column} over ${points.length} batches` });
    return drawn === null ? null : tile(column.column, drawn);
  })}</div>`;
}

function dataQualitySections({ batches }: RunReport): Markup {
  return markup`<h2>Data quality</h2>${batches.map(({ role, batch }) => {
    const rank: Record<Verdict, number> = { fail: 0, error: 1, inconclusive: 2, pass: 3 };
    const findings = [...batch.dataQuality.findings].sort((a, b) => rank[a.verdict] - rank[b.verdict]);
    const trouble = findings.filter((finding) => finding.verdict !== 'pass');
    return markup`<h3>${role} <span class="quiet">${batch.profile.name}, ${countText(batch.profile.rows)} rows × ${countText(batch.profile.columns.length)} columns</span></h3>${trouble.length > 0 ? findingTable(trouble) : null}<details><summary>${countText(findings.length - trouble.length)} checks pass</summary>${findingTable(findings.filter((finding) => finding.verdict === 'pass').slice(0, listedColumnsMax))}</details>`;
  })}`;
}

function findingTable(findings: Finding[]): Markup {
  return markup`<div class="scroll"><table><tbody>${findings.map((finding) => markup`<tr><td class="verdict ${finding.verdict}">${words[finding.verdict]}</td><th scope="row"><code>${finding.id}</code>${finding.severity === 'block' ? null : markup` <span class="quiet">${finding.severity}</span>`}</th><td>${finding.message}</td><td class="why">${finding.verdict === 'pass' ? '' : (finding.next ?? '')}</td></tr>`)}</tbody></table></div>`;
}

function casesSection({ cases }: RunReport): Markup {
  if (cases.length === 0) return markup``;
  const wrong = cases.filter((each) => each.verdict !== 'pass');
  return markup`<h2>Curated cases <span class="quiet">${countText(cases.length - wrong.length)} of ${countText(cases.length)} right</span></h2>${
    wrong.length === 0 ? null : markup`<div class="scroll"><table><thead><tr><th></th><th>case</th><th>expected</th><th>predicted</th><th class="number">score</th></tr></thead><tbody>${wrong.slice(0, 100).map((each) => markup`<tr><td class="verdict ${each.verdict}">${words[each.verdict]}</td><th scope="row">${each.name}</th><td>${each.expected}</td><td>${each.predicted ?? '—'}</td><td class="number">${each.score === null ? '' : numberText(each.score)}</td></tr>`)}</tbody></table></div>`
  }`;
}

function runtimeSection(runtime: RuntimeReport): Markup {
  return markup`<h2>Runtime <span class="quiet">${runtime.provider.toUpperCase()} · ONNX Runtime ${runtime.onnxruntime} · model ${bytesText(runtime.modelBytes)}${runtime.peakMemoryMb === null ? '' : ` · peak ${countText(runtime.peakMemoryMb)} MB`}</span></h2>
<div class="grid">${runtime.latency.map((latency) =>
    tile(
      `Batch of ${countText(latency.batch)}`,
      markup`<p class="quiet">p50 ${plain(latency.p50Ms)} ms · p95 ${plain(latency.p95Ms)} ms · p99 ${plain(latency.p99Ms)} ms · ${latency.rowsPerSecond.value === null ? '' : countText(latency.rowsPerSecond.value)} rows/s · ${countText(latency.runs)} runs, ${latency.threads} threads</p>${histogramFigure({
        ...latency.histogram,
        unit: '',
        marks: [
          ...(latency.p50Ms.value === null ? [] : [{ at: latency.p50Ms.value, label: 'p50' }]),
          ...(latency.p95Ms.value === null ? [] : [{ at: latency.p95Ms.value, label: 'p95' }]),
        ],
        finding: `Latency in milliseconds of ${latency.runs} runs with ${latency.batch} rows each`,
      })}`,
    ),
  )}</div>
${runtime.parity.length === 0 ? null : markup`<table><thead><tr><th>parity</th><th>verdict</th><th class="number">rows</th><th class="number">largest difference</th><th></th></tr></thead><tbody>${runtime.parity.map((parity) => markup`<tr><th scope="row">${parity.between.join(' and ')}</th><td>${parity.verdict}</td><td class="number">${countText(parity.rows)}</td><td class="number">${parity.outputs.map((output) => (output.maxAbsolute === null ? '' : numberText(output.maxAbsolute))).join(', ')}</td><td class="why">${parity.reason}</td></tr>`)}</tbody></table>`}`;
}

function evidenceSection({ id, lineage, steps, model }: RunReport): Markup {
  const rows: [string, string][] = [
    ['run', id],
    ['model', `${lineage.model.path} sha256:${model.digest}`],
    ['champion', lineage.champion === null ? 'none' : `${lineage.champion.version} sha256:${lineage.champion.digest}`],
    ...Object.entries(lineage.datasets).map(([role, dataset]): [string, string] => [role, dataset === undefined ? '' : `${dataset.files.join(', ')} · ${countText(dataset.rows)} rows · sha256:${dataset.digest}`]),
    ['policy', `sha256:${lineage.policy.digest}, fixed ${lineage.policy.fixedAt}`],
    ['slipway.yaml', `sha256:${lineage.config.digest}`],
    ['code', lineage.code.revision === null ? 'not in a git checkout' : `${lineage.code.revision}${lineage.code.dirty === true ? ', with uncommitted changes' : ''}`],
    ['versions', Object.entries(lineage.versions).map(([name, version]) => `${name} ${version}`).join(' · ')],
  ];
  return markup`<h2>Evidence</h2><div class="scroll"><table><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td><code>${value}</code></td></tr>`)}</tbody></table></div>
<details><summary>Steps</summary><table><tbody>${steps.map((step) => markup`<tr><th scope="row">${step.step}</th><td>${step.subject ?? ''}</td><td>${step.state}</td><td class="number">${durationText(step.milliseconds)}</td><td class="quiet">${step.reason ?? step.problem?.detail ?? ''}</td></tr>`)}</tbody></table></details>
<details><summary>slipway.yaml as it was</summary><pre>${lineage.config.text}</pre></details>`;
}

function tile(title: string, content: Markup | null): Markup | null {
  return content === null ? null : markup`<div class="tile"><h3>${title}</h3>${content}</div>`;
}

function plain(measured: Measured | null): string {
  return measured === null ? '' : measured.value === null ? 'undefined' : numberText(measured.value);
}

function signed(measured: Measured): Markup {
  if (measured.value === null) return markup`undefined`;
  return markup`${measured.value > 0 ? '+' : ''}${numberText(measured.value)} <span class="quiet">${intervalText(measured, 'metric', 'difference')}</span>`;
}
