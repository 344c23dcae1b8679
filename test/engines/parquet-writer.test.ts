import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnalysis, openParquetWriter, type Analysis, type FileColumn, type NumberFileColumn, type ParquetWriter } from '../../server/engines/duckdb.ts';

let base: string;
let inside: string;
let writer: ParquetWriter;
let analysis: Analysis;

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-parquet-')));
  inside = join(base, 'inside');
  mkdirSync(inside);
  writer = await openParquetWriter({ directories: [inside] });
  analysis = await openAnalysis({ directories: [inside], memoryMb: 256, threads: 1 });
});

afterAll(async () => {
  await writer.close();
  await analysis.close();
  rmSync(base, { recursive: true });
});

describe('a Parquet writer', () => {
  const numbers: [NumberFileColumn['type'], NumberFileColumn['values'], unknown[]][] = [
    ['BOOLEAN', Uint8Array.of(1, 0), [true, false]],
    ['TINYINT', Int8Array.of(-128, 127), [-128, 127]],
    ['SMALLINT', Int16Array.of(-32768, 32767), [-32768, 32767]],
    ['INTEGER', Int32Array.of(-(2 ** 31), 2 ** 31 - 1), [-(2 ** 31), 2 ** 31 - 1]],
    ['BIGINT', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n), [String(-(2n ** 63n)), String(2n ** 63n - 1n)]],
    ['UTINYINT', Uint8Array.of(0, 255), [0, 255]],
    ['USMALLINT', Uint16Array.of(0, 65535), [0, 65535]],
    ['UINTEGER', Uint32Array.of(0, 2 ** 32 - 1), [0, 2 ** 32 - 1]],
    ['UBIGINT', BigUint64Array.of(0n, 2n ** 64n - 1n), [0, String(2n ** 64n - 1n)]],
    ['FLOAT', Float32Array.of(0.1, NaN), [Math.fround(0.1), 'NaN']],
    ['DOUBLE', Float64Array.of(0.1, -Infinity), [0.1, '-Infinity']],
    ['TIMESTAMP', Float64Array.of(0, 1700000000000.25), ['1970-01-01T00:00:00Z', '2023-11-14T22:13:20.00025Z']],
  ];
  test.each(numbers)('writes %s as it is, with nulls where they are', async (type, values, expected) => {
    const path = join(inside, `${type}.parquet`);
    await writer.write(path, [{ name: 'a', type, values }, { name: 'b', type, values, nulls: Uint8Array.of(1, 0) }]);
    expect(await analysis.rows(`SELECT a, b FROM read_parquet('${path}')`)).toEqual([{ a: expected[0], b: null }, { a: expected[1], b: expected[1] }]);
  });

  test('writes texts of any kind, over many chunks, in order', async () => {
    const path = join(inside, 'texts.parquet');
    const values = Array.from({ length: 5000 }, (_, row) => (row % 7 === 0 ? null : row % 11 === 0 ? '' : `"ü', ${row} ${'x'.repeat(row % 30)}`));
    const index = Int32Array.from(values.keys());
    await writer.write(path, [{ name: 'text "quoted"', type: 'VARCHAR', values }, { name: 'row', type: 'INTEGER', values: index }]);
    const rows = await analysis.rows(`SELECT * FROM read_parquet('${path}')`);
    expect(rows.map((row) => row['text "quoted"'])).toEqual(values);
    expect(rows.map(({ row }) => row)).toEqual([...index]);
  });

  test('keeps what is said about a file with it', async () => {
    const path = join(inside, 'about.parquet');
    await writer.write(path, [{ name: 'a', type: 'VARCHAR', values: ['b'] }], { slipway: `{"it's": "ü"}` });
    expect(await analysis.rows(`SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${path}')`)).toEqual([{ key: 'slipway', value: `{"it's": "ü"}` }]);
  });

  test('writes what a SELECT gives, and says how many rows that is', async () => {
    const path = join(inside, 'copied.parquet');
    expect(await writer.copy('SELECT range AS n FROM range(5) ORDER BY n DESC', path)).toBe(5);
    expect((await analysis.rows(`SELECT n FROM read_parquet('${path}')`)).map(({ n }) => n)).toEqual([4, 3, 2, 1, 0]);
  });

  test('writes nowhere else, and reads nothing else', async () => {
    const outside = join(base, 'outside.parquet');
    await expect(writer.write(outside, [{ name: 'a', type: 'VARCHAR', values: ['b'] }])).rejects.toThrow(/disabled/);
    await expect(writer.write(join(inside, '..', 'outside.parquet'), [{ name: 'a', type: 'VARCHAR', values: ['b'] }])).rejects.toThrow(/disabled/);
    await expect(writer.copy(`SELECT * FROM read_text('/etc/passwd')`, join(inside, 'x.parquet'))).rejects.toThrow(/disabled/);
    expect(existsSync(outside)).toBe(false);
  });

  test.each<[string, FileColumn[], RegExp]>([
    ['columns of different lengths', [{ name: 'a', type: 'VARCHAR', values: ['b'] }, { name: 'c', type: 'VARCHAR', values: [] }], /column c has 0 values for 1 rows/],
    ['elements of another width', [{ name: 'a', type: 'BIGINT', values: Int32Array.of(1) }], /Int32Array does not hold BIGINT/],
  ])('refuses %s, which would be read from memory that is not theirs', async (_, columns, message) => {
    await expect(writer.write(join(inside, 'refused.parquet'), columns)).rejects.toThrow(message);
    expect(existsSync(join(inside, 'refused.parquet'))).toBe(false);
  });
});
