import { lstat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { CsvDialect, DatasetFile, DatasetFormat, SchemaDifference } from '../../protocol/datasets.ts';
import { type Analysis, quoteIdentifier, quoteLiteral } from '../engines/duckdb.ts';
import { glob } from '../engines/glob.ts';
import { Problem } from '../problem.ts';
import type { DatasetColumn } from './column-type.ts';
import { assertUnchanged, type FileIdentity, inspectFile, type InspectedFile } from './inspect-file.ts';
import { escapeGlob, parquetRelation } from './relation.ts';
import { type CsvScan, scanCsv } from './scan-csv.ts';
import { scanJsonLines } from './scan-json-lines.ts';
import { verifyParquet } from './verify-parquet.ts';

/** Files that have been proved readable to the last row, and the SQL that reads them in file order. */
export interface Dataset {
  name: string;
  format: DatasetFormat;
  dialect: CsvDialect | null;
  files: (DatasetFile & FileIdentity)[];
  bytes: number;
  rows: number;
  columns: DatasetColumn[];
  differences: SchemaDifference[];
  /** What stands after FROM. */
  relation: string;
  analysis: Analysis;
  /** Lets go of the memory that text formats take. */
  close(): Promise<void>;
}

export interface DatasetSource {
  name: string;
  /** A path, a pattern or several, relative to `root`. */
  files: string | readonly string[];
  root: string;
}

/**
 * Parquet is read from its files, column by column, whenever it is asked for. CSV and JSON lines are parsed once, into a
 * table that DuckDB keeps in memory or spills: their columns cannot be read apart, and each row has to be seen to be believed.
 */
export async function openDataset(analysis: Analysis, source: DatasetSource, { signal }: { signal?: AbortSignal } = {}): Promise<Dataset> {
  const paths = await findFiles(source, analysis.directories);
  const files: InspectedFile[] = [];
  for (const path of paths) files.push(await inspectFile(path, analysis.directories));
  const { format } = files[0];
  const other = files.find((file) => file.format !== format);
  if (other) throw new Problem('dataset-unsupported', `${source.name} mixes formats: ${files[0].path} is ${format}, ${other.path} is ${other.format}`, { where: { path: other.path } });
  const opened = format === 'parquet' ? await openParquet(analysis, files, signal) : await loadText(analysis, files, signal);
  await assertUnchanged(files);
  return {
    name: source.name,
    format,
    dialect: opened.dialect,
    files: files.map((file, index) => ({ ...file, rows: opened.fileRows[index] })),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    rows: opened.fileRows.reduce((sum, rows) => sum + rows, 0),
    columns: opened.columns,
    differences: opened.differences,
    relation: opened.relation,
    analysis,
    close: async () => {
      if (opened.table) await analysis.run(`DROP TABLE IF EXISTS ${opened.table}`);
    },
  };
}

/** A name with no match is a problem, never an empty list. */
async function findFiles({ files, root }: DatasetSource, directories: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of typeof files === 'string' ? [files] : files) {
    const exact = isAbsolute(pattern) ? pattern : resolve(root, pattern);
    // What is there and is no plain file is refused by name when it is looked at.
    const matches = (await lstat(exact).then(() => true, () => false)) ? [exact] : await glob([pattern], root, directories);
    if (matches.length === 0) throw new Problem('file-missing', `${pattern} matches no file`, { where: { path: pattern } });
    for (const match of matches) if (!found.includes(match)) found.push(match);
  }
  return found;
}

/** The columns asked for, in that order; a name that is not there is a problem that names the nearest. */
export function pickColumns(dataset: Dataset, names: readonly string[]): DatasetColumn[] {
  const known = new Map(dataset.columns.map((column) => [column.name, column]));
  return names.map((name) => {
    const column = known.get(name);
    if (column) return column;
    const nearest = nearestName(name, dataset.columns.map((each) => each.name));
    throw new Problem('column-missing', `${dataset.name} has no column ${JSON.stringify(name)}${nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`}`);
  });
}

/** The name with the fewest edits, when they are few enough to be a slip. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestEdits = Math.ceil(name.length / 3) + 1;
  for (const candidate of names) {
    const edits = countEdits(name.toLowerCase(), candidate.toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}

interface Opened {
  dialect: CsvDialect | null;
  fileRows: number[];
  columns: DatasetColumn[];
  differences: SchemaDifference[];
  relation: string;
  table?: string;
}

async function openParquet(analysis: Analysis, files: InspectedFile[], signal: AbortSignal | undefined): Promise<Opened> {
  const fileRows: number[] = [];
  const schemas: DatasetColumn[][] = [];
  for (const file of files) {
    fileRows.push(await verifyParquet(analysis, file, signal));
    schemas.push(await describe(analysis, parquetRelation([file.path]), file, signal));
  }
  const relation = parquetRelation(files.map((file) => file.path));
  return {
    dialect: null,
    fileRows,
    columns: files.length === 1 ? schemas[0] : await describe(analysis, relation, files[0], signal),
    differences: compareSchemas(files, schemas),
    relation,
  };
}

async function describe(analysis: Analysis, relation: string, file: InspectedFile, signal: AbortSignal | undefined): Promise<DatasetColumn[]> {
  try {
    const rows = await analysis.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${relation})`, [], { signal });
    return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(file, error);
  }
}

let tables = 0;

async function loadText(analysis: Analysis, files: InspectedFile[], signal: AbortSignal | undefined): Promise<Opened> {
  const readers: TextReader[] = [];
  let dialect: CsvDialect | null = null;
  for (const file of files) {
    if (file.format.startsWith('csv')) {
      const scan = await scanCsv(file, dialect ?? undefined, signal);
      dialect = scan.dialect;
      readers.push(await csvReader(analysis, file, scan, signal));
    } else {
      readers.push(await jsonReader(analysis, file, await scanJsonLines(file, signal), signal));
    }
  }
  const columns = unifySchemas(readers.map((reader) => reader.columns));
  const table = quoteIdentifier(`dataset_${++tables}`);
  await analysis.run(`CREATE TABLE ${table} (${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')})`);
  try {
    for (const [index, reader] of readers.entries()) await loadFile(analysis, files[index], reader, columns, table, signal);
  } catch (error) {
    await analysis.run(`DROP TABLE ${table}`);
    throw error;
  }
  return {
    dialect,
    fileRows: readers.map((reader) => reader.rows),
    columns,
    differences: compareSchemas(files, readers.map((reader) => reader.columns)),
    relation: table,
    table,
  };
}

/** How DuckDB is to read one file of text: its columns, a table function, and an expression that makes a column of a type. */
interface TextReader {
  rows: number;
  columns: DatasetColumn[];
  from: string;
  cast(column: string, type: string): string;
}

async function loadFile(analysis: Analysis, file: InspectedFile, reader: TextReader, columns: DatasetColumn[], table: string, signal: AbortSignal | undefined): Promise<void> {
  const here = new Set(reader.columns.map((column) => column.name));
  const values = columns.map(({ name, type }) => (here.has(name) ? reader.cast(name, type) : 'NULL'));
  let loaded: number;
  try {
    loaded = await analysis.run(`INSERT INTO ${table} SELECT ${values.join(', ')} FROM ${reader.from}`, [], { signal });
  } catch (error) {
    signal?.throwIfAborted();
    await assertUnchanged([file]);
    throw unreadable(file, error);
  }
  if (loaded !== reader.rows) {
    // Replaced between counting and reading, it is no damaged file.
    await assertUnchanged([file]);
    throw new Problem('dataset-corrupt', `${file.path} holds ${reader.rows} rows, of which ${loaded} could be read`, { where: { path: file.path } });
  }
}

/**
 * Types are found over all rows, with quotes, delimiter and header fixed, so none depends on the first rows alone. `""` is
 * an empty string in a column of text and null in any other: a typed column that has some is read as text and cast.
 */
async function csvReader(analysis: Analysis, file: InspectedFile, scan: CsvScan, signal: AbortSignal | undefined): Promise<TextReader> {
  const { dialect, columns, rows, quotedEmpty } = scan;
  const path = quoteLiteral(escapeGlob(file.path));
  // strict_mode off: with it DuckDB 1.5.5 finds no rows at all in files with \r\n, and what it would refuse has been refused above.
  const options = `delim = ${quoteLiteral(dialect.delimiter)}, quote = '"', escape = '"', comment = '', skip = 0, header = ${dialect.header}, strict_mode = false, max_line_size = ${Math.max(lineBytesMin, scan.recordBytesMax + 1)}`;
  const names = `[${columns.map(quoteLiteral).join(', ')}]`;
  let sniffed;
  try {
    [sniffed] = await analysis.rows(`SELECT Columns AS columns, DateFormat AS date, TimestampFormat AS timestamp FROM sniff_csv(${path}, ${options}, names = ${names}, sample_size = -1)`, [], { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(file, error);
  }
  const types = (sniffed.columns as { name: string; type: string }[]).map((column) => column.type);
  const found = columns.map((name, index) => ({ name, type: types[index] ?? 'VARCHAR' }));
  const readAs = new Map(found.map(({ name, type }, index) => [name, quotedEmpty.has(index) ? 'VARCHAR' : type]));
  const formats = new Map([
    ['DATE', sniffed.date],
    ['TIMESTAMP', sniffed.timestamp],
  ]);
  const formatOptions = [
    ['dateformat', sniffed.date],
    ['timestampformat', sniffed.timestamp],
  ].map(([option, format]) => (typeof format === 'string' ? `, ${option as string} = ${quoteLiteral(format)}` : ''));
  return {
    rows,
    columns: found,
    from: `read_csv(${path}, ${options}${formatOptions.join('')}, auto_detect = false, allow_quoted_nulls = false, columns = {${Array.from(readAs, ([name, type]) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`).join(', ')}})`,
    cast: (column, type) => {
      const value = quoteIdentifier(column);
      if (readAs.get(column) === type) return value;
      if (readAs.get(column) !== 'VARCHAR') return `CAST(${value} AS ${type})`;
      const format = formats.get(type);
      return `CAST(${typeof format === 'string' ? `strptime(nullif(${value}, ''), ${quoteLiteral(format)})` : `nullif(${value}, '')`} AS ${type})`;
    },
  };
}

/** DuckDB's own default; it takes sixteen times as much for its buffers, so no more than a file needs. */
const lineBytesMin = 2_097_152;

async function jsonReader(analysis: Analysis, file: InspectedFile, rows: number, signal: AbortSignal | undefined): Promise<TextReader> {
  const options = `format = 'newline_delimited', maximum_object_size = 16777216, map_inference_threshold = -1`;
  const path = quoteLiteral(escapeGlob(file.path));
  const found = await describe(analysis, `read_json(${path}, ${options}, sample_size = -1, field_appearance_threshold = 0)`, file, signal);
  await refuseCollidingKeys(analysis, found, file, signal);
  const types = new Map(found.map((column) => [column.name, column.type]));
  return {
    rows,
    // DuckDB calls a column JSON where its values have no type in common; as text they can be looked at.
    columns: found.map(({ name, type }) => ({ name, type: type === 'JSON' ? 'VARCHAR' : type })),
    from: `read_json(${path}, ${options}, columns = {${found.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`).join(', ')}})`,
    cast: (column, type) => {
      const value = quoteIdentifier(column);
      if (types.get(column) === 'JSON') return `${value} ->> '$'`;
      return types.get(column) === type ? value : `CAST(${value} AS ${type})`;
    },
  };
}

/** DuckDB renames a key that differs from another only in case, from A to A_1, and then reads nothing into it. */
async function refuseCollidingKeys(analysis: Analysis, columns: DatasetColumn[], file: InspectedFile, signal: AbortSignal | undefined): Promise<void> {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  for (const { name } of columns) {
    const original = /^(.*)_\d+$/s.exec(name)?.[1];
    if (original === undefined || !names.has(original.toLowerCase())) continue;
    const pointer = quoteLiteral(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    const [row] = await analysis.rows(`SELECT count(*) AS n FROM (SELECT 1 FROM read_ndjson_objects(${quoteLiteral(escapeGlob(file.path))}) WHERE json_exists(json, ${pointer}) LIMIT 1)`, [], { signal });
    if (row.n === 0) throw new Problem('dataset-corrupt', `${file.path}: the keys of ${JSON.stringify(original)} differ only in case`, { where: { path: file.path } });
  }
}

/** Columns of all files in order of first appearance, each in the narrowest type that holds its values in every file. */
function unifySchemas(schemas: DatasetColumn[][]): DatasetColumn[] {
  const types = new Map<string, string>();
  for (const schema of schemas) {
    for (const { name, type } of schema) {
      const known = types.get(name);
      types.set(name, known === undefined ? type : commonType(known, type));
    }
  }
  return Array.from(types, ([name, type]) => ({ name, type }));
}

function commonType(a: string, b: string): string {
  if (a === b) return a;
  for (const family of [
    ['BIGINT', 'DOUBLE'],
    ['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
  ]) {
    if (family.includes(a) && family.includes(b)) return family[Math.max(family.indexOf(a), family.indexOf(b))];
  }
  return 'VARCHAR';
}

function compareSchemas(files: InspectedFile[], schemas: DatasetColumn[][]): SchemaDifference[] {
  const [first] = schemas;
  const firstTypes = new Map(first.map(({ name, type }) => [name, type]));
  const differences = schemas.map((schema, index) => {
    const names = new Set(schema.map(({ name }) => name));
    return {
      path: files[index].path,
      missing: first.filter(({ name }) => !names.has(name)).map(({ name }) => name),
      extra: schema.filter(({ name }) => !firstTypes.has(name)).map(({ name }) => name),
      changed: schema.flatMap(({ name, type }) => {
        const firstType = firstTypes.get(name);
        return firstType === undefined || firstType === type ? [] : [{ column: name, type, firstType }];
      }),
    };
  });
  return differences.filter(({ missing, extra, changed }) => missing.length + extra.length + changed.length > 0);
}

/** DuckDB's first line says what is wrong; the rest is advice about options that are not the user's to set. */
function unreadable(file: InspectedFile, error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  if (/Out of Memory/i.test(message)) return new Problem('dataset-unsupported', `${file.path} needs more memory and temporary space than it may take: ${message.split('\n')[0]}`, { cause: error, where: { path: file.path } });
  const line = /Line: (\d+)/i.exec(message)?.[1];
  return new Problem('dataset-corrupt', `${file.path}: ${message.split('\n')[0]}`, { cause: error, where: { path: file.path, line: line === undefined ? undefined : Number(line) } });
}
