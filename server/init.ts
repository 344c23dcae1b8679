import { stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { configFile } from './config.ts';
import type { FoundData } from './config/guess-datasets.ts';
import { proposeConfig, type FoundModel } from './config/propose-config.ts';
import { openDataset } from './datasets/open-dataset.ts';
import { profileDataset } from './datasets/profile-dataset.ts';
import { openAnalysis, type Analysis } from './engines/duckdb.ts';
import { writeDurably } from './engines/durable-file.ts';
import { glob } from './engines/glob.ts';
import { admit } from './engines/onnx-admission.ts';
import { Problem } from './problem.ts';

export interface Initialised {
  text: string;
  /** Guesses to confirm, and files that were left out with the reason. */
  notes: string[];
  path: string;
}

/** Looks at the models and data that are there. An existing slipway.yaml is never touched. */
export async function init({ workspace, write, signal, onProgress = () => {} }: { workspace: string; write: boolean; signal: AbortSignal; onProgress?: (subject: string, done: number, total: number) => void }): Promise<Initialised> {
  const path = join(workspace, configFile);
  if (write && (await stat(path).then(() => true, () => false))) throw new Problem('config-exists', `${configFile} is already here`, { where: { path } });
  const notes: string[] = [];
  const name = (file: string) => relative(workspace, file).split(sep).join('/');

  const models: FoundModel[] = [];
  for (const file of await glob(['**/*.onnx'], workspace)) {
    signal.throwIfAborted();
    const admission = admit(file);
    if (admission.admitted) models.push({ path: name(file), summary: admission.summary });
    else notes.push(`${name(file)} is left out: ${admission.refusals.map(({ message }) => message).join('; ')}`);
  }
  const data: FoundData[] = [];
  const files = await glob(['**/*.{parquet,csv,csv.gz,jsonl,jsonl.gz,ndjson}'], workspace);
  const analysis = await openAnalysis({ directories: [workspace] });
  try {
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      onProgress(name(file), index, files.length);
      const found = await lookAt(analysis, workspace, file, name(file), signal).catch((error: unknown) => {
        signal.throwIfAborted();
        if (!(error instanceof Problem)) throw error;
        notes.push(`${name(file)} is left out: ${error.message}`);
        return null;
      });
      if (found !== null) data.push(found);
    }
  } finally {
    await analysis.close();
  }
  if (models.length === 0 && data.length === 0) throw new Problem('model-missing', `No model and no data were found in ${workspace}`, { where: { path: workspace } });
  const proposal = proposeConfig({ models, data });
  signal.throwIfAborted();
  if (write) await writeDurably(path, proposal.text);
  return { text: proposal.text, notes: [...proposal.questions, ...notes], path };
}

async function lookAt(analysis: Analysis, workspace: string, file: string, path: string, signal: AbortSignal): Promise<FoundData> {
  const dataset = await openDataset(analysis, { name: path, files: file, root: workspace }, { signal });
  try {
    const profile = await profileDataset(dataset, { digests: new Map(), now: () => performance.now(), signal });
    return { path, rows: profile.rows, columns: profile.columns };
  } finally {
    await dataset.close();
  }
}
