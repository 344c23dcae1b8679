import { type Analysis, quoteLiteral, SqlError } from '../engines/duckdb.ts';
import { Problem } from '../problem.ts';
import type { DatasetColumn } from './column-type.ts';
import { nearestName } from './open-dataset.ts';

interface Tree {
  class?: string;
  type?: string;
  function_name?: string;
  schema?: string;
  catalog?: string;
  column_names?: string[];
  cast_type?: { id?: string };
  [key: string]: unknown;
}

/** Expressions over one row and nothing else. Parsed by DuckDB, so what is looked at here is what would run. */
const expressionClasses = new Set(['COLUMN_REF', 'CONSTANT', 'COMPARISON', 'CONJUNCTION', 'FUNCTION', 'OPERATOR', 'CASE', 'BETWEEN', 'CAST', 'COLLATE']);

/**
 * Functions of values alone. A list of what is allowed, as DuckDB has some that read files, settings, the clock or the
 * catalog, and gains more.
 */
const functions = new Set(
  `+ - * / // % ** ^ & | << >> ~ || !
   ~~ !~~ ~~* !~~* ~~~ ^@ like_escape not_like_escape ilike_escape not_ilike_escape regexp_matches regexp_full_match regexp_extract regexp_replace
   abs sign ceil ceiling floor round trunc sqrt cbrt exp ln log log2 log10 pow power mod fmod divide greatest least isnan isinf isfinite sin cos tan asin acos atan atan2 degrees radians pi
   length len strlen char_length character_length lower upper lcase ucase trim ltrim rtrim contains starts_with ends_with prefix suffix instr position strpos substr substring left right
   replace reverse concat concat_ws split_part string_split ascii chr unicode strip_accents nfc_normalize levenshtein damerau_levenshtein jaro_similarity jaro_winkler_similarity hamming
   coalesce ifnull nullif if case
   year month day dayofmonth dayofweek isodow dayofyear week weekofyear quarter hour minute second millisecond microsecond epoch epoch_ms epoch_us date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub
   strptime try_strptime strftime make_date make_timestamp to_timestamp to_days to_hours to_minutes to_seconds to_milliseconds to_years to_months to_weeks age last_day time_bucket
   list_value list_contains list_has array_contains list_length array_length list_extract array_extract struct_extract map_extract list_position row struct_pack cardinality in`
    .split(/\s+/),
);

const lengthMax = 10_000;

/** A condition that has been looked at whole, as SQL in parentheses. */
export type CheckedExpression = string & { readonly checked: true };

/**
 * A person's SQL condition over the columns of one row, such as `arr_time > dep_time`.
 *
 * @throws Problem `sql-invalid` for anything that is not one: several statements, subqueries, aggregates, windows, functions
 * that look beyond the row, columns that are not there, and conditions that are neither true nor false.
 */
export async function checkExpression(analysis: Analysis, expression: string, columns: readonly DatasetColumn[]): Promise<CheckedExpression> {
  const fail = (why: string, cause?: unknown): Problem => new Problem('sql-invalid', `${JSON.stringify(expression.slice(0, 200))}: ${why}`, { cause });
  if (expression.trim() === '') throw fail('empty');
  if (expression.length > lengthMax || expression.includes('\0')) throw fail(`longer than ${lengthMax} characters, or not text`);
  const [row] = await analysis.rows(`SELECT json_serialize_sql(${quoteLiteral(`SELECT ${wrapper}(${expression}\n)`)}) AS tree`);
  const parsed = JSON.parse(String(row.tree)) as { error: boolean; error_message?: string; statements?: { node: Tree }[] };
  if (parsed.error) throw fail(firstLine(parsed.error_message ?? 'it cannot be parsed'));
  const only = unwrap(parsed.statements ?? []);
  if (!only) throw fail('one condition is wanted, whole in itself');
  const names = new Map(columns.map(({ name }) => [name.toLowerCase(), name]));
  inspect(only, names, fail);
  // On a line of its own, so that a comment at the end of the expression does not swallow the bracket.
  const condition = `(${expression}\n)`;
  await assertBoolean(analysis, condition, columns, fail);
  return condition as CheckedExpression;
}

type Fail = (why: string, cause?: unknown) => Problem;

/**
 * The expression is parsed as the argument of a call. One that closes the bracket itself, such as `1) OR (1`, or that
 * adds a clause to it, is then no longer the one plain argument of that one call.
 */
const wrapper = 'isnan';

function unwrap(statements: { node: Tree }[]): Tree | undefined {
  const [{ node }] = statements;
  const list = node.select_list;
  if (statements.length !== 1 || node.type !== 'SELECT_NODE' || !Array.isArray(list) || list.length !== 1 || (node.from_table as Tree | undefined)?.type !== 'EMPTY') return undefined;
  const call = list[0] as Tree;
  const args = call.children;
  if (call.class !== 'FUNCTION' || call.function_name !== wrapper || !Array.isArray(args) || args.length !== 1) return undefined;
  const plain = !call.filter && call.distinct === false && !call.alias && (call.order_bys as { orders?: unknown[] } | null)?.orders?.length === 0;
  return plain ? (args[0] as Tree) : undefined;
}

function inspect(node: Tree, columns: ReadonlyMap<string, string>, fail: Fail): void {
  if (typeof node.class === 'string') {
    if (!expressionClasses.has(node.class)) throw fail(`${node.class.toLowerCase()} is more than a condition over one row`);
    if (node.class === 'COLUMN_REF') inspectColumn(node.column_names ?? [], columns, fail);
    if (node.class === 'FUNCTION') {
      const name = (node.function_name ?? '').toLowerCase();
      if (!['', 'main'].includes(node.schema ?? '') || !['', 'system'].includes(node.catalog ?? '') || !functions.has(name)) throw fail(`function ${name} is not allowed here`);
    }
  }
  for (const child of Object.values(node)) inspectAny(child, columns, fail);
}

function inspectAny(value: unknown, columns: ReadonlyMap<string, string>, fail: Fail): void {
  if (Array.isArray(value)) for (const item of value) inspectAny(item, columns, fail);
  else if (typeof value === 'object' && value !== null) inspect(value as Tree, columns, fail);
}

function inspectColumn([name = '', ...fields]: string[], columns: ReadonlyMap<string, string>, fail: Fail): void {
  if (columns.has(name.toLowerCase())) return;
  const nearest = nearestName(name, Array.from(columns.values()));
  throw fail(`no column ${JSON.stringify([name, ...fields].join('.'))}${nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`}`);
}

/** Bound against columns of the right types, without a row of data. */
async function assertBoolean(analysis: Analysis, condition: string, columns: readonly DatasetColumn[], fail: Fail): Promise<void> {
  const empty = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS "${name.replaceAll('"', '""')}"`).join(', ');
  let type: string;
  try {
    const [row] = await analysis.rows(`SELECT column_type AS type FROM (DESCRIBE SELECT ${condition} FROM (SELECT ${empty}))`);
    type = String(row.type);
  } catch (error) {
    throw fail(firstLine(error instanceof SqlError ? error.message : String(error)), error);
  }
  if (type !== 'BOOLEAN') throw fail(`it gives ${type}, where true or false is wanted`);
}

function firstLine(message: string): string {
  return message.split('\n')[0];
}

