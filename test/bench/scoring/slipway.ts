import { openDataset } from '../../../server/datasets/open-dataset.ts';
import { openAnalysis } from '../../../server/engines/duckdb.ts';
import { startHost } from '../../../server/engines/onnx.ts';
import { mapInputs, predict } from '../../../server/predict.ts';
import { readInput, reportWork } from '../report-work.ts';
import type { ScoringInput } from './scoring-input.ts';

const input = readInput<ScoringInput>();

await reportWork(async () => {
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads });
  const [host, dataset] = await Promise.all([startHost({ file: input.model, threads: input.threads }), openDataset(analysis, { name: 'data', files: input.file, root: input.folder })]);
  const inputs = input.columns.length === 0 ? [] : [{ input: host.model.inputs[0].name, columns: input.columns }];
  const mapping = mapInputs(host.model.inputs, { name: 'model', inputs }, dataset, []);
  const outputs = await predict(host, dataset, mapping, { rowsPerBatch: input.rowsPerBatch, signal: new AbortController().signal });
  await host.close();
  await analysis.close();
  const scores = outputs.at(-1)!.columns[input.positive];
  if (scores.kind !== 'numeric') throw new Error('The last output is not a score');
  return { rows: scores.values.length, mean: scores.values.reduce((sum, score) => sum + score, 0) / scores.values.length };
});
