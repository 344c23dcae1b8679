import { arrayTypes, encodeStrings, fromFloat16, isMangled, rangeOf, type Tensor, toFloat16 } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { wordOf } from './datatypes.ts';
import type { JsonReader } from './json-reader.ts';
import { singleText } from './single-text.ts';

const comma = 0x2c;
const leftBracket = 0x5b;
const rightBracket = 0x5d;
const quote = 0x22;

/** A tensor as the request announces it, before its elements are read. */
export interface Announced {
  name: string;
  datatype: Tensor['datatype'];
  shape: number[];
  /** Product of the shape. */
  elements: number;
}

/**
 * Reads `data`: flat, or nested as the shape is, row by row. Nothing is rounded, cut or guessed that the datatype cannot
 * hold: integers keep all 64 bits, and what is out of range, a fraction, or of another type is refused.
 *
 * @throws Problem `infer-invalid`, naming the tensor and the element
 */
export function readTensor(reader: JsonReader, announced: Announced): Tensor {
  const { name, datatype, shape, elements } = announced;
  // Two bytes an element, at least: no shape makes us reserve what the body cannot fill.
  if (elements > (reader.bytes.length - reader.at) / 2) throw new Problem('infer-invalid', `Input ${name}: data ends before the ${elements} elements that shape [${shape.join(', ')}] has`);
  const leaves = new Leaves(reader, announced);
  switch (datatype) {
    case 'string':
      return { datatype, shape, data: encodeStrings(readTexts(reader, leaves, announced)) };
    case 'bool':
      return { datatype, shape, data: readBools(reader, leaves, announced) };
    case 'int64':
      return { datatype, shape, data: readWideIntegers(reader, leaves, announced, new BigInt64Array(elements), -(2n ** 63n), 2n ** 63n - 1n) };
    case 'uint64':
      return { datatype, shape, data: readWideIntegers(reader, leaves, announced, new BigUint64Array(elements), 0n, 2n ** 64n - 1n) };
    case 'float64':
      return { datatype, shape, data: readFloats(reader, leaves, announced, Infinity) };
    case 'float32':
      return { datatype, shape, data: new Float32Array(readFloats(reader, leaves, announced, float32Overflow)) };
    case 'float16':
      return { datatype, shape, data: Uint16Array.from(readFloats(reader, leaves, announced, float16Overflow), toFloat16) };
    default:
      return { datatype, shape, data: new arrayTypes[datatype](readIntegers(reader, leaves, announced, rangeOf[datatype])) } as Tensor;
  }
}

/**
 * Writes the elements flat. Floats are as short as their own precision allows; integers keep all digits; what JSON has no
 * word for (NaN, infinity) is null.
 */
export function writeTensor(tensor: Tensor): string {
  switch (tensor.datatype) {
    case 'string': {
      const texts = tensor.data.dictionary.map((text) => JSON.stringify(text));
      return listOf(tensor.data.codes.length, (i) => texts[tensor.data.codes[i]]);
    }
    case 'bool':
      return listOf(tensor.data.length, (i) => (tensor.data[i] === 0 ? 'false' : 'true'));
    case 'float64':
      return listOf(tensor.data.length, (i) => floatText(tensor.data[i], String));
    case 'float32':
      return listOf(tensor.data.length, (i) => floatText(tensor.data[i], singleText));
    case 'float16':
      return listOf(tensor.data.length, (i) => floatText(fromFloat16(tensor.data[i]), String));
    default:
      return `[${tensor.data.join(',')}]`;
  }
}

function listOf(length: number, textOf: (index: number) => string): string {
  let text = '[';
  for (let i = 0; i < length; i++) text += i === 0 ? textOf(i) : `,${textOf(i)}`;
  return `${text}]`;
}

function floatText(value: number, textOf: (value: number) => string): string {
  if (!Number.isFinite(value)) return 'null';
  return Object.is(value, -0) ? '-0.0' : textOf(value);
}

// ---- leaves by datatype

/** From here on, rounding to the type gives infinity. */
const float32Overflow = 2 ** 128 - 2 ** 103;
const float16Overflow = 65520;

function readFloats(reader: JsonReader, leaves: Leaves, announced: Announced, overflow: number): Float64Array {
  const values = new Float64Array(announced.elements);
  const single = announced.datatype === 'float32';
  while (leaves.next()) {
    const from = reader.at;
    if (!isNumberStart(reader.bytes[from])) refuseLeaf(reader, leaves, announced, 'is no number');
    const value = reader.readNumber(single);
    if ((value >= overflow || value <= -overflow) && Number.isFinite(value)) refuseLeaf(reader, leaves, announced, 'is out of range', from);
    values[leaves.index] = value;
  }
  return values;
}

function readIntegers(reader: JsonReader, leaves: Leaves, announced: Announced, [least, most]: readonly [number, number]): Float64Array {
  const values = new Float64Array(announced.elements);
  while (leaves.next()) {
    const from = reader.at;
    if (!isNumberStart(reader.bytes[from])) refuseLeaf(reader, leaves, announced, 'is no number');
    let value = reader.readNumber(false);
    if (!reader.plain) value = Number(wholeOf(reader, leaves, announced, from));
    if (value < least || value > most) refuseLeaf(reader, leaves, announced, `is out of range: ${least} to ${most}`, from);
    values[leaves.index] = value;
  }
  return values;
}

function readWideIntegers<Integers extends BigInt64Array | BigUint64Array>(reader: JsonReader, leaves: Leaves, announced: Announced, values: Integers, least: bigint, most: bigint): Integers {
  while (leaves.next()) {
    const from = reader.at;
    if (!isNumberStart(reader.bytes[from])) refuseLeaf(reader, leaves, announced, 'is no number');
    const value = reader.readNumber(false);
    const whole = reader.plain && Number.isSafeInteger(value) ? BigInt(value) : wholeOf(reader, leaves, announced, from);
    if (whole < least || whole > most) refuseLeaf(reader, leaves, announced, `is out of range: ${least} to ${most}`, from);
    values[leaves.index] = whole;
  }
  return values;
}

/** The exact value of a number that was just read; 1.0 and 1e3 are whole, 1.5 is not. */
function wholeOf(reader: JsonReader, leaves: Leaves, announced: Announced, from: number): bigint {
  const written = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(reader.textFrom(from));
  if (written === null) return refuseLeaf(reader, leaves, announced, 'is no whole number', from);
  const [, sign, digits, fraction = '', exponent = '0'] = written;
  const significant = (digits + fraction).replace(/^0+/, '');
  let end = significant.length;
  while (end > 0 && significant[end - 1] === '0') end--;
  const kept = significant.slice(0, end);
  const scale = Number(exponent) - fraction.length + significant.length - kept.length;
  if (kept === '') return 0n;
  if (scale < 0) return refuseLeaf(reader, leaves, announced, 'is no whole number', from);
  if (kept.length + scale > 20) return refuseLeaf(reader, leaves, announced, 'is out of range', from);
  return BigInt(`${sign}${kept}${'0'.repeat(scale)}`);
}

function readBools(reader: JsonReader, leaves: Leaves, announced: Announced): Uint8Array {
  const values = new Uint8Array(announced.elements);
  while (leaves.next()) {
    if (reader.takeWord('true')) values[leaves.index] = 1;
    else if (!reader.takeWord('false')) refuseLeaf(reader, leaves, announced, 'is neither true nor false');
  }
  return values;
}

function readTexts(reader: JsonReader, leaves: Leaves, announced: Announced): string[] {
  const values = new Array<string>(announced.elements);
  while (leaves.next()) {
    if (reader.bytes[reader.at] !== quote) refuseLeaf(reader, leaves, announced, 'is no string');
    const text = reader.readString();
    if (isMangled(text)) throw new Problem('infer-invalid', `Input ${announced.name}: element ${leaves.index} of data holds NUL or half a surrogate pair, which the runtime would change; leave it out`);
    values[leaves.index] = text;
  }
  return values;
}

/** A digit, a minus, or the first letter of NaN and Infinity. */
function isNumberStart(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x4e || byte === 0x49;
}

function refuseLeaf(reader: JsonReader, leaves: Leaves, { name, datatype }: Announced, why: string, from = reader.at): never {
  if (from === reader.at) reader.skipValue();
  const text = reader.bytes.toString('utf8', from, Math.min(reader.at, from + 40));
  throw new Problem('infer-invalid', `Input ${name}: element ${leaves.index} of data, ${text}, ${why}, so it does not fit ${wordOf[datatype]}`);
}

// ---- lists

/** Goes through nested lists leaf by leaf, and sees that they hold what the shape says, as regularly as the shape is. */
class Leaves {
  /** Of the leaf that `next` went to. */
  index = -1;
  readonly #reader: JsonReader;
  readonly #announced: Announced;
  /** How many leaves there were when each list that is open began, outermost first. */
  readonly #begun: number[] = [];
  /** Leaves in a list, by its depth. */
  readonly #lengths: number[] = [];
  #count = 0;
  #leafDepth = -1;
  #behindValue = false;

  constructor(reader: JsonReader, announced: Announced) {
    this.#reader = reader;
    this.#announced = announced;
    if (reader.peek() !== leftBracket) reader.fail(`a list as data of input ${announced.name}`);
    this.#openList();
  }

  /** Goes to the next leaf, for the caller to read; false behind the last. */
  next(): boolean {
    const reader = this.#reader;
    for (;;) {
      const byte = reader.peek();
      if (this.#behindValue) {
        if (byte === comma) {
          reader.at++;
          this.#behindValue = false;
        } else {
          this.#closeList();
          if (this.#begun.length === 0) return false;
        }
      } else if (byte === leftBracket) {
        this.#openList();
      } else {
        if (this.#leafDepth !== this.#begun.length) this.#enterLeaves();
        if (this.#count === this.#announced.elements) this.#refuse(`data has more than the ${this.#count} elements`);
        this.index = this.#count++;
        this.#behindValue = true;
        return true;
      }
    }
  }

  #openList(): void {
    this.#reader.openList();
    this.#begun.push(this.#count);
    this.#behindValue = this.#reader.peek() === rightBracket;
  }

  #closeList(): void {
    this.#reader.closeList();
    const depth = this.#begun.length;
    const length = this.#count - (this.#begun.pop() ?? 0);
    const { shape, elements } = this.#announced;
    if (depth === 1 && length !== elements) this.#refuse(`data has ${length} of the ${elements} elements`);
    const fits = this.#lengths[depth] === undefined ? depth === 1 || isPartOf(shape, length) : this.#lengths[depth] === length;
    if (!fits) this.#refuse(`data has a list of ${length} elements, which is no part`);
    this.#lengths[depth] = length;
    this.#behindValue = true;
  }

  #enterLeaves(): void {
    if (this.#leafDepth !== -1) this.#refuse('data has elements beside lists, which is not the form');
    this.#leafDepth = this.#begun.length;
  }

  #refuse(what: string): never {
    const { name, shape } = this.#announced;
    throw new Problem('infer-invalid', `Input ${name}: ${what} of shape [${shape.join(', ')}]; send it flat, or nested as the shape is`);
  }
}

/** Whether a row of the shape has that many elements: a row of its last axis, of its last two, and so on. */
function isPartOf(shape: readonly number[], length: number): boolean {
  let part = 1;
  for (let axis = shape.length - 1; part !== length && axis >= 0; axis--) part *= shape[axis];
  return part === length;
}
