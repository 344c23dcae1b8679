import type { Config, ModelConfig } from '../../protocol/config.ts';
import type { Complain } from './explain.ts';
import { nearest } from './spelling.ts';
import type { KeyPath } from './yaml-source.ts';

/**
 * Columns that are in none of the datasets a model uses. Only said when the columns of one of them are known:
 * a column that is missing from one batch is a finding about the batch, not a mistake in the file.
 */
export function checkColumns(config: Config, known: ReadonlyMap<string, readonly string[]>, complain: Complain): void {
  for (const model of config.models) {
    const used = Object.values(model.datasets).flatMap((name) => (name === null ? [] : [name]));
    const columns = new Set(used.flatMap((name) => known.get(name) ?? []));
    if (columns.size === 0) continue;
    for (const { at, column } of columnsOfModel(model)) complainOfColumn(column, at, columns, complain);
  }
  for (const dataset of config.datasets) {
    const columns = new Set(known.get(dataset.name) ?? []);
    if (columns.size === 0) continue;
    const at = ['datasets', dataset.name];
    if (dataset.time !== null) complainOfColumn(dataset.time, [...at, 'time'], columns, complain);
    if (dataset.target !== null) complainOfColumn(dataset.target, [...at, 'target'], columns, complain);
    for (const column of dataset.key) complainOfColumn(column, [...at, 'key'], columns, complain);
  }
}

function columnsOfModel(model: ModelConfig): { at: KeyPath; column: string }[] {
  const at = ['models', model.name];
  const one = (key: string, column: string | null) => (column === null ? [] : [{ at: [...at, key], column }]);
  return [
    ...one('target', model.target),
    ...one('query', model.query),
    ...one('item', model.item),
    ...model.inputs.flatMap(({ input, columns }) => columns.map((column) => ({ at: [...at, 'inputs', input], column }))),
    ...model.groups.flatMap((group, index) => group.map((column) => ({ at: [...at, 'groups', index], column }))),
    ...model.slices.flatMap((slice, index) => {
      const columns = slice.kind === 'by' ? slice.columns : slice.where.map(({ column }) => column);
      return columns.map((column) => ({ at: [...at, 'slices', index], column }));
    }),
    ...model.predictions.flatMap(({ version, score, probabilities, label, value, text }) =>
      [score, ...probabilities, label, value, text].flatMap((column) => (column === null ? [] : [{ at: [...at, 'predictions', version], column }])),
    ),
  ];
}

function complainOfColumn(column: string, at: KeyPath, known: ReadonlySet<string>, complain: Complain): void {
  if (known.has(column)) return;
  const meant = nearest(column, known);
  complain(at, `there is no column \`${column}\` in the data${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
}
