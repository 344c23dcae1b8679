import { createHmac } from 'node:crypto';
import type { InputReference, KeptPair, KeptValue } from '../../protocol/shadow.ts';
import { fromFloat16, product, type Tensor, type TensorMap } from '../engines/tensor.ts';

export interface PairLogOptions {
  /** How many of the worst are kept, and how many others, to compare them with. */
  worstMax: number;
  sampleMax: number;
  /** With a key only whether two inputs are the same can be told. */
  inputs: 'all' | 'none' | { hashKey: Uint8Array };
  /** Inputs, or elements of them, that are kept in no form. */
  redact: readonly string[];
  /** Names for the elements of an input's rows, where they are known. */
  elementNames?: ReadonlyMap<string, readonly string[]>;
  /** In [0, 1). */
  random: () => number;
}

/** One row that both were asked. */
export interface Pair {
  input: InputReference;
  /** Milliseconds since 1970. */
  atMs: number;
  /** How large the change is; Infinity where there is no answer. */
  size: number;
  /** Whether they disagree: only such pairs are among the worst. */
  differs: boolean;
  reason: string;
  /** Row of these tensors. */
  row: number;
  inputs: TensorMap;
  /** Null where there was no answer. */
  production: TensorMap | null;
  candidate: TensorMap | null;
}

export interface PairLog {
  add(pair: Pair): void;
  /** Largest change first; of equal ones the earlier. */
  worst(): KeptPair[];
  /** Every pair was as likely to be in it, in the order in which they came. */
  sample(): KeptPair[];
  /** Pairs that came, and those of them that disagree. */
  readonly pairs: number;
  readonly disagreements: number;
}

/** Pairs worth looking at, in bounded memory. A pair is written down only once it is kept. */
export function openPairLog(options: PairLogOptions): PairLog {
  const { worstMax, sampleMax, random } = options;
  const worst: { size: number; kept: KeptPair }[] = [];
  const sample: { order: number; kept: KeptPair }[] = [];
  let pairs = 0;
  let disagreements = 0;
  return {
    add(pair) {
      let kept: KeptPair | null = null;
      const write = (): KeptPair => (kept ??= keptOf(pair, options));
      const order = pairs++;
      // Vitter's algorithm R.
      const place = order < sampleMax ? order : Math.floor(random() * (order + 1));
      if (place < sampleMax) sample[place] = { order, kept: write() };
      if (!pair.differs) return;
      disagreements++;
      // What cannot be measured has no answer, and nothing is worse.
      const size = Number.isNaN(pair.size) ? Infinity : pair.size;
      const after = worst.findIndex((each) => each.size < size);
      const at = after < 0 ? worst.length : after;
      if (at >= worstMax) return;
      worst.splice(at, 0, { size, kept: write() });
      if (worst.length > worstMax) worst.pop();
    },
    worst: () => worst.map(({ kept }) => kept),
    sample: () => sample.toSorted((a, b) => a.order - b.order).map(({ kept }) => kept),
    get pairs() {
      return pairs;
    },
    get disagreements() {
      return disagreements;
    },
  };
}

function keptOf({ input, atMs, size, reason, row, inputs, production, candidate }: Pair, { inputs: policy, redact, elementNames }: PairLogOptions): KeptPair {
  const allowed = (shown: Shown): { [name: string]: KeptValue } => rowOf(inputs, row, new Set(redact), elementNames, shown);
  const answer = (outputs: TensorMap | null): KeptPair['production'] => (outputs === null ? null : rowOf(outputs, row, new Set(), undefined, some));
  return {
    input: { ...input },
    at: new Date(atMs).toISOString(),
    size: Number.isFinite(size) ? size : null,
    reason,
    inputs: policy === 'all' ? allowed(some) : null,
    inputHash: typeof policy === 'object' ? createHmac('sha256', policy.hashKey).update(JSON.stringify(allowed(everything))).digest('base64url') : null,
    production: answer(production),
    candidate: answer(candidate),
  };
}

/** Of longer rows and texts the beginning is kept, and it is said that there is more. */
interface Shown {
  elements: number;
  characters: number;
}

const some: Shown = { elements: 256, characters: 4096 };
const everything: Shown = { elements: Infinity, characters: Infinity };

function rowOf(tensors: TensorMap, row: number, redact: ReadonlySet<string>, elementNames: ReadonlyMap<string, readonly string[]> | undefined, shown: Shown): { [name: string]: KeptValue } {
  const values = new Map<string, KeptValue>();
  for (const [name, tensor] of tensors) {
    if (redact.has(name)) continue;
    const width = product(tensor.shape.slice(1));
    const names = elementNames?.get(name) ?? [];
    if (names.length === width) {
      names.forEach((own, element) => {
        if (!redact.has(own)) values.set(own, valueAt(tensor, row * width + element, shown));
      });
    } else if (names.some((own) => redact.has(own))) {
      // Nobody knows which of the elements it is.
    } else if (width === 1) {
      values.set(name, valueAt(tensor, row, shown));
    } else {
      const first = Array.from({ length: Math.min(width, shown.elements) }, (_, element) => valueAt(tensor, row * width + element, shown));
      values.set(name, width > shown.elements ? { first, elements: width } : first);
    }
  }
  // Defines properties, so an input named __proto__ is one like any other.
  return Object.fromEntries(values);
}

/** JSON has neither NaN nor infinity, and its numbers end at 2^53: those are texts. */
function valueAt(tensor: Tensor, at: number, { characters }: Shown): KeptValue {
  if (tensor.datatype === 'string') {
    const text = tensor.data.dictionary[tensor.data.codes[at]];
    return text.length > characters ? `${text.slice(0, characters)}…` : text;
  }
  if (tensor.datatype === 'bool') return tensor.data[at] === 1;
  const value = tensor.datatype === 'float16' ? fromFloat16(tensor.data[at]) : tensor.data[at];
  if (typeof value === 'bigint') return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  return Number.isFinite(value) ? value : String(value);
}
