import type { BatchSummary } from '../protocol/run.ts';
import { groupBy } from './group-by.ts';

/**
 * The batches that follow one another with this one, oldest first: those of its dataset by name (`current/2013-07` and
 * its siblings), or a dataset of one batch by the time it was checked. Of batches checked more than once, the newest
 * check.
 */
export function historyOf(batches: readonly BatchSummary[], { id, name }: Pick<BatchSummary, 'id' | 'name'>): BatchSummary[] {
  const dataset = batches.find((each) => each.id === id)?.dataset ?? null;
  const newestFirst = [...batches].sort((a, b) => (a.checkedAt < b.checkedAt ? 1 : -1));
  const siblings = newestFirst.filter((each) => (dataset === null ? seriesOf(each.name) === seriesOf(name) : each.dataset === dataset));
  const byName = [...groupBy(siblings, (each) => each.name).values()].map((checks) => checks.find((check) => check.id === id) ?? checks[0]);
  if (byName.length > 1) return byName.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return [...groupBy(siblings, ({ digest }) => digest).values()].map((checks) => checks.find((check) => check.id === id) ?? checks[0]).reverse();
}

/** The newest check of the batch, where it is not the one that is shown. */
export function newerCheck(batches: readonly BatchSummary[], shown: Pick<BatchSummary, 'id' | 'name' | 'checkedAt'>): BatchSummary | null {
  return batches.reduce<BatchSummary | null>((newest, each) => (each.name === shown.name && each.id !== shown.id && each.checkedAt > (newest ?? shown).checkedAt ? each : newest), null);
}

function seriesOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : name;
}

/** What a batch is called among its siblings. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
