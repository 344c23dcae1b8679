import type { ComparisonReport, MetricComparison } from '../../protocol/evaluation.ts';
import type { DatasetRef } from '../../protocol/measured.ts';
import { holm } from '../stats/holm.ts';
import { compareSets } from './compare-sets.ts';
import { findFlips } from './find-flips.ts';
import type { PairedPlans } from './paired-plans.ts';

export interface CompareInput {
  candidate: ComparedModel;
  champion: ComparedModel;
  /** Both models' answers laid side by side, or why they cannot be. */
  pairs: PairedPlans | { refused: string };
  /** Name of each row of the data, for the flip ledger. */
  keys?: readonly (string | null)[];
  /** 2,000 unless said otherwise. */
  resamples?: number;
  level?: number;
  seed: number;
  /** Awaited every few tens of milliseconds with the share of resampling that is done; may throw to stop. */
  tick?: (share: number) => void | Promise<void>;
}

export interface ComparedModel {
  version: string;
  digest: string;
  /** What it predicted on. */
  dataset: DatasetRef;
}

/**
 * Candidate against champion on the same rows.
 *
 * Every metric's difference is paired: Tango's interval and McNemar's test for shares of the same rows, DeLong's for
 * the area under the ROC curve, else a bootstrap in which both models share each resample. Slices carry p-values
 * corrected by Holm over the slices of the same columns. Metrics best at a target in the middle are not compared.
 *
 * @returns with `refused` and nothing else when the data is not the same, byte for byte and row for row, when both
 *   models are the same file, or when the answers cannot be paired
 */
export async function compare(input: CompareInput): Promise<ComparisonReport> {
  const { candidate, champion, pairs, seed, level = 0.95 } = input;
  const report = { dataset: candidate.dataset, champion: { version: champion.version, digest: champion.digest }, candidate: { version: candidate.version, digest: candidate.digest }, seed };
  const refused = refusal(candidate, champion) ?? ('refused' in pairs ? pairs.refused : null);
  if (refused !== null || 'refused' in pairs) return { ...report, refused: refused ?? 'the answers cannot be paired', rows: 0, metrics: [], slices: [], flips: null };
  const compared = await compareSets(pairs, { resamples: input.resamples ?? 2000, level, seed, tick: input.tick });
  const ofSlices = compared.filter(({ slice }) => slice.source !== 'all');
  return {
    ...report,
    rows: pairs.rows.length,
    metrics: compared.filter(({ slice }) => slice.source === 'all'),
    slices: correctOverSlices(ofSlices),
    flips: pairs.decisions && findFlips(pairs.decisions, pairs, level, input.keys),
  };
}

function refusal(candidate: ComparedModel, champion: ComparedModel): string | null {
  if (candidate.digest === champion.digest) return `both models are the same file, ${candidate.digest}`;
  const [ours, theirs] = [candidate.dataset, champion.dataset];
  if (ours.digest !== theirs.digest) return `the champion was evaluated on other data: ${theirs.digest}, not ${ours.digest}`;
  if (ours.rows !== theirs.rows) return `the champion was evaluated on ${theirs.rows} rows, the candidate on ${ours.rows}`;
  return null;
}

/** Holm's correction within each metric, over the slices of the same columns. */
function correctOverSlices(comparisons: readonly MetricComparison[]): MetricComparison[] {
  const families = new Map<string, number[]>();
  comparisons.forEach(({ metric, slice }, index) => {
    const family = JSON.stringify([metric, ...slice.where.map(({ column }) => column)]);
    families.set(family, [...(families.get(family) ?? []), index]);
  });
  const corrected = [...comparisons];
  for (const members of families.values()) {
    const adjusted = holm(members.map((index) => comparisons[index].pValue));
    members.forEach((index, place) => (corrected[index] = { ...comparisons[index], adjustedP: adjusted[place] }));
  }
  return corrected;
}
