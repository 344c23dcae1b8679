import { builtInCriteria, type ModelConfig } from '../../protocol/config.ts';
import type { Statement } from '../../protocol/workspace.ts';
import { mayState } from './judge-statement.ts';

const textMax = 2000;
const nameMax = 200;
const control = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/**
 * Why a statement is not taken, in a sentence; null when it is. What is measured cannot be stated: no word stands in for a
 * gate.
 *
 * @param nowMs milliseconds since 1970; a statement that has expired already is refused
 */
export function checkStatement({ criterion, by, text, expires }: Omit<Statement, 'at' | 'model'>, model: ModelConfig, nowMs: number): string | null {
  const found = model.readiness.criteria.find((each) => each.criterion === criterion);
  if (found === undefined && (builtInCriteria as readonly string[]).includes(criterion)) return `${criterion} is not a matter of statement: it is read from slipway.yaml and what was measured`;
  if (found === undefined) {
    const stated = model.readiness.criteria.filter(({ kind }) => kind === 'statement').map((each) => each.criterion);
    return `slipway.yaml asks for no ${JSON.stringify(criterion)} of ${model.name}; ${stated.length === 0 ? 'no criterion there takes a statement' : `what may be stated: ${stated.join(', ')}`}`;
  }
  if (found.kind === 'gate') return `${criterion} is not a matter of statement: the gate ${found.gate} shows it`;
  if (by.trim() === '' || by.length > nameMax) return `Who states it must be said in 1 to ${nameMax} characters`;
  if (text.trim() === '' || text.length > textMax) return `What is stated must be said in 1 to ${textMax} characters`;
  if (control.test(by + text)) return 'A statement is one line of plain text';
  if (!mayState(found, by)) return `Only ${found.by.join(' or ')} may state ${criterion}, and it was ${by}`;
  if (expires !== null && !(Date.parse(expires) > nowMs)) return `A statement that expires on ${expires.slice(0, 10)} would not count`;
  return null;
}
