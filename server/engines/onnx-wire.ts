import { readSync } from 'node:fs';

/** Bytes that can be read at any place: an open file, or memory. */
export interface Source {
  readonly bytes: number;
  read(from: number, length: number): Uint8Array;
}

/** One field of a protobuf message: `start` to `end` is its payload, without tag and length. */
export interface Field {
  number: number;
  wire: 0 | 1 | 2 | 5;
  /** Offset of the tag. */
  at: number;
  start: number;
  end: number;
}

export type WireFault = 'truncated' | 'malformed' | 'depth' | 'limits';

export class WireError extends Error {
  readonly fault: WireFault;
  readonly offset: number;

  constructor(fault: WireFault, message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = 'WireError';
    this.fault = fault;
    this.offset = offset;
  }
}

/** Messages inside messages. Protobuf's own readers stop at 100. */
export const depthMax = 64;
const fieldsMax = 20_000_000;
const windowBytes = 16 * 1024;

export function fileSource(descriptor: number, bytes: number): Source {
  return {
    bytes,
    read(from, length) {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(descriptor, buffer, filled, length - filled, from + filled);
        if (count === 0) throw new WireError('truncated', 'The file became shorter while it was read', from + filled);
        filled += count;
      }
      return buffer;
    },
  };
}

export function memorySource(memory: Uint8Array): Source {
  return { bytes: memory.length, read: (from, length) => memory.subarray(from, from + length) };
}

/**
 * Reads protobuf's wire format through a small window, so that a file of any size costs the same memory; payloads
 * nobody asks for are stepped over. Every length is checked against its parent and against the file.
 */
export class WireReader {
  readonly source: Source;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;
  #next = 0;
  #fields = 0;
  #text = new TextDecoder('utf-8', { fatal: true });

  constructor(source: Source) {
    this.source = source;
  }

  /** The fields of the message between two offsets. */
  *fields(start: number, end: number, depth: number): Generator<Field, void, void> {
    if (depth > depthMax) throw new WireError('depth', `More than ${depthMax} messages inside each other`, start);
    for (let at = start; at < end;) {
      if (++this.#fields > fieldsMax) throw new WireError('limits', `More than ${fieldsMax} fields`, at);
      const tag = this.#varint(at, end);
      const number = Math.floor(tag / 8);
      const wire = tag % 8;
      if (number === 0 || number > 0x1fffffff) throw new WireError('malformed', `Field number ${number}`, at);
      const field = this.#payload(number, wire, at, this.#next, end);
      at = field.end;
      yield field;
    }
  }

  number(field: Field): number {
    return Number(this.int64(field));
  }

  int64(field: Field): bigint {
    if (field.wire !== 0) throw new WireError('malformed', `Field ${field.number} is not a whole number`, field.at);
    return this.#int64(field.start, field.end);
  }

  /** A repeated whole number, packed or not. Stops after `most` values. */
  int64s(field: Field, most: number): bigint[] {
    if (field.wire === 0) return [this.int64(field)];
    this.expectBytes(field);
    const values: bigint[] = [];
    for (let at = field.start; at < field.end && values.length < most; at = this.#next) values.push(this.#int64(at, field.end));
    return values;
  }

  /** How many whole numbers a packed field holds: the bytes that end one. */
  countVarints(field: Field): number {
    if (field.wire === 0) return 1;
    this.expectBytes(field);
    let count = 0;
    let last = 0;
    for (let at = field.start; at < field.end; at += windowBytes) {
      const piece = this.source.read(at, Math.min(windowBytes, field.end - at));
      for (const byte of piece) if (byte < 0x80) count++;
      last = piece[piece.length - 1];
    }
    if (last >= 0x80) throw new WireError('malformed', 'Packed numbers that end in the middle of one', field.end);
    return count;
  }

  bytes(field: Field, most: number): Uint8Array {
    this.expectBytes(field);
    const length = field.end - field.start;
    if (length > most) throw new WireError('limits', `Field ${field.number} has ${length} bytes, more than ${most}`, field.at);
    return this.#slice(field.start, length);
  }

  text(field: Field, most: number): string {
    const bytes = this.bytes(field, most);
    try {
      return this.#text.decode(bytes);
    } catch {
      throw new WireError('malformed', `Field ${field.number} is not UTF-8 text`, field.at);
    }
  }

  expectBytes(field: Field): void {
    if (field.wire !== 2) throw new WireError('malformed', `Field ${field.number} has wire type ${field.wire} in place of 2`, field.at);
  }

  #payload(number: number, wire: number, at: number, start: number, end: number): Field {
    let last: number;
    switch (wire) {
      case 0:
        this.#skipVarint(start, end);
        return { number, wire, at, start, end: this.#next };
      case 1:
        last = start + 8;
        break;
      case 5:
        last = start + 4;
        break;
      case 2: {
        const length = this.#varint(start, end);
        start = this.#next;
        last = start + length;
        break;
      }
      default:
        throw new WireError('malformed', `Wire type ${wire} in field ${number}`, at);
    }
    if (last > this.source.bytes) throw new WireError('truncated', `Field ${number} needs ${last} bytes, the file has ${this.source.bytes}; field starts`, at);
    if (last > end) throw new WireError('malformed', `Field ${number} reaches past the end of its message`, at);
    return { number, wire, at, start, end: last };
  }

  #byte(at: number, end: number): number {
    if (at >= end) throw new WireError(at >= this.source.bytes ? 'truncated' : 'malformed', 'A number is cut off', at);
    const index = at - this.#windowStart;
    if (index >= 0 && index < this.#window.length) return this.#window[index];
    this.#moveWindow(at);
    return this.#window[0];
  }

  #slice(from: number, length: number): Uint8Array {
    if (length > windowBytes) return this.source.read(from, length);
    if (from < this.#windowStart || from + length > this.#windowStart + this.#window.length) this.#moveWindow(from);
    return this.#window.subarray(from - this.#windowStart, from - this.#windowStart + length);
  }

  #moveWindow(to: number): void {
    this.#windowStart = to;
    this.#window = this.source.read(to, Math.min(windowBytes, this.source.bytes - to));
  }

  /** A tag or length. */
  #varint(at: number, end: number): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte(at + i, end);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.#next = at + i + 1;
        return value;
      }
      scale *= 128;
    }
    throw new WireError('malformed', 'A length of more than 49 bits', at);
  }

  #skipVarint(at: number, end: number): void {
    for (let i = 0; i < 10; i++) {
      if (this.#byte(at + i, end) < 0x80) {
        this.#next = at + i + 1;
        return;
      }
    }
    throw new WireError('malformed', 'A number of more than 10 bytes', at);
  }

  #int64(at: number, end: number): bigint {
    this.#skipVarint(at, end);
    const after = this.#next;
    let value = 0n;
    for (let i = after - 1; i >= at; i--) value = (value << 7n) | BigInt(this.#byte(i, end) & 0x7f);
    this.#next = after;
    return BigInt.asIntN(64, value);
  }
}
