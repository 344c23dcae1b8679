import type { ModelConfig } from '../protocol/config.ts';
import type { DecisionValue, InputReference, NoiseRun, ShadowRecord, ShadowSide, ShadowSource, ShadowSummary } from '../protocol/shadow.ts';
import { answerReader, type Answerer, type AnswerReader } from './answer-reader.ts';
import type { AnswerShape } from './comparison/answers.ts';
import type { AnsweredBatch } from './comparison/compare-answers.ts';
import { findDisagreementSlices } from './comparison/find-disagreement-slices.ts';
import { findHarmedSlices, harmedSliceDefaults } from './comparison/find-harmed-slices.ts';
import { judgeShadow } from './comparison/judge-shadow.ts';
import { addCrash, addDropped, addNoise, addPairs, createEvidence, type CountedPair, type Labels, type ShadowEvidence } from './comparison/shadow-evidence.ts';
import { planShadow, type ShadowOptions } from './comparison/shadow-plan.ts';
import { fromFloat16, vectorsOf, type TensorMap } from './engines/tensor.ts';
import { singleText } from './serving/single-text.ts';
import { openPairLog, type PairLogOptions } from './shadow/pair-log.ts';
import type { Column, Table } from './stats/vector.ts';

/** One side's answer to a batch. */
export interface SideAnswer {
  /** Null where the whole batch failed; `error` then says why. */
  outputs: TensorMap | null;
  error: string | null;
  /** Of the request, or of its part that this side took; null where it was not measured. */
  totalMs: number | null;
}

export interface ComparedPairs {
  /** Milliseconds since 1970. */
  atMs: number;
  references: readonly InputReference[];
  inputs: TensorMap;
  production: SideAnswer;
  candidate: SideAnswer;
  labels?: Labels;
}

export interface ComparedRepeat {
  how: NoiseRun;
  rows: number;
  production: TensorMap;
  candidate: TensorMap | null;
  again: TensorMap;
}

/** Production and a candidate side by side, for as long as pairs come. */
export interface ShadowComparison {
  readonly shape: AnswerShape;
  /** Nothing that goes wrong in a comparison comes back: it is in the record, whose verdict is then `error`. */
  add(pairs: ComparedPairs): void;
  repeat(repeat: ComparedRepeat): void;
  dropped(reason: string, pairs: number): void;
  crash(reason: string): void;
  /** Pairs, and those that disagree; rows that production was asked again, and those it answered otherwise. */
  counts(): { compared: number; differ: number; repeats: number; noise: number };
  /** While pairs come, without looking for where they disagree: it may be asked once a second. */
  summary(): ShadowSummary;
  record(ended: boolean): ShadowRecord;
}

export interface ShadowComparisonOptions {
  id: string;
  config: ModelConfig;
  production: ComparedSide;
  candidate: ComparedSide;
  source: Pick<ShadowSource, 'kind' | 'sampling' | 'recording'>;
  options: ShadowOptions;
  /** Labels that occur in the data, for a model that names no classes. */
  labels: readonly string[];
  pairs: Omit<PairLogOptions, 'worstMax' | 'sampleMax' | 'random'>;
  /** Columns of the data behind each input, where they are known. */
  columnNames?: ReadonlyMap<string, readonly string[]>;
  /** In [0, 1). */
  random: () => number;
  now: () => Date;
}

export interface ComparedSide extends ShadowSide {
  /** Signature as it is served. */
  model: Answerer;
}

const worstMax = 100;
const pointsMax = 2_000;
/** Rows kept to find out where the two disagree. */
const searchedMax = 20_000;

/** @throws Problem where the answers of one of them cannot be compared, RangeError where a setting is out of range */
export function openShadowComparison(options: ShadowComparisonOptions): ShadowComparison {
  const { id, config, production, candidate, source, labels, random, now } = options;
  const [ofProduction, ofCandidate] = [production, candidate].map(({ model }) => answerReader(config, model, labels));
  const startedAt = now().toISOString();
  const evidence = createEvidence(planShadow({ production: sideOf(production), candidate: sideOf(candidate), source, shape: ofProduction.shape }, { value: worthOf(config, ofProduction.shape), ...options.options }));
  const pairLog = openPairLog({ ...options.pairs, worstMax, sampleMax: 0, random });
  const points = openReservoir<{ production: number; candidate: number }>(pointsMax, random);
  const searched = openInputSample({ max: searchedMax, columnNames: options.columnNames ?? new Map(), redact: new Set(options.pairs.redact), random });
  let endedAt: string | null = null;

  function guarded(act: () => void, rows: number): void {
    try {
      act();
    } catch (error) {
      addCrash(evidence, error instanceof Error ? error.message : String(error));
      addDropped(evidence, 'comparison failed', rows);
    }
  }

  function keep({ atMs, references, inputs, production: before, candidate: after }: ComparedPairs, counted: readonly CountedPair[]): void {
    for (const [row, { outcome, numbers, severity, reason, gain }] of counted.entries()) {
      if (outcome === 'production-failed') continue;
      if (numbers !== null) points.offer(numbers);
      const differs = outcome !== 'agree';
      searched.offer(inputs, row, differs, gain);
      if (differs) pairLog.add({ input: references[row], atMs, size: severity, differs, reason, row, inputs, production: before.outputs, candidate: after.outputs });
    }
  }

  function summaryOf({ verdict, sentence, pairs, settings }: ShadowRecord['report']): ShadowSummary {
    return { id, model: config.name, production: production.version, candidate: candidate.version, kind: source.kind, intent: settings.intent, verdict, sentence, startedAt, endedAt, compared: pairs.compared, differ: pairs.differ };
  }

  return {
    shape: ofProduction.shape,
    add(pairs) {
      guarded(() => {
        const batch = {
          at: pairs.atMs,
          inputs: pairs.references,
          production: answered(ofProduction, pairs.production, pairs.references.length),
          candidate: answered(ofCandidate, pairs.candidate, pairs.references.length),
          ...(pairs.labels !== undefined && { labels: pairs.labels }),
        };
        keep(pairs, addPairs(evidence, batch));
      }, pairs.references.length);
    },
    repeat({ how, rows, production: first, candidate: other, again }) {
      guarded(() => addNoise(evidence, { how, rows, production: { answers: ofProduction.read(first) }, again: { answers: ofProduction.read(again) }, ...(other !== null && { candidate: { answers: ofCandidate.read(other) } }) }), 0);
    },
    dropped: (reason, pairs) => addDropped(evidence, reason, pairs),
    crash: (reason) => addCrash(evidence, reason),
    counts: () => countsOf(evidence),
    summary: () => summaryOf(judgeShadow(evidence, { ended: false })),
    record(ended) {
      if (ended) endedAt ??= now().toISOString();
      const { table, differs, gains, of } = searched.table();
      const found = table.columns.length > 0 && { slices: findDisagreementSlices(table, differs, of), ...(gains.some((gain) => !Number.isNaN(gain)) && { harmed: findHarmedSlices(table, gains, of, { ...harmedSliceDefaults, minLoss: leastLoss(evidence) }) }) };
      const report = judgeShadow(evidence, { ended, ...found });
      // The log keeps them by how bad they are; what is told is how far apart they lie.
      const sizes = new Map(report.worst.map(({ input, absolute }) => [`${input.row} ${input.id}`, absolute]));
      const worst = pairLog.worst().map((pair) => ({ ...pair, size: sizes.get(`${pair.input.row} ${pair.input.id}`) ?? null }));
      return { summary: summaryOf(report), report, worst, points: points.kept(), pointsOf: points.offered };
    },
  };
}

/** A score that decides is judged by what its decisions are worth, where slipway.yaml says so. */
function worthOf({ value }: ModelConfig, { kind }: AnswerShape): DecisionValue | null {
  if (value === null || kind !== 'score') return null;
  const { tp, fp, fn, tn, currency } = value;
  return { tp, fp, fn, tn, currency };
}

function sideOf({ name, version, digest, provider, precision }: ComparedSide): ShadowSide {
  return { name, version, digest, provider, precision };
}

/** @throws Problem where outputs do not answer the task */
function answered(reader: AnswerReader, { outputs, totalMs }: SideAnswer, rows: number): AnsweredBatch {
  const latency = totalMs === null ? {} : { latencyMs: new Float64Array(rows).fill(totalMs) };
  return { answers: outputs === null ? null : reader.read(outputs), ...latency };
}

/** As large a loss as would not count as equivalent, were it that of all. */
function leastLoss({ plan: { settings, shape }, labelled: { worth, errors } }: ShadowEvidence): number {
  if (settings.value !== null) return settings.labelMargin * Math.abs(worth.production.mean);
  return shape.kind === 'regression' ? settings.labelMargin * errors.production.mean : settings.labelMargin;
}

function countsOf({ outcomes, noise: { runs } }: ShadowEvidence): ReturnType<ShadowComparison['counts']> {
  const differ = outcomes.differ + outcomes['candidate-failed'] + outcomes['candidate-invalid'] + outcomes['production-invalid'];
  const again = [...runs.values()];
  return { compared: outcomes.agree + differ, differ, repeats: again.reduce((sum, { pairs }) => sum + pairs, 0), noise: again.reduce((sum, run) => sum + run.differ, 0) };
}

/** Vitter's algorithm R: everything that was offered is as likely to be kept. */
function openReservoir<T>(max: number, random: () => number): { offer(item: T): void; kept(): T[]; readonly offered: number } {
  const items: T[] = [];
  let offered = 0;
  return {
    offer(item) {
      const place = offered < max ? offered : Math.floor(random() * (offered + 1));
      offered++;
      if (place < max) items[place] = item;
    },
    kept: () => [...items],
    get offered() {
      return offered;
    },
  };
}

type Cell = number | string | null;

/** Inputs by row, drawn like a reservoir; columns are those of the first inputs that came. */
function openInputSample({ max, columnNames, redact, random }: { max: number; columnNames: ReadonlyMap<string, readonly string[]>; redact: ReadonlySet<string>; random: () => number }): {
  offer(inputs: TensorMap, row: number, differs: boolean, gain: number): void;
  table(): { table: Table; differs: Uint8Array; gains: Float64Array; of: number };
} {
  let names: { name: string; kind: 'numeric' | 'categorical'; read: (inputs: TensorMap, row: number) => Cell }[] | null = null;
  const rows: Cell[][] = [];
  const differing: number[] = [];
  const gained: number[] = [];
  let of = 0;
  return {
    offer(inputs, row, differs, gain) {
      names ??= columnsOf(inputs, columnNames, redact);
      const place = of < max ? of : Math.floor(random() * (of + 1));
      of++;
      if (place >= max) return;
      rows[place] = names.map(({ read }) => read(inputs, row));
      differing[place] = differs ? 1 : 0;
      gained[place] = gain;
    },
    table() {
      const columns = (names ?? []).map(({ name, kind }, at): Column => columnOf(name, kind, rows.map((cells) => cells[at])));
      return { table: { rows: rows.length, columns }, differs: Uint8Array.from(differing), gains: Float64Array.from(gained), of };
    },
  };
}

/** Wider inputs, such as images, have no columns that a slice could be named by. */
const widthMax = 64;

function columnsOf(inputs: TensorMap, columnNames: ReadonlyMap<string, readonly string[]>, redact: ReadonlySet<string>): { name: string; kind: 'numeric' | 'categorical'; read: (inputs: TensorMap, row: number) => Cell }[] {
  return [...inputs].flatMap(([input, tensor]) => {
    const vectors = vectorsOf(tensor);
    const names = columnNames.get(input);
    if (redact.has(input) || vectors.length > widthMax) return [];
    return vectors.map((vector, element) => ({
      name: names?.[element] ?? (vectors.length === 1 ? input : `${input}[${element}]`),
      kind: vector.kind,
      read: (from: TensorMap, row: number) => cellOf(from, input, element, row),
    })).filter(({ name }) => !redact.has(name));
  });
}

function cellOf(inputs: TensorMap, input: string, element: number, row: number): Cell {
  const tensor = inputs.get(input);
  if (tensor === undefined) return null;
  const width = tensor.shape.slice(1).reduce((product, size) => product * size, 1);
  const at = row * width + element;
  if (tensor.datatype === 'string') return tensor.data.dictionary[tensor.data.codes[at]] ?? null;
  if (tensor.datatype === 'float16') return fromFloat16(tensor.data[at]);
  // With the digits that a 32-bit number has, as a slice is named by it.
  if (tensor.datatype === 'float32') return Number(singleText(tensor.data[at]));
  const value = tensor.data[at];
  return value === undefined ? null : Number(value);
}

function columnOf(name: string, kind: 'numeric' | 'categorical', cells: readonly Cell[]): Column {
  if (kind === 'numeric') {
    const nulls = Uint8Array.from(cells, (cell) => (cell === null ? 1 : 0));
    return { name, kind, type: 'DOUBLE', vector: { kind, values: Float64Array.from(cells, (cell) => (cell === null ? 0 : Number(cell))), ...(nulls.includes(1) && { nulls }) } };
  }
  const indexOf = new Map<string, number>();
  const codes = Int32Array.from(cells, (cell) => {
    if (cell === null) return -1;
    const text = String(cell);
    const known = indexOf.get(text) ?? indexOf.size;
    indexOf.set(text, known);
    return known;
  });
  return { name, kind, type: 'VARCHAR', vector: { kind, codes, dictionary: [...indexOf.keys()] } };
}
