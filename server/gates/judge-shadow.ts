import type { GateRule } from '../../protocol/gates.ts';
import { countText } from '../../protocol/number-text.ts';
import type { ShadowOutcome, ShadowVerdict } from '../../protocol/shadow.ts';
import { judgeBound } from './bound.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, pass, verdictsBySeriousness } from './judgement.ts';
import { inUnit } from './measure-text.ts';
import { read } from './reading.ts';

type ShadowRule = Extract<GateRule, { kind: 'shadow' }>;

/** Which verdicts are enough; `nonInferior` also takes an open one whose labels show it. */
const enough: Record<ShadowRule['needs'], readonly ShadowVerdict[]> = { better: ['better'], equivalent: ['better', 'equivalent'], nonInferior: ['better', 'equivalent'] };

/**
 * The newest saved comparison of exactly these two files, of the source and intent that the gate asks for.
 *
 * No champion, no such comparison, one that is older than `maxAgeDays`, has fewer pairs than `minPairs` or has settled
 * nothing: inconclusive. One that failed, is of other files, or does not say what it found: error. `maxDisagreement` needs the
 * whole interval of the share that disagrees below it.
 */
export function judgeShadow(rule: ShadowRule, { shadows, champion, candidate }: Evidence): Judgement {
  if (champion === null) return inconclusive('there is no champion to compare with');
  if (isMissing(shadows)) return error(`comparisons were not looked up: ${shadows.missing}`);
  const strangers = shadows.filter(({ digests }) => digests.production !== champion.digest || digests.candidate !== candidate.digest);
  if (strangers.length > 0) return error(`comparison ${strangers[0].id} is not of this candidate with this champion`);
  const [newest] = shadows.filter(({ kind, intent }) => (rule.source === 'any' || kind === rule.source) && (rule.intent === undefined || intent === rule.intent)).sort((a, b) => a.ageDays - b.ageDays);
  if (newest === undefined) return inconclusive(`no ${rule.source === 'any' ? '' : `${rule.source} `}comparison with ${champion.version}${rule.intent === undefined ? '' : ` as ${rule.intent}`} is saved`);
  if (!Number.isFinite(newest.ageDays)) return error(`comparison ${newest.id} does not say when it was made`);
  if (rule.maxAgeDays !== undefined && newest.ageDays > rule.maxAgeDays) return inconclusive(`the newest comparison with ${champion.version} is ${countText(Math.ceil(newest.ageDays))} days old, ${countText(rule.maxAgeDays)} are allowed`);
  const judgements = [judgeVerdict(rule, newest, champion.version), judgePairs(rule, newest), judgeDisagreement(rule, newest)];
  const [worst] = verdictsBySeriousness.flatMap((verdict) => judgements.filter((each) => each.verdict === verdict));
  return { ...worst, candidate: newest.disagreement, rows: newest.compared };
}

function judgeVerdict({ needs }: ShadowRule, { id, verdict, sentence, nonInferior }: ShadowOutcome, champion: string): Judgement {
  const said = sentence.replace(/^[A-Z][a-z ]+: /, '').replace(/\.$/, '');
  const found = (word: string): string => `beside ${champion} it is ${word}: ${said}; comparison ${id}`;
  switch (verdict) {
    case 'better':
    case 'equivalent':
      return enough[needs].includes(verdict) ? pass(found(verdict)) : fail(found('only equivalent'));
    case 'worse':
      return fail(found('worse'));
    case 'keep-going':
    case 'inconclusive':
      return needs === 'nonInferior' && nonInferior === true ? pass(found('surely not worse than allowed')) : inconclusive(found('not settled'));
    case 'error':
      return error(`the comparison with ${champion} failed: ${said}; comparison ${id}`);
    default:
      return error(`comparison ${id} carries a verdict that is none`);
  }
}

function judgePairs({ minPairs = 1 }: ShadowRule, { compared }: ShadowOutcome): Judgement {
  if (!(Number.isInteger(compared) && compared >= 0)) return error('the pairs compared were not counted');
  if (compared >= minPairs) return pass('enough pairs');
  return inconclusive(`${countText(compared)} pairs are too few to tell, ${countText(minPairs)} are needed`, minPairs - compared);
}

function judgeDisagreement({ maxDisagreement }: ShadowRule, { disagreement }: ShadowOutcome): Judgement {
  if (maxDisagreement === undefined) return pass('no bound on disagreement');
  const { reading, without } = read(disagreement, 'the share that disagrees', [0, 1]);
  return without ?? judgeBound(reading, { max: maxDisagreement }, 'interval', 1, inUnit('the share that disagrees', 'share'));
}
