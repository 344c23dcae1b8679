import type { Subject } from './subject.ts';

/** What resamples are drawn from. */
export interface ResamplingUnits {
  units: number;
  /** Unit of each judged row. */
  of: Uint32Array;
  /** Values per row of the data, as values per unit: those of its first row. */
  gather: <T extends Float64Array | Int32Array>(values: T | undefined) => T | undefined;
}

/** Judged rows one by one or, for ranking, by the query they belong to. */
export function resamplingUnits(subject: Subject, kept: Uint32Array): ResamplingUnits {
  const places = new Map<number, number>();
  const of = kept.map((row, index) => {
    const unit = subject.task === 'ranking' ? subject.queries[row] : index;
    const place = places.get(unit) ?? places.size;
    places.set(unit, place);
    return place;
  });
  const gather = <T extends Float64Array | Int32Array>(values: T | undefined): T | undefined => {
    if (!values) return undefined;
    const gathered = values.slice(0, places.size) as T;
    for (let index = kept.length - 1; index >= 0; index--) gathered[of[index]] = values[kept[index]];
    return gathered;
  };
  return { units: places.size, of, gather };
}
