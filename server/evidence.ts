import type { DatasetRole } from '../protocol/gates.ts';
import type { RunReport } from '../protocol/run.ts';
import type { Evidence, Part } from './gates/evidence.ts';
import { ageInDays } from './shadow-outcomes.ts';

/** The parts of a run that gates are judged on, as they are once everything before the judgement is done. */
export type Measurements = Omit<RunReport, 'gates' | 'decision' | 'finishedAt'>;

/**
 * What a policy is judged on, taken from the record and from nowhere else: a verdict can be replayed from it at any time.
 * A part that is not there brings the reason that the run wrote down.
 */
export function evidenceOf(run: Measurements): Evidence {
  const missing = (part: string): { missing: string } => ({ missing: run.missing[part] ?? 'it was not measured' });
  const dataQuality = (role: DatasetRole) => run.batches.find((batch) => batch.role === role)?.batch.dataQuality ?? missing(`dataQuality.${role}`);
  const current = run.batches.find((batch) => batch.role === 'current')?.batch;
  const roles: DatasetRole[] = ['holdout', 'current', 'cases'];
  const predictions = roles.flatMap((on): { on: string; faults: Part<RunReport['predictions'][number]['faults']> }[] => {
    const made = run.predictions.find(({ role }) => role === on);
    if (made !== undefined) return [{ on, faults: made.faults }];
    return `predictions.${on}` in run.missing ? [{ on, faults: missing(`predictions.${on}`) }] : [];
  });
  return {
    role: run.role,
    candidate: run.model,
    champion: run.lineage.champion,
    evaluations: { holdout: run.evaluations.holdout ?? missing('evaluations.holdout'), current: run.evaluations.current ?? missing('evaluations.current') },
    comparisons: { holdout: run.comparisons.holdout ?? missing('comparisons.holdout'), current: run.comparisons.current ?? missing('comparisons.current') },
    cases: 'cases' in run.missing || run.cases.length === 0 ? missing('cases') : run.cases,
    predictions: predictions.length === 0 ? missing('predictions') : predictions,
    drift: current?.drift ?? missing('drift'),
    predictionDrift: run.predictions.find(({ role }) => role === 'current')?.drift ?? missing('predictionDrift'),
    concept: run.concept ?? missing('concept'),
    dataQuality: { reference: dataQuality('reference'), holdout: dataQuality('holdout'), current: dataQuality('current'), cases: dataQuality('cases') },
    runtime: run.runtime ?? missing('runtime'),
    signatures: run.signatures ?? missing('signatures'),
    shadows: run.shadows?.map((shadow) => ({ ...shadow, ageDays: ageInDays(shadow.at, Date.parse(run.startedAt)) })) ?? missing('shadows'),
    recorded: 'recorded' in run.missing ? missing('recorded') : (run.recorded ?? []),
  };
}
