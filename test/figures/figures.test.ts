import { describe, expect, it } from 'vitest';
import { barsFigure } from '../../figures/bars-figure.ts';
import { confusionFigure } from '../../figures/confusion-figure.ts';
import { curveFigure } from '../../figures/curve-figure.ts';
import { decidingFigure } from '../../figures/deciding-figure.ts';
import { distributionFigure, distributionThumbnail } from '../../figures/distribution-figure.ts';
import { dumbbellAxis, dumbbellFigure } from '../../figures/dumbbell-figure.ts';
import { effectFigure, effectScaleFigure } from '../../figures/effect-figure.ts';
import { estimateFigure } from '../../figures/estimate-figure.ts';
import { histogramFigure } from '../../figures/histogram-figure.ts';
import { intervalAxis, intervalFigure, rulerFigure } from '../../figures/interval-figure.ts';
import { lineageFigure } from '../../figures/lineage-figure.ts';
import type { Markup } from '../../figures/markup.ts';
import { reliabilityFigure } from '../../figures/reliability-figure.ts';
import { runTrendFigure, type RunTrendOptions } from '../../figures/run-trend-figure.ts';
import { trendFigure } from '../../figures/trend-figure.ts';
import { tagsOf, textOf, type Tag } from './page-tokens.ts';
import { blockedRun, driftColumns, measured, promotableRun } from './report-fixture.ts';

const bound = { min: -0.01 };
const comparison = { champion: measured(0.71), candidate: measured(0.67), metric: 'recall', slice: { name: 'carrier = AA', where: [], source: 'declared' as const } };

/** The third run has no number, the fourth no interval. */
function runPoints(count: number): RunTrendOptions['points'] {
  return Array.from({ length: count }, (_, index) => {
    const value = index === 2 ? null : 0.7 + (index % 4) * 0.01;
    return { name: `v${index + 1}, 2026-11-0${(index % 9) + 1}`, value, interval: value === null || index === 3 ? null : ([value - 0.02, value + 0.01] as const), verdict: index % 6 === 4 ? 'fail' : 'pass', champion: index === 0 };
  });
}

const drawings: Record<string, () => Markup | null> = {
  bars: () => barsFigure({ bars: [{ label: 'Cast', value: 5, text: '5' }, { label: 'TreeEnsembleClassifier (ml)', value: 1, text: '1' }, { label: '3 others', value: 0, text: '0' }], head: ['operator', 'nodes'], finding: '6 nodes of 5 kinds, most of them Cast', width: 320 }),
  confusion: () => confusionFigure({ labels: ['0', '1'], counts: [[14_411, 4201], [3146, 3056]] }, 'Confusion of 2 labels, accuracy 0.704'),
  curve: () => curveFigure({ candidate: { curve: { points: [[0, 0], [0.1, 0.4], [0.4, 0.8], [1, 1]] }, label: 'candidate 0.740' }, champion: { curve: { points: [[0, 0], [0.5, 0.7], [1, 1]] }, label: 'champion 0.731' }, x: 'false positive rate', y: 'true positive rate', diagonal: true, finding: 'ROC curve, area 0.740' }),
  deciding: () => decidingFigure(blockedRun()),
  'distribution-categorical': () => distributionFigure(driftColumns.carrier),
  'distribution-dates': () => distributionFigure(driftColumns.time),
  'distribution-discrete': () => distributionFigure(driftColumns.visib),
  'distribution-large': () => distributionFigure(driftColumns.temp, { width: 520, height: 234 }),
  'distribution-numeric': () => distributionFigure(driftColumns.temp),
  'distribution-thumbnail': () => distributionThumbnail(driftColumns.temp),
  'distribution-thumbnail-categorical': () => distributionThumbnail(driftColumns.carrier),
  dumbbell: () => dumbbellFigure(comparison, dumbbellAxis([comparison])),
  effect: () => effectFigure(driftColumns.temp),
  'effect-scale': () => effectScaleFigure({ ...driftColumns.temp, effect: { ...driftColumns.temp.effect, value: 0.102 } }),
  estimate: () => estimateFigure({ metric: 'accuracy', estimated: measured(0.667, 0.006), reference: measured(0.704, 0.006), realised: measured(0.693, 0.006), definition: 'CBPE' }),
  histogram: () => histogramFigure({ edges: [0, 0.4, 0.8, 1.2, 2.4], counts: [957, 20, 17, 6], marks: [{ at: 0.107, label: 'p50 0.11' }, { at: 0.15, label: 'p95 0.15' }, { at: 2.4, label: 'p99 2.4' }], logarithmic: true, unit: ' ms', finding: 'Latency of 1,000 runs' }),
  interval: () => intervalFigure({ measured: measured(-0.041, 0.021), bound, verdict: 'fail', finding: 'recall is 4.1 pt worse' }, intervalAxis([{ measured: measured(-0.041, 0.021), bound }])),
  lineage: () => lineageFigure(blockedRun()),
  reliability: () => reliabilityFigure({ bins: [0.1, 0.3, 0.6].map((score) => ({ low: score - 0.1, high: score + 0.1, rows: 2480, meanScore: score, positiveShare: measured(score - 0.02, 0.03) })) }, 'Observed share against predicted score in 3 bins'),
  'run-trend': () => runTrendFigure({ points: runPoints(5), metric: 'roc_auc', finding: 'roc_auc on holdout over 5 runs' }),
  'run-trend-crowded': () => runTrendFigure({ points: runPoints(70), metric: 'roc_auc', finding: 'roc_auc on holdout over 70 runs' }),
  ruler: () => rulerFigure(intervalAxis([{ measured: measured(-0.041, 0.021), bound }]), { per: 0.01, finding: 'Axis of differences in percentage points' }),
  trend: () => trendFigure({ points: [0.05, 0.12, null, 0.2, 0.09].map((value, index) => ({ name: `2013-0${index + 4}`, value })), limit: { value: 0.1, label: 'floor 0.1' }, finding: 'K-S D of temp over 5 batches' }),
};

/** One tag a line, so that a change can be read. */
function lines(drawing: Markup | null): string {
  if (drawing === null) throw new Error('nothing was drawn');
  return `${drawing.text.replaceAll('><', '>\n<')}\n`;
}

function numbersOf(tag: Tag | undefined, ...names: string[]): number[] {
  if (tag === undefined) throw new Error('no such tag');
  return names.map((name) => Number(tag.attributes[name]));
}

function tags(drawing: Markup | null, className: string): Tag[] {
  return tagsOf(lines(drawing)).filter(({ attributes }) => attributes.class !== undefined && className.split(' ').every((each) => attributes.class.split(' ').includes(each)));
}

describe('figures', () => {
  it.each(Object.keys(drawings))('%s is drawn as its golden', async (name) => {
    await expect(lines(drawings[name]())).toMatchFileSnapshot(`goldens/${name}.svg.txt`);
  });

  it.each(Object.keys(drawings))('%s tells its finding, and keeps inside its frame', (name) => {
    const all = tagsOf(lines(drawings[name]()));
    const frame = all.find((tag) => tag.name === 'svg');
    const [width] = numbersOf(frame, 'width');
    expect(frame?.attributes['aria-label']).toMatch(/\w/);
    for (const { attributes } of all) for (const key of ['x', 'x1', 'x2', 'cx']) if (attributes[key] !== undefined) expect(Number(attributes[key])).toSatisfy((x: number) => x >= 0 && x <= width);
  });
});

describe('an interval against its bound', () => {
  it('shades the allowed side, and marks the verdict by shape', () => {
    const drawing = drawings.interval();
    const [from, width] = numbersOf(tags(drawing, 'allowed')[0], 'x', 'width');
    const [at] = numbersOf(tags(drawing, 'bound')[0], 'x1');
    expect(from).toBe(at);
    expect(from + width).toBeCloseTo(198, 0);
    expect(tags(drawing, 'mark cross fail')).toHaveLength(1);
  });

  it('is cut with an arrow where it reaches far beyond what decides, so that other rows keep their room', () => {
    const wide = { measured: measured(0.01, 5), bound };
    const axis = intervalAxis([wide, { measured: measured(-0.041, 0.021), bound }]);
    expect(axis.domain[1]).toBeLessThan(0.2);
    expect(tags(intervalFigure({ ...wide, verdict: 'inconclusive', finding: 'too few rows' }, axis), 'beyond')).toHaveLength(2);
  });

  it('holds zero, and starts there when nothing is below', () => {
    expect(intervalAxis([{ measured: measured(3.1, 0.4), bound: { max: 20 } }]).domain[0]).toBe(0);
    expect(intervalAxis([{ measured: measured(-3, 0.4), bound: null }]).domain[1]).toBeGreaterThan(0);
  });

  it('is not drawn where there is no value', () => {
    expect(intervalFigure({ measured: measured(null), bound, verdict: 'error', finding: 'one class only' }, intervalAxis([]))).toBeNull();
  });
});

describe('the figure under the verdict', () => {
  it('is the gate that blocks, with the part that fails', () => {
    expect(textOf(lines(decidingFigure(blockedRun()))).replace(/\s+/g, ' ')).toContain('recall by carrier needs: ≥ −1.0 pt · 2,110 rows −4.1 pt [−6.2, −2.0]');
  });

  it('is what the candidate is better at, for a pass', () => {
    expect(textOf(lines(decidingFigure(promotableRun()))).replace(/\s+/g, ' ')).toContain('AUC needs: ≥ −0.5 pt · 29,102 rows +0.9 pt [0.6, 1.2]');
  });
});

describe('a distribution', () => {
  it('shows missing values apart from the values', () => {
    const text = textOf(lines(distributionFigure(driftColumns.temp)));
    expect(text).toContain('missing');
    expect(textOf(lines(distributionFigure(driftColumns.visib)))).not.toContain('missing');
  });

  it('draws the band of chance wider for fewer rows', () => {
    const few = tags(distributionFigure({ ...driftColumns.temp, rows: { reference: 100, current: 30 } }), 'band');
    expect(few.length).toBeGreaterThan(0);
    expect(tags(distributionFigure({ ...driftColumns.temp, rows: { reference: 1e9, current: 1e9 } }), 'band')).toEqual([]);
  });

  it('cuts one spike that would flatten the rest, and writes its size on it', () => {
    expect(textOf(lines(distributionFigure(driftColumns.visib)))).toContain('95.0 % → 86.2 %, cut');
  });

  it('marks categories that are new and that are gone, and names an empty one', () => {
    const text = textOf(lines(distributionFigure(driftColumns.carrier)));
    expect(text).toMatch(/new 3\.2\d? %/);
    expect(text).toMatch(/gone 2\.1\d? %/);
    expect(text).toContain('(empty)');
  });
});

describe('marks on a histogram', () => {
  it('stand below one another where their labels would touch, and no line crosses a label to its left', () => {
    const labels = tags(drawings.histogram(), 'label').map((tag) => numbersOf(tag, 'x', 'y'));
    expect(labels.map(([, y]) => y)).toEqual([11, 23, 11]);
  });
});

describe('a trend', () => {
  it('has a gap where there was no number', () => {
    expect(tags(drawings.trend(), 'now')[0].attributes.d.match(/M/g)).toHaveLength(2);
  });

  it('keeps the last value and the limit apart', () => {
    const right = tagsOf(lines(drawings.trend())).filter(({ name, attributes }) => name === 'text' && Number(attributes.x) === 262);
    const [a, b] = right.map((tag) => Number(tag.attributes.y));
    expect(Math.abs(a - b)).toBeGreaterThanOrEqual(11.5);
  });

  it('of runs has the interval of each, and none where none is known', () => {
    const whiskers = tags(drawings['run-trend'](), 'whisker');
    expect(whiskers).toHaveLength(3);
    expect(textOf(lines(drawings['run-trend']()))).toContain('[0.68, 0.71]');
    expect(tags(runTrendFigure({ points: runPoints(5).map((point) => ({ ...point, interval: null })), metric: 'f1', finding: 'of old records' }), 'whisker')).toEqual([]);
  });

  it('of many runs has a band, with gaps where there is no interval', () => {
    const bands = tags(drawings['run-trend-crowded'](), 'band');
    expect(bands).toHaveLength(2);
    expect(tags(drawings['run-trend-crowded'](), 'whisker')).toEqual([]);
  });

  it('is not drawn of a single number', () => {
    expect(trendFigure({ points: [{ name: 'a', value: 1 }, { name: 'b', value: null }], finding: 'one' })).toBeNull();
  });
});

describe('a confusion matrix', () => {
  it('with too many labels to read lists what is confused most', () => {
    const labels = Array.from({ length: 30 }, (_, index) => `label${index}`);
    const counts = labels.map((_, actual) => labels.map((__, predicted) => (actual === predicted ? 100 : actual === 4 && predicted === 9 ? 31 : 0)));
    expect(textOf(lines(confusionFigure({ labels, counts }, '30 labels'))).replace(/\s+/g, ' ')).toContain('actual predicted rows label4 label9 31');
  });
});

describe('bars', () => {
  it('are not drawn where there is nothing to draw', () => {
    expect(barsFigure({ bars: [], head: ['a', 'b'], finding: 'none' })).toBeNull();
  });

  it('grow with their values, and keep room for what is written behind them', () => {
    const drawing = barsFigure({ bars: [1, 2, 4].map((value) => ({ label: 'x'.repeat(400), value, text: `${value},000,000 bytes` })), head: ['a', 'b'], finding: 'three', width: 320 });
    const widths = tags(drawing, 'now-area').map((tag) => numbersOf(tag, 'width')[0]);
    expect(widths[1] / widths[0]).toBeCloseTo(2, 1);
    expect(widths[2] / widths[0]).toBeCloseTo(4, 1);
    for (const tag of tags(drawing, 'now')) expect(numbersOf(tag, 'x1')[0]).toBeLessThan(320 - 7 * '4,000,000 bytes'.length);
  });
});

describe('a thumbnail of a distribution', () => {
  it('has neither texts nor a table, which stand beside it', () => {
    const all = tagsOf(lines(distributionThumbnail(driftColumns.carrier))).map(({ name }) => name);
    expect(all).not.toContain('text');
    expect(all).not.toContain('details');
  });

  it('is not there where the distributions are not', () => {
    expect(distributionThumbnail(driftColumns.dest)).toBeNull();
  });
});
