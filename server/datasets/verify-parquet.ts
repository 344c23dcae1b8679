import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type Analysis, quoteLiteral } from '../engines/duckdb.ts';
import { Problem } from '../problem.ts';
import { refuseRepeatedNames } from './scan-csv.ts';
import { escapeGlob } from './relation.ts';
import type { InspectedFile } from './inspect-file.ts';

/**
 * Proves what a Parquet file lets one prove, which DuckDB does not: both magics, that every column chunk is an unbroken
 * chain of pages, and each page's CRC-32 where the writer left one. Pages without one are only as good as their compression.
 *
 * @returns rows according to the footer.
 */
export async function verifyParquet(analysis: Analysis, file: InspectedFile, signal?: AbortSignal): Promise<number> {
  const corrupt = (what: string, cause?: unknown) => new Problem('dataset-corrupt', `${file.path}: ${what}`, { cause, where: { path: file.path } });
  const handle = await open(file.path, 'r');
  try {
    const end = await readAt(handle, Math.max(0, file.bytes - 8), 8);
    const tailMagic = end.subarray(4).toString('latin1');
    if (tailMagic === 'PARE') throw new Problem('dataset-unsupported', `${file.path} is encrypted`, { where: { path: file.path } });
    if (file.bytes < 12 || tailMagic !== 'PAR1') throw corrupt('cut off, the footer is missing');
    const footerBytes = end.readUInt32LE(0);
    if (footerBytes > file.bytes - 12) throw corrupt('the footer is damaged');
    const source = quoteLiteral(escapeGlob(file.path));
    try {
      const [footer] = await analysis.rows(`SELECT num_rows AS rows FROM parquet_file_metadata(${source})`, [], { signal });
      const schema = await analysis.rows(`SELECT name, num_children AS children FROM parquet_schema(${source})`, [], { signal });
      refuseRepeatedNames(topLevelNames(schema.map(({ name, children }) => ({ name: String(name), children: Number(children ?? 0) }))), file.path);
      const rows = Number(footer.rows);
      let groupRows = 0;
      const chunks = analysis.stream(
        `SELECT row_group_id, column_id, row_group_num_rows, coalesce(least(nullif(dictionary_page_offset, 0), data_page_offset), data_page_offset) AS start, total_compressed_size AS bytes
         FROM parquet_metadata(${source})`,
        [],
        { signal },
      );
      for await (const { rows: count, columns } of chunks) {
        const [group, column, rowsOfGroup, start, bytes] = columns.map((each) => (each.kind === 'numbers' ? each.values : new Float64Array(count)));
        for (let index = 0; index < count; index++) {
          signal?.throwIfAborted();
          if (column[index] === 0) groupRows += rowsOfGroup[index];
          const fault = await verifyPages(handle, start[index], start[index] + bytes[index], file.bytes - 8 - footerBytes);
          if (fault) throw corrupt(`${fault} in row group ${group[index]}, column ${column[index]}`);
        }
      }
      if (schema.length > 1 && groupRows !== rows) throw corrupt(`the footer counts ${rows} rows, its row groups ${groupRows}`);
      return rows;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Problem) throw error;
      throw corrupt('the footer is damaged', error);
    }
  } finally {
    await handle.close();
  }
}

/** parquet_schema lists the tree depth first: a root, then each node before its children. */
function topLevelNames(nodes: { name: string; children: number }[]): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    const { children } = nodes[at++];
    for (let child = 0; child < children && at < nodes.length; child++) skip();
  };
  while (at < nodes.length) {
    names.push(nodes[at].name);
    skip();
  }
  return names;
}

const headerBytesMax = 1 << 20;

async function verifyPages(handle: FileHandle, start: number, end: number, dataEnd: number): Promise<string | undefined> {
  if (!(start >= 4 && end >= start && end <= dataEnd)) return 'a column chunk lies outside the file';
  for (let at = start; at < end; ) {
    const header = await readPageHeader(handle, at, end);
    if (!header || header.compressedBytes < 0 || at + header.headerBytes + header.compressedBytes > end) return 'a damaged page header';
    const body = at + header.headerBytes;
    if (header.crc !== undefined && crc32(await readAt(handle, body, header.compressedBytes)) !== header.crc >>> 0) return 'a page with a wrong checksum';
    at = body + header.compressedBytes;
  }
  return undefined;
}

interface PageHeader {
  headerBytes: number;
  compressedBytes: number;
  crc: number | undefined;
}

async function readPageHeader(handle: FileHandle, at: number, end: number): Promise<PageHeader | undefined> {
  for (let length = 512; ; length *= 8) {
    const bytes = await readAt(handle, at, Math.min(length, end - at));
    try {
      return parsePageHeader(bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (length >= end - at || length > headerBytesMax) return undefined;
    }
  }
}

/** PageHeader of parquet.thrift in the compact protocol: 3 is the compressed size, 4 the CRC; the rest is stepped over. */
function parsePageHeader(bytes: Buffer): PageHeader {
  const reader = new CompactReader(bytes);
  let compressedBytes = -1;
  let crc: number | undefined;
  for (let field = reader.nextField(0); field; field = reader.nextField(field.id)) {
    if (field.id === 3 && field.type === 5) compressedBytes = reader.zigzag();
    else if (field.id === 4 && field.type === 5) crc = reader.zigzag();
    else reader.skip(field.type, 0);
  }
  return { headerBytes: reader.at, compressedBytes, crc };
}

/** Reading past the end throws a RangeError, which asks for more bytes. */
class CompactReader {
  at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  nextField(previous: number): { id: number; type: number } | undefined {
    const head = this.byte();
    if (head === 0) return undefined;
    return { id: head >> 4 === 0 ? this.zigzag() : previous + (head >> 4), type: head & 0x0f };
  }

  zigzag(): number {
    const value = this.varint();
    return Number((value >> 1n) ^ -(value & 1n));
  }

  skip(type: number, depth: number): void {
    if (depth > 8) throw new RangeError('nested too deeply');
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        this.advance(1);
        return;
      case 4:
      case 5:
      case 6:
        this.varint();
        return;
      case 7:
        this.advance(8);
        return;
      case 8:
        this.advance(Number(this.varint()));
        return;
      case 9:
      case 10: {
        const head = this.byte();
        const count = head >> 4 === 15 ? Number(this.varint()) : head >> 4;
        for (let item = 0; item < count; item++) this.skip(head & 0x0f, depth + 1);
        return;
      }
      case 12:
        for (let field = this.nextField(0); field; field = this.nextField(field.id)) this.skip(field.type, depth + 1);
        return;
      default:
        throw new RangeError(`no such type: ${type}`);
    }
  }

  private varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number without an end');
  }

  private byte(): number {
    this.advance(1);
    return this.bytes[this.at - 1];
  }

  private advance(count: number): void {
    this.at += count;
    if (!(this.at <= this.bytes.length)) throw new RangeError('past the end');
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
