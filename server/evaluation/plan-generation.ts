import { bleu, bleuCounts } from '../stats/bleu.ts';
import { chrf, chrfCounts } from '../stats/chrf.ts';
import { exactMatch } from '../stats/exact-match.ts';
import { findMetric } from '../stats/metric-registry.ts';
import type { MetricValue } from '../stats/metric-value.ts';
import { type RougeKind, rouge } from '../stats/rouge.ts';
import { weightedMean } from '../stats/sample-weights.ts';
import type { PlannedMetric } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';
import type { GenerationSubject } from './subject.ts';

/** Generation metrics on some rows; parameters as for `planBinary`. Texts are tokenised once, whatever is resampled. */
export function planGeneration(subject: GenerationSubject, rows: Uint32Array, units: Uint32Array, names: readonly string[], weights: UnitWeights): PlannedMetric[] {
  const outputs = Array.from(rows, (row) => subject.predictions.texts[row] ?? '');
  const references = Array.from(rows, (row) => [...(subject.references[row] ?? [])]);
  const theirs = weights.of(units);
  return names.flatMap((name) => plannedMetric(name, outputs, references, theirs) ?? []);
}

function plannedMetric(text: string, outputs: string[], references: string[][], weights: () => Float64Array): PlannedMetric | null {
  const resampled = (measure: () => MetricValue): PlannedMetric => ({ name: text, measure, rows: outputs.length, basis: { kind: 'resampled' } });
  const rougeMean = (kind: RougeKind): PlannedMetric => {
    const scores = Float64Array.from(outputs, (output, row) => rouge(output, references[row], kind).f);
    return resampled(() => weightedMean(scores, weights()));
  };
  switch (findMetric(text)?.name) {
    case 'bleu': {
      const counts = bleuCounts(outputs, references);
      return resampled(() => bleu(counts, {}, weights()));
    }
    case 'chrf': {
      const counts = chrfCounts(outputs, references);
      return resampled(() => chrf(counts, weights()));
    }
    case 'chrf_plus_plus': {
      const counts = chrfCounts(outputs, references, { wordOrder: 2 });
      return resampled(() => chrf(counts, weights()));
    }
    case 'rouge1':
      return rougeMean('rouge1');
    case 'rouge2':
      return rougeMean('rouge2');
    case 'rouge_l':
      return rougeMean('rougeL');
    case 'rouge_lsum':
      return rougeMean('rougeLsum');
    case 'exact_match': {
      const outcomes = Uint8Array.from(outputs, (output, row) => exactMatch([output], [references[row]]).value ?? 0);
      const terms = Float64Array.from(outcomes);
      return { ...resampled(() => weightedMean(terms, weights())), basis: { kind: 'proportion', outcomes } };
    }
    default:
      return null;
  }
}
