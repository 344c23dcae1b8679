import type { Measured } from '../protocol/measured.ts';
import { bytesText, countText, intervalText, numberText } from '../protocol/number-text.ts';
import type { LatencyReport, ParityReport, RuntimeReport } from '../protocol/runtime.ts';
import { cutText } from './cut-text.ts';
import { histogramFigure } from './histogram-figure.ts';
import { markup, type Markup } from './markup.ts';
import { tile } from './tile.ts';

/** How fast, how large, whether the builds agree, and whether the file answers as it did where it was made. */
export function runtimeSection({ provider, onnxruntime, modelBytes, peakMemoryMb, refused, rowsPerRun, latency, parity }: RuntimeReport, recorded: ParityReport[] = []): Markup {
  return markup`<section id="runtime"><h2>Runtime <span class="quiet">${provider.toUpperCase()} · ONNX Runtime ${cutText(onnxruntime, 20)} · model ${bytesText(modelBytes)}${peakMemoryMb === null ? '' : ` · at most ${countText(peakMemoryMb)} MB of memory`}</span></h2>
${refused.slice(0, 10).map((each) => markup`<p class="quiet">${each.provider.toUpperCase()} was refused: ${cutText(each.reason.split('\n')[0], 200)}</p>`)}
${rowsPerRun?.reason === undefined ? null : markup`<p class="quiet">${countText(rowsPerRun.rows)} ${rowsPerRun.rows === 1 ? 'row' : 'rows'} per run: ${cutText(rowsPerRun.reason, 200)}</p>`}
<div class="grid">${latency.slice(0, 9).map((each) => latencyTile(each))}</div>
${recorded.length === 0 ? null : parityTable(recorded, 'Export', 'answers recorded where the model was made, against those of the file')}${parity.length === 0 ? null : parityTable(parity, 'Parity', 'the same rows through two builds or providers')}</section>`;
}

function latencyTile({ batch, runs, threads, p50Ms, p95Ms, p99Ms, rowsPerSecond, histogram }: LatencyReport): Markup | null {
  const marks = ([['p50', p50Ms], ['p95', p95Ms], ['p99', p99Ms]] as const).flatMap(([name, { value }]) => (value === null ? [] : [{ at: value, label: `${name} ${numberText(value, 2)}` }]));
  const text = ({ value }: Measured) => (value === null ? 'not defined' : numberText(value));
  return tile(
    `${countText(batch)} ${batch === 1 ? 'row' : 'rows'} at a time`,
    markup`<p class="quiet">p99 ${text(p99Ms)} ms ${intervalText(p99Ms, 'ms', 'value')}, ${rowsPerSecond.value === null ? '' : `${countText(rowsPerSecond.value)} rows/s; `}${countText(runs)} runs on ${countText(threads)} ${threads === 1 ? 'thread' : 'threads'}, counts on a log scale</p>${histogramFigure({
      ...histogram,
      marks,
      logarithmic: true,
      beyond: { above: true },
      unit: ' ms',
      finding: `Latency of ${countText(runs)} runs with ${countText(batch)} rows each: p50 ${text(p50Ms)}, p95 ${text(p95Ms)}, p99 ${text(p99Ms)} ms`,
    })}`,
  );
}

const signs: Record<ParityReport['verdict'], string> = { agree: '✓ agree', differ: '✗ differ', error: '! error', unavailable: '? unavailable' };
const tones: Record<ParityReport['verdict'], string> = { agree: 'pass', differ: 'fail', error: 'error', unavailable: 'inconclusive' };

function parityTable(parity: ParityReport[], title: string, about: string): Markup {
  return markup`<h3>${title} <span class="quiet">${about}</span></h3><div class="scroll"><table class="cards"><thead><tr><th scope="col">verdict</th><th scope="col">between</th><th scope="col" class="number">rows</th><th scope="col" class="number">largest difference</th><th scope="col" class="number">decisions changed</th><th scope="col">why</th></tr></thead><tbody>${parity.slice(0, 50).map(
    ({ between, verdict, rows, outputs, decisionsChanged, reason }) => markup`<tr><td><span class="verdict ${tones[verdict]}">${signs[verdict]}</span></td><th scope="row">${cutText(between.join(' and '), 60)}</th><td class="number" data-label="rows">${countText(rows)}</td><td class="number" data-label="largest difference">${outputs.slice(0, 5).map(({ maxAbsolute }, index) => `${index === 0 ? '' : ', '}${maxAbsolute === null ? '—' : numberText(maxAbsolute)}`)}</td><td class="number" data-label="decisions changed">${decisionsChanged === null ? null : `${countText(decisionsChanged.rows)} of ${countText(decisionsChanged.of)}`}</td><td class="quiet">${cutText(reason, 240)}</td></tr>`,
  )}</tbody></table></div>`;
}
