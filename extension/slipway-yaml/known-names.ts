/** What the workspace is known to hold, for completion and hover in slipway.yaml. */
export interface KnownNames {
  datasets: string[];
  columns: KnownColumn[];
  models: KnownModel[];
  /** Paths from the workspace. */
  modelFiles: string[];
  dataFiles: string[];
}

export interface KnownColumn {
  name: string;
  /** "DOUBLE · 0.4 % null · 3.1 … 100" */
  about: string;
  /** The most frequent values, where they are few enough to choose from. */
  values: string[];
}

export interface KnownModel {
  name: string;
  task: string | null;
  versions: string[];
  inputs: string[];
  outputs: string[];
}

export const noNames: KnownNames = { datasets: [], columns: [], models: [], modelFiles: [], dataFiles: [] };
