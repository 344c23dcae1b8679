import { openDataset } from '../../../server/datasets/open-dataset.ts';
import { readBatches } from '../../../server/datasets/read-columns.ts';
import { openAnalysis } from '../../../server/engines/duckdb.ts';
import { startHost } from '../../../server/engines/onnx.ts';
import { tensorOf, type TensorMap } from '../../../server/engines/tensor.ts';
import { mapInputs } from '../../../server/predict.ts';
import { readInput, report } from '../report-work.ts';
import type { ScoringInput } from './scoring-input.ts';

const input = readInput<ScoringInput>();
const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads });
const dataset = await openDataset(analysis, { name: 'data', files: input.file, root: input.folder });
const host = await startHost({ file: input.model, threads: input.threads, deadlineMs: 600_000 });
const mapping = mapInputs(host.model.inputs, { name: 'model', inputs: input.columns.length === 0 ? [] : [{ input: host.model.inputs[0].name, columns: input.columns }] }, dataset, []);
const columns = mapping.flatMap((each) => each.columns);
const feed: TensorMap = new Map();
for await (const batch of readBatches(dataset, columns, input.rowsPerBatch)) {
  for (const { input: tensor, columns: names } of mapping) feed.set(tensor.name, tensorOf(names.map((name) => ({ name, vector: batch.columns[columns.indexOf(name)].vector })), tensor));
  break;
}
const runs = Math.ceil(input.rows / input.rowsPerBatch);
const { totalMs } = await host.measure(feed, { runs, warmup: 3 });
await host.close();
await analysis.close();
// Only whole batches are run, so a last part of one counts as what it is of the time.
report((totalMs / 1000) * (input.rows / (runs * input.rowsPerBatch)), { runs });
