import type { SliceRef } from '../../protocol/evaluation.ts';

/**
 * The declared slices of a column, or of several columns crossed.
 *
 * @param by column names joined by ` × `, in the order the slices were declared: "carrier", "carrier × origin"
 */
export function slicesBy<T extends { slice: SliceRef }>(slices: readonly T[], by: string): T[] {
  return slices.filter(({ slice }) => slice.source === 'declared' && slice.where.map(({ column }) => column).join(' × ') === by);
}
