import type { TensorInfo } from '../../protocol/registry.ts';
import type { ChunkColumn, FileColumn, NumberFileColumn } from '../engines/duckdb.ts';
import { arrayTypes, encodeStrings, fromFloat16, lengthOf, product, toFloat16, type Datatype, type NumericDatatype, type Tensor, type TensorMap } from '../engines/tensor.ts';
import { isDatatype } from './datatypes.ts';

/** How the rows of a tensor lie in a file; it is kept with the file, so that they come back as they were. */
export interface TensorLayout {
  name: string;
  datatype: Datatype;
  /** Dimensions behind the first; null where rows differ in them, or are no rows: then text says what shape. */
  rowShape: number[] | null;
  /** A column for each element of a row, null where it may not be kept; or, `packed`, one text that holds the row. */
  columns: (string | null)[];
  packed: boolean;
}

/** Rows with more elements are kept as one text: thousands of columns serve nobody. */
const elementsMax = 64;

export interface LayoutOptions {
  prefix: string;
  /** The first dimension counts rows; else a request is one row, whatever its tensors look like. */
  byRow: boolean;
  /** Names for the elements of a tensor's rows, where they are known: those of the data's columns. */
  elementNames?: ReadonlyMap<string, readonly string[]>;
  /** Tensors and elements that may not be kept. */
  redact: ReadonlySet<string>;
  /** Names of columns in lower case, as DuckDB tells them apart; those of these tensors are added. */
  taken: Set<string>;
}

export function layoutTensors(tensors: readonly TensorInfo[], options: LayoutOptions): TensorLayout[] {
  return tensors.filter(({ datatype }) => isDatatype(datatype)).map((info) => layoutTensor(info, options));
}

function layoutTensor({ name, datatype, shape }: TensorInfo, { prefix, byRow, elementNames, redact, taken }: LayoutOptions): TensorLayout {
  const dimensions = byRow && shape !== null ? shape.slice(1) : null;
  const rowShape = dimensions?.every((dimension) => typeof dimension === 'number' && dimension >= 0) ? (dimensions as number[]) : null;
  const width = rowShape === null ? Infinity : product(rowShape);
  const known = elementNames?.get(name) ?? [];
  const packed = width > elementsMax;
  const hidden = redact.has(name);
  if (packed) {
    // Nothing is cut out of a text: where one element may not be kept, none is.
    const keep = !hidden && !known.some((element) => redact.has(element));
    return { name, datatype: datatype as Datatype, rowShape, packed, columns: [keep ? unique(`${prefix}${name}`, taken) : null] };
  }
  const named = known.length === width;
  const columns = Array.from({ length: width }, (_, element) => {
    const own = named ? known[element] : width === 1 ? name : `${name}[${element}]`;
    return hidden || redact.has(own) ? null : unique(`${prefix}${own}`, taken);
  });
  return { name, datatype: datatype as Datatype, rowShape, packed, columns };
}

function unique(wanted: string, taken: Set<string>): string {
  const plain = wanted.replaceAll('\0', '␀');
  let name = plain;
  for (let next = 2; taken.has(name.toLowerCase()); next++) name = `${plain} (${next})`;
  taken.add(name.toLowerCase());
  return name;
}

/** Whether a tensor is as its layout says, so that its rows can be kept. */
export function fits({ datatype, rowShape, packed }: TensorLayout, tensor: Tensor, rows: number, byRow: boolean): boolean {
  if (tensor.datatype !== datatype || lengthOf(tensor) !== product(tensor.shape)) return false;
  if (!byRow) return rows === 1;
  if (tensor.shape[0] !== rows) return false;
  return packed || lengthOf(tensor) === rows * product(rowShape ?? []);
}

// ---- columns that grow

/** A column of numbers or of texts, as long as it has been written to. */
export class GrowingColumn {
  readonly name: string;
  readonly type: FileColumn['type'];
  #numbers: NumberFileColumn['values'] | null;
  readonly #texts: (string | null)[] = [];
  #nulls: Uint8Array | null = null;

  constructor(name: string, type: FileColumn['type']) {
    this.name = name;
    this.type = type;
    this.#numbers = type === 'VARCHAR' ? null : new arrayOfType[type](startRows);
  }

  /** Of one value; of a text the reference to it. */
  get bytes(): number {
    return this.#numbers?.BYTES_PER_ELEMENT ?? 8;
  }

  setNumber(row: number, value: number | bigint): void {
    this.#room(row)[row] = value;
  }

  setText(row: number, value: string | null): void {
    this.#texts[row] = value;
  }

  setNull(row: number): void {
    if (this.#numbers === null) {
      this.#texts[row] = null;
      return;
    }
    const { length } = this.#room(row);
    if (this.#nulls === null) this.#nulls = new Uint8Array(length);
    this.#nulls[row] = 1;
  }

  file(rows: number): FileColumn {
    if (this.type === 'VARCHAR') return { name: this.name, type: 'VARCHAR', values: this.#texts };
    const values = this.#room(Math.max(0, rows - 1)).subarray(0, rows);
    return { name: this.name, type: this.type, values, ...(this.#nulls !== null && { nulls: this.#nulls.subarray(0, rows) }) };
  }

  #room(row: number): NumberFileColumn['values'] {
    const numbers = this.#numbers;
    if (numbers === null) throw new Error(`column ${this.name} holds texts`);
    if (row < numbers.length) return numbers;
    const length = Math.max(row + 1, numbers.length * 2);
    const larger = new (numbers.constructor as new (length: number) => NumberFileColumn['values'])(length);
    larger.set(numbers as never);
    if (this.#nulls !== null) {
      const nulls = new Uint8Array(length);
      nulls.set(this.#nulls);
      this.#nulls = nulls;
    }
    this.#numbers = larger;
    return larger;
  }
}

const startRows = 64;

const arrayOfType = {
  BOOLEAN: Uint8Array,
  TINYINT: Int8Array,
  SMALLINT: Int16Array,
  INTEGER: Int32Array,
  BIGINT: BigInt64Array,
  UTINYINT: Uint8Array,
  USMALLINT: Uint16Array,
  UINTEGER: Uint32Array,
  UBIGINT: BigUint64Array,
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
  TIMESTAMP: Float64Array,
} as const satisfies Record<NumberFileColumn['type'], unknown>;

/** Half precision fits into FLOAT without loss. */
const typeOf = {
  bool: 'BOOLEAN',
  int8: 'TINYINT',
  int16: 'SMALLINT',
  int32: 'INTEGER',
  int64: 'BIGINT',
  uint8: 'UTINYINT',
  uint16: 'USMALLINT',
  uint32: 'UINTEGER',
  uint64: 'UBIGINT',
  float16: 'FLOAT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  string: 'VARCHAR',
} as const satisfies Record<Datatype, FileColumn['type']>;

export function columnsOf({ columns, datatype, packed }: TensorLayout): (GrowingColumn | null)[] {
  return columns.map((name) => (name === null ? null : new GrowingColumn(name, packed ? 'VARCHAR' : typeOf[datatype])));
}

/** Writes rows of a tensor that fits, or nulls where there is none; answers the bytes of the texts in it. */
export function appendTensor({ packed }: TensorLayout, columns: readonly (GrowingColumn | null)[], tensor: Tensor | null, rows: number, at: number, byRow: boolean): number {
  let textBytes = 0;
  columns.forEach((column, element) => {
    if (column === null) return;
    for (let row = 0; row < rows; row++) {
      if (tensor === null) {
        column.setNull(at + row);
      } else if (packed) {
        const text = packRow(tensor, row, byRow);
        column.setText(at + row, text);
        textBytes += text.length;
      } else if (tensor.datatype === 'string') {
        const text = tensor.data.dictionary[tensor.data.codes[row * columns.length + element]];
        column.setText(at + row, text);
        textBytes += text.length * 2;
      } else {
        const value = tensor.data[row * columns.length + element];
        column.setNumber(at + row, tensor.datatype === 'float16' ? fromFloat16(value as number) : value);
      }
    }
  });
  return textBytes;
}

// ---- rows as one text

/** `2x3:` and the elements: texts as JSON, numbers as their bytes in base64. */
export function packRow(tensor: Tensor, row: number, byRow: boolean): string {
  const shape = byRow ? tensor.shape.slice(1) : tensor.shape;
  const width = product(shape);
  const from = byRow ? row * width : 0;
  if (tensor.datatype === 'string') {
    const { codes, dictionary } = tensor.data;
    return `${shape.join('x')}:${JSON.stringify(Array.from(codes.subarray(from, from + width), (code) => dictionary[code]))}`;
  }
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = tensor.data;
  return `${shape.join('x')}:${Buffer.from(buffer as ArrayBuffer, byteOffset + from * BYTES_PER_ELEMENT, width * BYTES_PER_ELEMENT).toString('base64')}`;
}

function unpackRows(texts: readonly string[], datatype: Datatype, byRow: boolean): Tensor {
  const shape = shapeOf(texts[0]);
  const parts = texts.map((text) => text.slice(text.indexOf(':') + 1));
  const full = byRow ? [texts.length, ...shape] : shape;
  if (datatype === 'string') return { datatype, shape: full, data: encodeStrings(parts.flatMap((part) => JSON.parse(part) as string[])) };
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  // A buffer of its own: where Node puts small ones is aligned for nobody.
  const own = new Uint8Array(bytes);
  return { datatype, shape: full, data: new arrayTypes[datatype](own.buffer, 0, product(full)) } as Tensor;
}

/** Rows of one shape only can be put together. */
export function packedShape(text: string): string {
  return text.slice(0, text.indexOf(':'));
}

function shapeOf(text: string): number[] {
  const written = packedShape(text);
  return written === '' ? [] : written.split('x').map(Number);
}

// ---- back again

/** Columns as they were read, by name. */
export type ReadColumns = ReadonlyMap<string, ChunkColumn>;

/** Rows [from, to) as tensors. None of them may be null, and packed ones must be of one shape. */
export function tensorsFrom(layouts: readonly TensorLayout[], columns: ReadColumns, from: number, to: number, byRow: boolean): TensorMap {
  return new Map(layouts.map((layout) => [layout.name, tensorFrom(layout, layout.columns.map((name) => columnNamed(columns, name)), from, to, byRow)]));
}

function tensorFrom({ datatype, rowShape, packed }: TensorLayout, columns: readonly ChunkColumn[], from: number, to: number, byRow: boolean): Tensor {
  const rows = to - from;
  if (packed) return unpackRows(Array.from({ length: rows }, (_, row) => textAt(columns[0], from + row)), datatype, byRow);
  const shape = [rows, ...(rowShape ?? [])];
  const width = columns.length;
  if (datatype === 'string') return { datatype, shape, data: encodeStrings(Array.from({ length: rows * width }, (_, at) => textAt(columns[at % width], from + Math.floor(at / width)))) };
  const data = new arrayTypes[datatype](rows * width);
  columns.forEach((column, element) => {
    if (column.kind !== 'numbers') throw new Error('a column of numbers was read as texts');
    for (let row = 0; row < rows; row++) data[row * width + element] = numberFor(datatype, column, from + row) as never;
  });
  return { datatype, shape, data } as Tensor;
}

function numberFor(datatype: NumericDatatype, { values, exact }: Extract<ChunkColumn, { kind: 'numbers' }>, row: number): number | bigint {
  if (datatype === 'int64' || datatype === 'uint64') return exact?.[row] ?? BigInt(values[row]);
  return datatype === 'float16' ? toFloat16(values[row]) : values[row];
}

export function columnNamed(columns: ReadColumns, name: string | null): ChunkColumn {
  const column = name === null ? undefined : columns.get(name);
  if (column === undefined) throw new Error(`column ${String(name)} was not read`);
  return column;
}

export function textAt(column: ChunkColumn, row: number): string {
  if (column.kind !== 'strings' || column.codes[row] < 0) throw new Error('a text was wanted where there is none');
  return column.dictionary[column.codes[row]];
}

export function isNullAt(column: ChunkColumn, row: number): boolean {
  return column.kind === 'strings' ? column.codes[row] < 0 : column.nulls?.[row] === 1;
}
