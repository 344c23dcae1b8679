/**
 * One text for one value: JSON with keys in code-unit order and no space, the same whatever order they were written in.
 * What a digest of the policy is taken over.
 *
 * Keys whose value is undefined are left out, as JSON does.
 *
 * @throws RangeError on a number that JSON cannot hold (NaN, infinite), TypeError on anything that is not data
 * The form of RFC 8785 (JCS), whose number format is ECMAScript's own.
 */
export function canonicalise(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as JSON`);
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalise).join(',')}]`;
      const entries = Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalise(member)}`).join(',')}}`;
    }
    default:
      throw new TypeError(`a ${typeof value} is not data`);
  }
}
