import type { ParityReport } from '../../protocol/runtime.ts';
import { quantileSorted } from '../stats/quantile.ts';

/** One output tensor of one side, flattened row-major. */
export interface OutputTensor {
  name: string;
  /** Type of the elements as the model gave them, which fixes the size of a unit in the last place. */
  datatype: 'float16' | 'float32' | 'float64' | 'integer' | 'text';
  values: Float64Array | readonly string[];
}

export interface ParitySide {
  /** "cpu", "webgpu", "v2-int8". */
  name: string;
  outputs: readonly OutputTensor[];
  /** Decided class per row, where the task has one. */
  decisions?: Int32Array;
}

/** Same provider and type: rounding only. Looser ones are for half precision; a quantized sibling is judged by decisions. */
export const parityTolerance = { relative: 1e-3, absolute: 1e-5 };

/**
 * Compares the outputs of two builds, or two providers, of one model on the same rows.
 *
 * An element is over tolerance when |a − b| > absolute + relative·|a|, when only one side is finite, or when both are
 * infinite with opposite signs. NaN on both sides agrees, and is counted.
 *
 * @param first the side that counts as right; relative differences are in its terms
 * @returns `differ` when an element is over tolerance or a decision changed, `error` when the outputs do not match by
 *   name and size. `ulpP99` is the 99th percentile of the distance in units in the last place; null for text and integers.
 */
export function checkParity(first: ParitySide, second: ParitySide, rows: number, tolerance: ParityReport['tolerance'] = parityTolerance): ParityReport {
  const report = { between: [first.name, second.name] as [string, string], rows, tolerance };
  const fault = mismatch(first, second);
  if (fault !== null) return { ...report, verdict: 'error', reason: fault, outputs: [], decisionsChanged: null };
  const outputs = first.outputs.map((output) => compareOutput(output, second.outputs.find(({ name }) => name === output.name) ?? output, tolerance));
  const decisionsChanged = changedDecisions(first.decisions, second.decisions);
  const over = outputs.filter(({ overTolerance }) => overTolerance > 0);
  const changed = decisionsChanged?.rows ?? 0;
  const differs = [
    ...over.map(({ name, overTolerance, elements }) => `${overTolerance} of ${elements} elements of ${name} are over tolerance`),
    ...(changed > 0 ? [`${changed} of ${rows} decisions changed`] : []),
  ];
  return { ...report, verdict: differs.length > 0 ? 'differ' : 'agree', reason: differs.length > 0 ? differs.join(', ') : `all ${rows} rows agree`, outputs, decisionsChanged };
}

function mismatch(first: ParitySide, second: ParitySide): string | null {
  const names = (side: ParitySide): string => side.outputs.map(({ name }) => name).sort().join(', ');
  if (names(first) !== names(second)) return `${first.name} gives ${names(first) || 'nothing'}, ${second.name} gives ${names(second) || 'nothing'}`;
  for (const { name, values } of first.outputs) {
    const other = second.outputs.find((output) => output.name === name)?.values;
    if (!other || other.length !== values.length) return `${name} has ${values.length} elements from ${first.name} and ${other?.length ?? 0} from ${second.name}`;
    if ((values instanceof Float64Array) !== (other instanceof Float64Array)) return `${name} is text from one side only`;
  }
  if (first.decisions?.length !== second.decisions?.length) return 'only one side decides, or they decide on different rows';
  return null;
}

type OutputParity = ParityReport['outputs'][number];

function compareOutput(first: OutputTensor, second: OutputTensor, tolerance: ParityReport['tolerance']): OutputParity {
  const start: OutputParity = { name: first.name, maxAbsolute: null, maxRelative: null, ulpP99: null, overTolerance: 0, elements: first.values.length, notFinite: [0, 0] };
  if (!(first.values instanceof Float64Array) || !(second.values instanceof Float64Array)) {
    const [ours, theirs] = [first.values, second.values];
    return { ...start, overTolerance: Array.from(ours as readonly string[]).filter((text, index) => text !== theirs[index]).length };
  }
  return compareNumbers(start, first.values, second.values, first.datatype, tolerance);
}

function compareNumbers(start: OutputParity, first: Float64Array, second: Float64Array, datatype: OutputTensor['datatype'], tolerance: ParityReport['tolerance']): OutputParity {
  const result: OutputParity = { ...start, notFinite: [0, 0] };
  const ulps = new Float64Array(first.length);
  let compared = 0;
  for (let index = 0; index < first.length; index++) {
    const [a, b] = [first[index], second[index]];
    if (!Number.isFinite(a)) result.notFinite[0]++;
    if (!Number.isFinite(b)) result.notFinite[1]++;
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      if (!Object.is(a, b)) result.overTolerance++;
      continue;
    }
    const absolute = Math.abs(a - b);
    if (absolute > tolerance.absolute + tolerance.relative * Math.abs(a)) result.overTolerance++;
    result.maxAbsolute = Math.max(result.maxAbsolute ?? 0, absolute);
    if (a !== 0) result.maxRelative = Math.max(result.maxRelative ?? 0, absolute / Math.abs(a));
    ulps[compared++] = absolute / unitInLastPlace(Math.max(Math.abs(a), Math.abs(b)), datatype);
  }
  if (compared > 0 && datatype !== 'integer') result.ulpP99 = quantileSorted(ulps.subarray(0, compared).sort(), 0.99);
  return result;
}

const formats = { float16: { digits: 10, least: -14 }, float32: { digits: 23, least: -126 }, float64: { digits: 52, least: -1022 } } as const;

/** Distance between neighbouring numbers of a format around `value`. */
function unitInLastPlace(value: number, datatype: OutputTensor['datatype']): number {
  if (datatype === 'integer' || datatype === 'text') return 1;
  const { digits, least } = formats[datatype];
  const exponent = value === 0 ? least : Math.max(Math.floor(Math.log2(value)), least);
  return 2 ** (exponent - digits);
}

function changedDecisions(first?: Int32Array, second?: Int32Array): ParityReport['decisionsChanged'] {
  if (!first || !second) return null;
  return { rows: first.filter((decision, row) => decision !== second[row]).length, of: first.length };
}
