import type { ShadowSettings, ShadowSide, ShadowSource } from '../../protocol/shadow.ts';
import { type AnswerShape, classesOf } from './answers.ts';
import { type NoiseCounts, createNoise, settleTolerance } from './noise-floor.ts';
import type { ShadowPlan } from './shadow-evidence.ts';
import { toleranceBetween } from './tolerance.ts';

/** What a person may set; the intent always. */
export type ShadowOptions = Pick<ShadowSettings, 'intent'> & Partial<Omit<ShadowSettings, 'toleranceNote'>>;

/** An equivalence margin of one point, at a chance of 5 % of promoting what should not be. */
export const shadowDefaults = {
  margin: 0.01,
  labelMargin: 0.01,
  alpha: 0.05,
  value: null,
  minPairs: 400,
  minLabels: 200,
  labelled: 'random',
  maxPairs: null,
  errorRates: { acceptable: 0.005, unacceptable: 0.02 },
  maxLatencyRatio: 1.1,
} satisfies Partial<ShadowSettings>;

/**
 * Settles by which rules two models are compared, before the first pair.
 *
 * @param noise repeats of production under the tolerance asked for, when there are some: it widens the tolerance
 * @throws RangeError when a setting is out of range
 */
export function planShadow(
  subject: { production: ShadowSide; candidate: ShadowSide; source: Pick<ShadowSource, 'kind' | 'sampling' | 'recording'>; shape: AnswerShape },
  options: ShadowOptions,
  noise: NoiseCounts = createNoise(),
): ShadowPlan {
  const asked = options.tolerance === undefined ? toleranceBetween(subject.production, subject.candidate, subject.shape.kind) : options.tolerance;
  const { tolerance, note } = settleTolerance(asked, noise);
  const settings: ShadowSettings = { ...shadowDefaults, ...options, tolerance, toleranceNote: note };
  for (const name of ['margin', 'labelMargin', 'alpha'] as const) {
    if (!(settings[name] > 0 && settings[name] < 1)) throw new RangeError(`${name} is between 0 and 1, got ${settings[name]}`);
  }
  for (const name of ['minPairs', 'minLabels'] as const) if (!(settings[name] >= 1)) throw new RangeError(`${name} is at least 1, got ${settings[name]}`);
  if (settings.labelled === 'disagreements' && classesOf(subject.shape) === null) throw new RangeError('labels of disagreements alone tell who is right only where answers are classes');
  if (settings.value !== null && subject.shape.kind !== 'score') throw new RangeError('outcomes have a worth only where a score decides between two classes');
  if (!(settings.maxLatencyRatio >= 1)) throw new RangeError(`maxLatencyRatio is at least 1, got ${settings.maxLatencyRatio}`);
  return { ...subject, settings };
}
