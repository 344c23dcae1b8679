import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import { sameType } from './type-family.ts';

export interface Rename {
  from: string;
  to: string;
  /** Of content, 0–1. */
  similarity: number;
}

/** A name this alike lets half of `minSimilarity` do: months differ, and `temp` may well have become `temperature`. */
const likelyName = 0.6;

/**
 * Pairs columns that are gone with columns that are new and hold the same kind of thing.
 *
 * @param minSimilarity content alike from which two columns are taken for one, 0–1; half of it will do when their names are
 *   alike, too
 * @returns at most one pair per column, most similar first
 */
export function matchRenamed(reference: DatasetProfile, current: DatasetProfile, minSimilarity: number): Rename[] {
  const kept = new Set(current.columns.map(({ name }) => name));
  const known = new Set(reference.columns.map(({ name }) => name));
  const candidates = reference.columns
    .filter(({ name }) => !kept.has(name))
    .flatMap((lost) => current.columns.filter(({ name }) => !known.has(name)).map((found) => ({ lost, found })))
    .filter(({ lost, found }) => sameType(lost.type, found.type))
    .map(({ lost, found }) => ({ from: lost.name, to: found.name, similarity: contentSimilarity(lost, found), names: nameSimilarity(lost.name, found.name) }))
    .filter(({ similarity, names }) => similarity >= minSimilarity || (names >= likelyName && similarity >= minSimilarity / 2))
    .sort((a, b) => b.similarity + b.names - a.similarity - a.names);
  const renames: Rename[] = [];
  for (const { from, to, similarity } of candidates) {
    if (!renames.some((rename) => rename.from === from || rename.to === to)) renames.push({ from, to, similarity });
  }
  return renames;
}

/**
 * How alike two columns' contents are, from their profiles alone.
 *
 * Numbers and times: 1 − mean distance of the nine known quantiles ÷ the range between the reference's outermost two.
 * Categories: overlap Σ min(p, q) of the shares of the most frequent values. Other text: agreement of mean lengths. Each
 * times the agreement of the shares of missing rows.
 *
 * @returns 0–1; 0 when the two cannot be compared
 */
export function contentSimilarity(a: ColumnProfile, b: ColumnProfile): number {
  const missing = 1 - Math.abs(missingShare(a) - missingShare(b));
  if (a.quantiles && b.quantiles) return missing * quantileSimilarity(a.quantiles, b.quantiles);
  if (a.topValues && b.topValues) return missing * overlap(a, b);
  if (a.length && b.length && a.length.mean + b.length.mean > 0) return missing * (1 - Math.abs(a.length.mean - b.length.mean) / Math.max(a.length.mean, b.length.mean));
  return 0;
}

function missingShare({ nulls, nans, rows }: ColumnProfile): number {
  return rows === 0 ? 0 : (nulls + nans) / rows;
}

function quantileSimilarity(a: number[], b: number[]): number {
  const range = a[a.length - 1] - a[0];
  if (range === 0) return a.every((value, index) => value === b[index]) ? 1 : 0;
  const distance = a.reduce((sum, value, index) => sum + Math.abs(value - b[index]), 0) / a.length;
  return Math.max(0, 1 - distance / range);
}

function overlap(a: ColumnProfile, b: ColumnProfile): number {
  const shares = (column: ColumnProfile): Map<string, number> => new Map(column.topValues!.map(({ value, count }) => [value, count / Math.max(1, column.rows - column.nulls)]));
  const other = shares(b);
  let total = 0;
  for (const [value, share] of shares(a)) total += Math.min(share, other.get(value) ?? 0);
  return Math.min(1, total);
}

/** Share of the shorter name's pairs of neighbouring letters that the other has, 0–1 (overlap coefficient, Szymkiewicz 1934). */
function nameSimilarity(a: string, b: string): number {
  const pairs = (name: string): string[] => {
    const letters = name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
    return Array.from({ length: Math.max(0, letters.length - 1) }, (_, index) => letters.slice(index, index + 2));
  };
  const left = pairs(a);
  const right = pairs(b);
  if (left.length === 0 || right.length === 0) return 0;
  const unmatched = [...right];
  let shared = 0;
  for (const pair of left) {
    const at = unmatched.indexOf(pair);
    if (at < 0) continue;
    unmatched.splice(at, 1);
    shared++;
  }
  return shared / Math.min(left.length, right.length);
}
