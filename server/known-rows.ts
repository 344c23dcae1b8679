import type { ModelConfig } from '../protocol/config.ts';
import type { DatasetRole } from '../protocol/gates.ts';
import type { KnownRows, Row } from './answer-rows.ts';
import { readRows } from './datasets/read-rows.ts';
import type { House } from './house.ts';
import { featuresOf, labelsIn, type Question } from './open-models.ts';
import { singleText } from './serving/single-text.ts';
import { openWorkspaceData } from './workspace-data.ts';

/** What the data of a model say about its rows: the order of its columns, and a row to try it with. */
export async function knownRows({ workspace, config: { datasets, allow }, analysis, digests }: House, config: ModelConfig, signal: AbortSignal): Promise<KnownRows> {
  const data = openWorkspaceData({ workspace, allow, datasets, analysis, digests, signal, onProgress: () => {} });
  try {
    const batches: Question['batches'] = {};
    for (const role of ['reference', 'holdout', 'current', 'cases'] as const satisfies DatasetRole[]) {
      const name = config.datasets[role];
      if (name === null) continue;
      const found = role === 'current' ? (await data.batches(name)).at(-1) : await data.whole(name);
      if (found !== undefined) batches[role] = found;
    }
    const features = await featuresOf({ config, batches });
    const labels = await labelsIn({ config, batches });
    const source = batches.current ?? batches.holdout ?? batches.reference;
    if (source === undefined) return { features, example: null, labels };
    const dataset = await source.open();
    const singles = new Set(dataset.columns.filter(({ type }) => type === 'FLOAT').map(({ name }) => name));
    const [first] = await readRows(dataset, [0]);
    return { features, example: first === undefined ? null : plainRow(first.values, features, singles), labels };
  } finally {
    await data.close();
  }
}

/** @param singles columns of 32-bit numbers, written with the digits these have */
function plainRow(values: Record<string, unknown>, features: readonly string[], singles: ReadonlySet<string>): Row {
  return Object.fromEntries(
    features.filter((name) => Object.hasOwn(values, name)).map((name) => {
      const value = values[name];
      if (typeof value === 'number' && singles.has(name)) return [name, Number(singleText(value))];
      return [name, value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value)];
    }),
  );
}
