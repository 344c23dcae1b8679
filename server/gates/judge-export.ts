import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, judgeTogether } from './judgement.ts';
import { judgePair } from './judge-parity.ts';
import { exportTolerance } from './built-in-gates.ts';

/**
 * Built in, where test data lies beside the model file: it answers here as it did where it was made. Every element of
 * every recorded output must be within tolerance.
 */
export function judgeExport({ recorded }: Evidence): Judgement {
  if (isMissing(recorded)) return error(`the recorded answers were not compared: ${recorded.missing}`);
  if (recorded.length === 0) return error('nothing was recorded beside the model file');
  return judgeTogether(recorded.map((report) => ({ title: report.between[0], judgement: { ...judgePair({ ...exportTolerance, maxDecisionsChanged: 0 }, report), rows: report.rows } })));
}
