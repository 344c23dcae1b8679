import type { ColumnDrift } from '../../protocol/drift.ts';
import type { Column } from '../stats/vector.ts';

/** A column on both sides, and what it is compared as. */
export interface ColumnPair {
  name: string;
  role: ColumnDrift['role'];
  kind: ColumnDrift['kind'];
  reference: Column;
  current: Column;
}
