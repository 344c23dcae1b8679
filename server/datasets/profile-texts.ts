import type { ColumnKind, ColumnProfile } from '../../protocol/datasets.ts';
import { quoteIdentifier, type Row } from '../engines/duckdb.ts';
import { type DatasetColumn, streamed } from './column-type.ts';
import type { Dataset } from './open-dataset.ts';

const groupedMax = 200_000;
const columnsPerScan = 64;
const wideColumns = 500;
const topValuesMax = 20;
const shownLengthMax = 200;

/**
 * Columns of text. A first pass estimates how many different values each has. Up to 200,000 they are grouped, and all
 * else is taken from the groups, which are few: 0.05 s for 10 million rows. With more, the values are read as they are.
 */
export async function profileTexts(dataset: Dataset, columns: DatasetColumn[], signal: AbortSignal, onColumn: () => void): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (let from = 0; from < columns.length; from += columnsPerScan) {
    const together = columns.slice(from, from + columnsPerScan);
    await withNarrowRelation(dataset, together, signal, async (relation) => {
      const counts = together.map((column, index) => `approx_count_distinct(${streamed(column)}) AS c${index}`);
      const [estimates] = await dataset.analysis.rows(`SELECT ${counts.join(', ')} FROM ${relation}`, [], { signal });
      for (const [index, column] of together.entries()) {
        profiles.push(await profileText(dataset, relation, column, Number(estimates[`c${index}`]), signal));
        onColumn();
      }
    });
  }
  return profiles;
}

let copies = 0;

/** Every query on a Parquet file first binds all of its columns: 40 ms for 5,000. So from a wide file the columns of a batch are copied out once. */
async function withNarrowRelation(dataset: Dataset, columns: DatasetColumn[], signal: AbortSignal, work: (relation: string) => Promise<void>): Promise<void> {
  if (dataset.format !== 'parquet' || dataset.columns.length < wideColumns) return work(dataset.relation);
  const table = quoteIdentifier(`profiled_${++copies}`);
  await dataset.analysis.run(`CREATE TABLE ${table} AS SELECT ${columns.map(({ name }) => quoteIdentifier(name)).join(', ')} FROM ${dataset.relation}`, [], { signal });
  try {
    await work(table);
  } finally {
    await dataset.analysis.run(`DROP TABLE ${table}`);
  }
}

async function profileText(dataset: Dataset, relation: string, column: DatasetColumn, estimate: number, signal: AbortSignal): Promise<ColumnProfile> {
  const grouped = estimate <= groupedMax;
  // Only a full count can say that a column is a key; it is worth its memory where the estimate comes close.
  const counted = grouped || estimate >= 0.8 * dataset.rows;
  const values = `SELECT ${streamed(column)} AS v FROM ${relation} WHERE ${quoteIdentifier(column.name)} IS NOT NULL`;
  const groups = grouped ? `SELECT v, count(*) AS n FROM (${values}) GROUP BY v` : `SELECT v, 1 AS n FROM (${values})`;
  const number = 'TRY_CAST(v AS DOUBLE) IS NOT NULL';
  const [row]: Row[] = await dataset.analysis.rows(
    `WITH g AS ${grouped ? 'MATERIALIZED' : 'NOT MATERIALIZED'} (${groups})
     SELECT sum(n) AS filled, ${grouped ? 'count(*)' : counted ? 'count(DISTINCT v)' : 'NULL'} AS several, sum(n) FILTER (v = '') AS empty, min(v) AS low, max(v) AS high,
       min(length(v)) AS shortest, max(length(v)) AS longest, sum(length(v)::DOUBLE * n) AS characters, sum(n) FILTER (contains(trim(v), ' ')) AS spaced,
       sum(n) FILTER (${number}) AS numbers, sum(n) FILTER (NOT (${number}) AND TRY_CAST(v AS TIMESTAMP) IS NOT NULL) AS times
       ${grouped ? `, (SELECT list({v: v, n: n}) FROM (SELECT v, n FROM g ORDER BY n DESC, v LIMIT ${topValuesMax})) AS top` : ''} FROM g`,
    [],
    { signal },
  );
  const filled = Number(row.filled ?? 0);
  const distinct = counted ? Number(row.several) : estimate;
  const meanLength = filled === 0 ? 0 : Number(row.characters) / filled;
  return {
    name: column.name,
    type: column.type,
    kind: kindOfText(column, { filled, distinct, counted, meanLength, spaced: Number(row.spaced ?? 0) }),
    rows: dataset.rows,
    nulls: dataset.rows - filled,
    nans: 0,
    infinities: { positive: 0, negative: 0 },
    negativeZeros: 0,
    emptyStrings: Number(row.empty ?? 0),
    distinct: { value: distinct, exact: counted },
    minimum: shown(row.low),
    maximum: shown(row.high),
    mean: null,
    standardDeviation: null,
    quantiles: null,
    histogram: null,
    undefinedReason: 'text',
    topValues: grouped ? ((row.top ?? []) as { v: string; n: number }[]).map(({ v, n }) => ({ value: shown(v) ?? '', count: Number(n) })) : null,
    length: filled === 0 ? null : { minimum: Number(row.shortest), mean: meanLength, maximum: Number(row.longest) },
    looksLike: { number: Number(row.numbers ?? 0), datetime: Number(row.times ?? 0) },
    monotone: null,
  };
}

/** A profile is small whatever its data: a long text is shown by its beginning. */
function shown(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const characters = Array.from(value.slice(0, 2 * shownLengthMax + 2));
  return characters.length > shownLengthMax ? `${characters.slice(0, shownLengthMax).join('')}…` : value;
}

/**
 * No two alike and no spaces: an identifier. Mostly different, or long: text where words are spaced, an identifier where
 * they are not. All else are categories, however many.
 */
function kindOfText(column: DatasetColumn, { filled, distinct, counted, meanLength, spaced }: { filled: number; distinct: number; counted: boolean; meanLength: number; spaced: number }): ColumnKind {
  if (column.type === 'UUID') return 'identifier';
  const words = spaced > filled / 2;
  if (filled >= 20 && counted && distinct === filled) return words ? 'text' : 'identifier';
  if (filled >= 100 && distinct > filled / 2) return words ? 'text' : 'identifier';
  return words && meanLength > 50 ? 'text' : 'categorical';
}
