import type { GateRule } from '../../protocol/gates.ts';
import { judgeBound } from './bound.ts';
import type { Evidence } from './evidence.ts';
import { findComparison } from './find-report.ts';
import { type Judgement, error } from './judgement.ts';
import { inUnit } from './measure-text.ts';
import { read } from './reading.ts';

/** Rows below which a share of flips says little, whatever it is. */
const minRows = 30;

/** The share of rows that the champion had right and the candidate has wrong, against the gate's bound. */
export function judgeFlips(rule: Extract<GateRule, { kind: 'flips' }>, evidence: Evidence): Judgement {
  const found = findComparison(evidence, rule.on);
  if (found.without) return found.without;
  const { flips } = found.report;
  if (flips === null) return error('no rows were compared one by one');
  const { reading, without } = read(flips.harmfulRate, 'the share of harmful flips', [0, 1]);
  if (without) return { ...without, candidate: flips.harmfulRate };
  if (!(Math.abs(reading.value * reading.rows - flips.harmful) <= 0.5)) return error(`${flips.harmful} harmful flips do not make a share of ${reading.value} of ${reading.rows} rows`);
  const judgement = judgeBound(reading, { max: rule.maxHarmfulShare }, rule.decide, minRows, inUnit('the share of harmful flips', 'share'));
  return { ...judgement, reason: `${judgement.reason}: ${flips.harmful} right→wrong, ${flips.helpful} wrong→right`, candidate: flips.harmfulRate, rows: reading.rows };
}
