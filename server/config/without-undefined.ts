/** The same object without the keys that hold undefined, which JSON would drop and a digest must not see. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
