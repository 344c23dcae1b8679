import { isUtf8 } from 'node:buffer';
import { arrayTypes, encodeStrings, isMangled, type StringData, type Tensor } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { wordOf } from './datatypes.ts';
import type { Announced } from './tensor-json.ts';

/**
 * The tensor whose elements are these bytes: little-endian, row by row, a BYTES element behind its length in 32 bits.
 * It is a view where the bytes lie so that it can be one.
 *
 * @throws Problem `infer-invalid`, naming the tensor, where they are not exactly what datatype and shape say
 */
export function tensorFromBytes(bytes: Uint8Array, announced: Announced): Tensor {
  const { name, datatype, shape, elements } = announced;
  if (datatype === 'string') return { datatype, shape, data: encodeStrings(textsIn(bytes, announced)) };
  const ArrayType = arrayTypes[datatype];
  const expected = elements * ArrayType.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) throw new Problem('infer-invalid', `Input ${name}: ${bytes.length} bytes came, and ${wordOf[datatype]} of shape [${shape.join(', ')}] takes ${expected}`);
  if (datatype === 'bool') {
    const odd = bytes.findIndex((byte) => byte > 1);
    if (odd !== -1) throw new Problem('infer-invalid', `Input ${name}: element ${odd} is byte ${bytes[odd]}, and BOOL takes 0 and 1`);
  }
  const own = littleEndian ? bytes : swapItems(bytes, ArrayType.BYTES_PER_ELEMENT);
  const aligned = own.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0 ? own : new Uint8Array(own);
  return { datatype, shape, data: new ArrayType(aligned.buffer as ArrayBuffer, aligned.byteOffset, elements) } as Tensor;
}

/** The elements as `tensorFromBytes` reads them; a view where possible, so they must not change until written. */
export function bytesOfTensor(tensor: Tensor): Uint8Array {
  if (tensor.datatype === 'string') return bytesOfTexts(tensor.data);
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT } = tensor.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return littleEndian ? bytes : swapItems(bytes, BYTES_PER_ELEMENT);
}

/** The text of one BYTES element. */
export function textFromBytes(bytes: Uint8Array, name: string, element: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new Problem('infer-invalid', `Input ${name}: element ${element} is not UTF-8, and this runtime takes no other bytes; encode it, as base64 for one`);
  if (isMangled(text)) throw new Problem('infer-invalid', `Input ${name}: element ${element} holds NUL, which the runtime would cut it at; leave it out`);
  return text;
}

/** A copy with the bytes of each item in the opposite order. */
export function swapItems(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (itemBytes === 2) return copy.swap16();
  if (itemBytes === 4) return copy.swap32();
  return itemBytes === 8 ? copy.swap64() : copy;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const prefixBytes = 4;

function textsIn(bytes: Uint8Array, { name, shape, elements }: Announced): string[] {
  // A prefix an element, at least: no shape makes us reserve what the body cannot fill.
  if (elements * prefixBytes > bytes.length) throw new Problem('infer-invalid', `Input ${name}: ${bytes.length} bytes came, and BYTES of shape [${shape.join(', ')}] takes at least ${elements * prefixBytes}`);
  const prefixes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = new Array<string>(elements);
  let at = 0;
  for (let element = 0; element < elements; element++) {
    const left = bytes.length - at - prefixBytes;
    const length = left < 0 ? 0 : prefixes.getUint32(at, true);
    if (length > left) throw new Problem('infer-invalid', `Input ${name}: element ${element} of ${elements} should take ${length + prefixBytes} bytes with its length, and ${left + prefixBytes} are left`);
    at += prefixBytes;
    texts[element] = textFromBytes(bytes.subarray(at, at + length), name, element);
    at += length;
  }
  if (at !== bytes.length) throw new Problem('infer-invalid', `Input ${name}: ${bytes.length - at} bytes are left over behind the ${elements} elements of shape [${shape.join(', ')}]`);
  return texts;
}

function bytesOfTexts({ codes, dictionary }: StringData): Uint8Array {
  const encoded = dictionary.map((text) => Buffer.from(text, 'utf8'));
  let length = codes.length * prefixBytes;
  for (const code of codes) length += encoded[code].length;
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const code of codes) {
    at = bytes.writeUInt32LE(encoded[code].length, at);
    at += encoded[code].copy(bytes, at);
  }
  return bytes;
}
