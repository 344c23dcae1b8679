import { countText } from '../../protocol/number-text.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, judgeTogether, pass } from './judgement.ts';

/** Built in: on every dataset the candidate predicted on, each row has a prediction, and each prediction is a finite number of the declared shape. */
export function judgeOutputs(evidence: Evidence): Judgement {
  const { predictions } = evidence;
  if (isMissing(predictions)) return error(`nothing was predicted: ${predictions.missing}`);
  const judged = predictions.map(({ on, faults }) => ({ title: on, judgement: isMissing(faults) ? error(`nothing was predicted: ${faults.missing}`) : judgeFaults(faults) }));
  if (judged.length === 0) return error('nothing was predicted');
  return judged.length === 1 ? judged[0].judgement : judgeTogether(judged);
}

function judgeFaults(faults: { rows: number; missing: number; notFinite: number; outsideUnitInterval: number; sumNotOne: number; message?: string }): Judgement {
  const { rows, missing, notFinite, outsideUnitInterval, sumNotOne, message } = faults;
  const counts = [rows, missing, notFinite, outsideUnitInterval, sumNotOne];
  if (!counts.every((count) => Number.isInteger(count) && count >= 0)) return error('the predictions were not counted');
  const judgement = ((): Judgement => {
    if (message !== undefined || missing + notFinite + outsideUnitInterval + sumNotOne > 0) return fail(message ?? 'some predictions are at fault');
    if (rows === 0) return inconclusive('there were no rows to predict on');
    return pass(`all ${countText(rows)} predictions are sound`);
  })();
  return { ...judgement, candidate: { value: missing + notFinite + outsideUnitInterval + sumNotOne, rows }, rows };
}
