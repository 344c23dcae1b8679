export interface ScoringInput {
  folder: string;
  file: string;
  model: string;
  rows: number;
  rowsPerBatch: number;
  threads: number;
  /** Column of the last output that is the score. */
  positive: number;
  /** What feeds the model's only input; empty when each input has a column of its name. */
  columns: string[];
}
