/** Types that hold the same kind of value; within a family a change of width loses nothing that a check should stop. */
export type StoredTypeFamily = 'integer' | 'float' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'time' | 'text' | 'other';

const families: [RegExp, StoredTypeFamily][] = [
  [/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|INT(1|2|4|8|16|32|64|128)?|LONG|SHORT)$/, 'integer'],
  [/^(FLOAT(4|8|16|32|64)?|DOUBLE|REAL|HALF)$/, 'float'],
  [/^(DECIMAL|NUMERIC)(\(.*\))?$/, 'decimal'],
  [/^BOOL(EAN)?$/, 'boolean'],
  [/^DATE(32|64)?$/, 'date'],
  [/^(TIMESTAMP|DATETIME)/, 'timestamp'],
  [/^TIME(_NS)?( WITH TIME ZONE)?$/, 'time'],
  [/^(VARCHAR|TEXT|STRING|CHAR|OBJECT)/, 'text'],
];

/** Family of a type as DuckDB, SQL, Arrow or pandas name it. */
export function typeFamily(type: string): StoredTypeFamily {
  const name = type.trim().toUpperCase();
  return families.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}

/**
 * Whether a column of type `found` is what `expected` asks for: the same family, or for types of no family the same name.
 * A date and a timestamp are not the same: one of them has lost the time of day.
 */
export function sameType(expected: string, found: string): boolean {
  const family = typeFamily(expected);
  return family === 'other' ? expected.trim().toUpperCase() === found.trim().toUpperCase() : family === typeFamily(found);
}
