import { Problem } from '../problem.ts';

const space = 0x20;
const quote = 0x22;
const plus = 0x2b;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const leftBracket = 0x5b;
const backslash = 0x5c;
const rightBracket = 0x5d;
const upperE = 0x45;
const lowerE = 0x65;
const leftBrace = 0x7b;
const rightBrace = 0x7d;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type JsonScalar = string | number | bigint | boolean | null;

/**
 * Reads JSON from its bytes, one token at a time. JSON.parse will not do for requests: it rounds integers beyond 2^53,
 * refuses the NaN that Python clients write, recurses as deep as it is told to, and takes 1.6 times as long until the 150,528
 * floats of an image are in a typed array, with nothing checked yet (test/serving/measure-codec.ts).
 * Numbers may also be NaN, Infinity and -Infinity. Lists and objects may nest `depthMax` deep.
 */
export class JsonReader {
  readonly bytes: Buffer;
  /** Of the next byte to read. */
  at = 0;
  /** Whether the number last read had neither point nor exponent. */
  plain = true;
  readonly #depthMax: number;
  #depth = 0;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#depthMax = depthMax;
  }

  /** The first byte of the next token, which stays unread; -1 at the end. */
  peek(): number {
    const { bytes } = this;
    while (this.at < bytes.length) {
      const byte = bytes[this.at];
      if (byte > space || (byte !== space && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return byte;
      this.at++;
    }
    return -1;
  }

  /** Calls back with each name, to read the value behind it. */
  readObject(member: (name: string) => void): void {
    this.#open(leftBrace, 'an object');
    if (this.peek() !== rightBrace) {
      do {
        const name = this.readString();
        this.#take(colon, '":"');
        member(name);
      } while (this.#goesOn());
    }
    this.#take(rightBrace, '"," or "}"');
    this.#depth--;
  }

  /** Calls back to read each element. */
  readList(element: () => void): void {
    this.openList();
    if (this.peek() !== rightBracket) {
      do element();
      while (this.#goesOn());
    }
    this.closeList();
  }

  openList(): void {
    this.#open(leftBracket, 'a list');
  }

  closeList(): void {
    this.#take(rightBracket, '"," or "]"');
    this.#depth--;
  }

  /** Whether a list or an object comes next. */
  isNested(): boolean {
    const byte = this.peek();
    return byte === leftBrace || byte === leftBracket;
  }

  /** Whether null came, and was read. */
  takeNull(): boolean {
    this.peek();
    return this.takeWord('null');
  }

  skipValue(): void {
    const byte = this.peek();
    if (byte === leftBrace) this.readObject(() => this.skipValue());
    else if (byte === leftBracket) this.readList(() => this.skipValue());
    else this.readScalar();
  }

  /** A whole number beyond 2^53 is a bigint. */
  readScalar(): JsonScalar {
    const byte = this.peek();
    if (byte === quote) return this.readString();
    if (this.takeWord('true')) return true;
    if (this.takeWord('false')) return false;
    if (this.takeWord('null')) return null;
    const from = this.at;
    const value = this.readNumber(false);
    return this.plain && Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(this.textFrom(from)) : value;
  }

  readString(): string {
    if (this.peek() !== quote) this.fail('a string');
    const { bytes } = this;
    const from = ++this.at;
    let at = from;
    let byte = bytes[at];
    while (byte >= space && byte < 0x80 && byte !== quote && byte !== backslash) byte = bytes[++at];
    if (byte === quote) {
      this.at = at + 1;
      return bytes.toString('latin1', from, at);
    }
    while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
    if (at >= bytes.length) this.#failAt(from - 1, 'a string that ends');
    this.at = at + 1;
    return this.#unescape(from, at);
  }

  /** Whether the word came, and was read. */
  takeWord(word: string): boolean {
    const { bytes, at } = this;
    if (bytes[at] !== word.charCodeAt(0)) return false;
    for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false;
    this.at = at + word.length;
    return true;
  }

  /**
   * The nearest number to what is written.
   *
   * @param single the caller rounds it to 32 bits; it is then only exact enough for the same 32 bits to come out
   * @throws Problem where it is no number, or too large for any
   */
  readNumber(single: boolean): number {
    this.peek();
    const { bytes } = this;
    const from = this.at;
    let at = from;
    let byte = bytes[at];
    const negative = byte === minus;
    if (negative) byte = bytes[++at];
    // Digits are gathered in a double, which holds them exactly below 2^53.
    let digits = 0;
    let scale = 0;
    if (byte === zero) byte = bytes[++at];
    else if (byte > zero && byte <= nine) {
      do {
        digits = digits * 10 + (byte - zero);
        byte = bytes[++at];
      } while (byte >= zero && byte <= nine);
    } else return this.#notANumber(from, at);
    const whole = at;
    if (byte === dot) {
      byte = bytes[++at];
      const first = at;
      while (byte >= zero && byte <= nine) {
        digits = digits * 10 + (byte - zero);
        byte = bytes[++at];
      }
      if (at === first) this.#failAt(from, 'a number');
      scale = first - at;
    }
    if (byte === upperE || byte === lowerE) {
      byte = bytes[++at];
      const sign = byte === minus ? -1 : 1;
      if (byte === minus || byte === plus) byte = bytes[++at];
      const first = at;
      let exponent = 0;
      while (byte >= zero && byte <= nine) {
        exponent = exponent * 10 + (byte - zero);
        byte = bytes[++at];
      }
      if (at === first) this.#failAt(from, 'a number');
      scale += sign * exponent;
    }
    // What a number may not run into, such as the rest of 01 or 1x, the caller's next token refuses.
    this.at = at;
    this.plain = at === whole;
    const value = scaled(digits, scale, single) ?? Math.abs(Number(bytes.toString('latin1', from, at)));
    if (value === Infinity) this.#failAt(from, 'a number within the range of 64-bit floats');
    return negative ? -value : value;
  }

  textFrom(from: number): string {
    return this.bytes.toString('latin1', from, this.at);
  }

  /** @param expected what should have come where the next token is */
  fail(expected: string): never {
    this.peek();
    return this.#failAt(this.at, expected);
  }

  end(): void {
    if (this.peek() !== -1) this.fail('nothing behind the object');
  }

  #failAt(at: number, expected: string): never {
    const { bytes } = this;
    const came = at >= bytes.length ? 'it ended' : `${JSON.stringify(bytes.toString('utf8', at, Math.min(at + 20, bytes.length)))} came`;
    throw new Problem('infer-invalid', `The request is not JSON as it should be: at byte ${at}, ${expected} was expected, and ${came}`);
  }

  #notANumber(from: number, at: number): number {
    this.plain = false;
    this.at = at;
    if (at === from && this.takeWord('NaN')) return NaN;
    if (this.takeWord('Infinity')) return at === from ? Infinity : -Infinity;
    return this.#failAt(from, 'a value');
  }

  #unescape(from: number, to: number): string {
    let text: string;
    try {
      text = utf8.decode(this.bytes.subarray(from, to));
    } catch {
      return this.#failAt(from - 1, 'text in UTF-8');
    }
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      return this.#failAt(from - 1, 'a string with valid escapes and no raw control characters');
    }
  }

  #open(byte: number, what: string): void {
    this.#take(byte, what);
    this.#depth++;
    if (this.#depth > this.#depthMax) throw new Problem('infer-invalid', `The request's JSON is nested more than ${this.#depthMax} deep at byte ${this.at - 1}; send \`data\` as a flat list`);
  }

  #take(byte: number, what: string): void {
    if (this.peek() !== byte) this.fail(what);
    this.at++;
  }

  #goesOn(): boolean {
    if (this.peek() !== comma) return false;
    this.at++;
    return true;
  }
}


// ---- decimal to binary

/** Powers of ten; those up to 10^22 are exact. */
const powers = Array.from({ length: 61 }, (_, exponent) => Number(`1e${exponent}`));
const exactPower = 22;
const exactDigits = 2 ** 53;
const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
const lowWord = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

/**
 * digits · 10^scale, or undefined where that needs more than one rounding.
 * Two exact operands make one correctly rounded result (W. D. Clinger, How to read floating point numbers accurately, 1990).
 * For a result of 32 bits a few roundings of 64 do no harm, unless they lie at a midpoint between two of its numbers.
 */
function scaled(digits: number, scale: number, single: boolean): number | undefined {
  if (digits < exactDigits) {
    if (scale === 0) return digits;
    if (scale < 0 && scale >= -exactPower) return digits / powers[-scale];
    if (scale > 0 && scale <= exactPower) return digits * powers[scale];
  }
  // At most six digits beyond 2^53, each with two roundings, and two more for the power: fewer than 32 units in the last place.
  if (!single || digits >= 1e22 || scale < -60 || scale > 60) return undefined;
  const value = scale < 0 ? digits / powers[-scale] : digits * powers[scale];
  if (value < 2 ** -126 || value >= 2 ** 127) return undefined;
  float64[0] = value;
  const fromMidpoint = (words[lowWord] & 0x1fffffff) - 0x10000000;
  return fromMidpoint > 64 || fromMidpoint < -64 ? value : undefined;
}
