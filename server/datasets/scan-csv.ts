import type { CsvDialect } from '../../protocol/datasets.ts';
import { Problem } from '../problem.ts';
import type { InspectedFile } from './inspect-file.ts';
import { readText } from './read-text.ts';

export interface CsvScan {
  dialect: CsvDialect;
  columns: string[];
  /** Records after the header, counted here and not by the engine that reads them later. */
  rows: number;
  /** Columns, by position, in which some value is `""`. */
  quotedEmpty: ReadonlySet<number>;
  recordBytesMax: number;
}

const quote = 0x22;
const carriageReturn = 0x0d;
const newline = 0x0a;
const sampleBytes = 1 << 16;

/**
 * Reads a CSV file byte by byte before DuckDB does. DuckDB's own reader takes ragged rows, an unclosed quote and repeated
 * column names without a word, and falls back to a single column where rows disagree; here each is a problem with a line.
 *
 * @param given the dialect of the first file of a dataset; all others are read the same way.
 */
export async function scanCsv(file: InspectedFile, given: CsvDialect | undefined, signal?: AbortSignal): Promise<CsvScan> {
  let head = Buffer.alloc(0);
  let records: RecordScanner | undefined;
  let dialect = given;
  let columns: string[] = [];
  const start = () => {
    const text = head.subarray(0, 3).equals(byteOrderMark) ? head.subarray(3) : head;
    dialect ??= sniffDialect(text);
    columns = nameColumns(text, dialect, file);
    records = new RecordScanner(dialect.delimiter.charCodeAt(0), columns.length, file.path);
    records.push(text);
  };
  for await (const bytes of readText(file, signal)) {
    signal?.throwIfAborted();
    if (records) {
      records.push(bytes);
      continue;
    }
    head = Buffer.concat([head, bytes]);
    if (head.length >= sampleBytes) start();
  }
  if (!records) start();
  const { count, quotedEmpty, recordBytesMax } = records!.end();
  return { dialect: dialect!, columns, rows: dialect!.header ? count - 1 : count, quotedEmpty, recordBytesMax };
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Counts records and holds each to the number of fields of the first. Quotes as RFC 4180: a field starts with one or has none. */
class RecordScanner {
  private readonly delimiter: number;
  private readonly fieldsExpected: number;
  private readonly path: string;
  private state: 'field start' | 'bare' | 'quoted' | 'quote in quoted' = 'field start';
  private afterReturn = false;
  private fields = 1;
  private recordEmpty = true;
  private records = 0;
  private line = 1;
  private recordLine = 1;
  private quoteLine = 1;
  private quotedNothing = false;
  private readonly quotedEmpty = new Set<number>();
  private pushed = 0;
  private recordStart = 0;
  private recordBytesMax = 0;

  constructor(delimiter: number, fieldsExpected: number, path: string) {
    this.delimiter = delimiter;
    this.fieldsExpected = fieldsExpected;
    this.path = path;
  }

  push(bytes: Buffer): void {
    const { delimiter } = this;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.state === 'quoted') {
        const close = bytes.indexOf(quote, at);
        const end = close < 0 ? bytes.length : close;
        for (let found = bytes.indexOf(newline, at); found >= 0 && found < end; found = bytes.indexOf(newline, found + 1)) this.line++;
        if (close >= 0) this.state = 'quote in quoted';
        if (end > at) this.quotedNothing = false;
        at = end;
        continue;
      }
      if (this.afterReturn) {
        if (byte !== newline) this.fail('a carriage return that ends no line', this.line);
        this.afterReturn = false;
      }
      if (byte === newline) {
        this.endRecord(this.pushed + at + 1);
        this.line++;
        this.recordLine = this.line;
      } else if (byte === carriageReturn) {
        this.afterReturn = true;
      } else if (byte === delimiter) {
        this.endField();
        this.fields++;
        this.recordEmpty = false;
        this.state = 'field start';
      } else if (byte === quote && this.state === 'field start') {
        this.state = 'quoted';
        this.quotedNothing = true;
        this.quoteLine = this.line;
        this.recordEmpty = false;
      } else if (byte === quote && this.state === 'quote in quoted') {
        this.state = 'quoted';
        this.quotedNothing = false;
      } else if (this.state === 'quote in quoted') {
        this.fail('text after a closing quote', this.line);
      } else {
        this.state = 'bare';
        this.recordEmpty = false;
      }
    }
    this.pushed += bytes.length;
  }

  end(): { count: number; quotedEmpty: ReadonlySet<number>; recordBytesMax: number } {
    if (this.state === 'quoted') this.fail('a quote that is never closed', this.quoteLine);
    if (!this.recordEmpty) this.endRecord(this.pushed);
    return { count: this.records, quotedEmpty: this.quotedEmpty, recordBytesMax: this.recordBytesMax };
  }

  private endField(): void {
    if (this.state === 'quote in quoted' && this.quotedNothing) this.quotedEmpty.add(this.fields - 1);
  }

  private endRecord(position: number): void {
    this.endField();
    // Blank lines are no records; in a file of one column they could be, and are: an empty value.
    if (!this.recordEmpty || this.fieldsExpected === 1) {
      if (this.fields !== this.fieldsExpected) this.fail(`${this.fields} fields where the first line has ${this.fieldsExpected}`, this.recordLine);
      this.records++;
    }
    this.recordBytesMax = Math.max(this.recordBytesMax, position - this.recordStart);
    this.recordStart = position;
    this.fields = 1;
    this.recordEmpty = true;
    this.state = 'field start';
  }

  private fail(what: string, line: number): never {
    throw new Problem('dataset-corrupt', `${this.path} line ${line}: ${what}`, { where: { path: this.path, line } });
  }
}

/** The delimiter that splits the first lines most evenly, then into most fields. A header is a first line without a value in it. */
function sniffDialect(text: Buffer): CsvDialect {
  const candidates = ([',', '\t', ';', '|'] as const).map((delimiter) => {
    const records = splitRecords(text, delimiter, 100);
    const fields = records[0]?.length ?? 0;
    return { delimiter, fields, even: records.filter((record) => record.length === fields).length / Math.max(1, records.length) };
  });
  const rank = ({ fields, even }: (typeof candidates)[number]) => (fields < 2 ? 0 : even >= 0.9 ? 2 : 1);
  candidates.sort((a, b) => rank(b) - rank(a) || b.fields - a.fields);
  const { delimiter } = candidates[0];
  const [first = []] = splitRecords(text, delimiter, 1);
  return { delimiter, quote: '"', header: first.some((field) => field.trim() !== '') && !first.some(isValue) };
}

function isValue(field: string): boolean {
  const text = field.trim();
  return /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i.test(text) || /^\d{4}-\d{2}-\d{2}/.test(text) || /^(true|false|nan|null|[-+]?inf(inity)?)$/i.test(text);
}

/** Columns of the first record; a header may leave names out (row numbers of R and pandas), never repeat them. */
function nameColumns(text: Buffer, dialect: CsvDialect, file: InspectedFile): string[] {
  const [first = []] = splitRecords(text, dialect.delimiter, 1);
  if (first.length === 0 || (first.length === 1 && first[0].trim() === '')) {
    throw new Problem('dataset-empty', `${file.path} holds nothing but blank lines`, { where: { path: file.path } });
  }
  const names = first.map((field, index) => (dialect.header && field !== '' ? field : `column${index}`));
  refuseRepeatedNames(names, file.path);
  return names;
}

/** SQL takes "Age" and "age" for one name, so they cannot be told apart either. */
export function refuseRepeatedNames(names: readonly string[], path: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const earlier = seen.get(name.toLowerCase());
    if (earlier !== undefined) {
      const what = earlier === name ? `column ${JSON.stringify(name)} is there twice` : `columns ${JSON.stringify(earlier)} and ${JSON.stringify(name)} differ only in case`;
      throw new Problem('dataset-corrupt', `${path} line 1: ${what}`, { where: { path, line: 1 } });
    }
    seen.set(name.toLowerCase(), name);
  }
}

/** The first records as text, for sniffing; a record cut off by the end of a full sample is left out. */
function splitRecords(text: Buffer, delimiter: string, limit: number): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = '';
  let quoted = false;
  let fieldQuoted = false;
  const source = text.toString('utf8');
  const endField = () => {
    record.push(field);
    field = '';
    fieldQuoted = false;
  };
  for (let at = 0; at < source.length && records.length < limit; at++) {
    const character = source[at];
    if (quoted) {
      if (character !== '"') field += character;
      else if (source[at + 1] === '"') field += source[++at];
      else quoted = false;
    } else if (character === '"' && field === '' && !fieldQuoted) {
      quoted = true;
      fieldQuoted = true;
    } else if (character === delimiter) {
      endField();
    } else if (character === '\n') {
      if (field.endsWith('\r')) field = field.slice(0, -1);
      if (record.length > 0 || field !== '' || fieldQuoted) {
        endField();
        records.push(record);
      }
      record = [];
      field = '';
    } else {
      field += character;
    }
  }
  const complete = text.length < sampleBytes;
  if (records.length < limit && (complete || records.length === 0) && (record.length > 0 || field !== '' || fieldQuoted)) {
    endField();
    records.push(record);
  }
  return records;
}
