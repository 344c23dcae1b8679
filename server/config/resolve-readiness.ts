import type { BuiltInCriterion, ReadinessPolicy, WrittenCriterion } from '../../protocol/config.ts';
import { builtInCriteria } from '../../protocol/config.ts';
import type { Gate } from '../../protocol/gates.ts';
import type { Complain } from './explain.ts';
import { reservedIds } from './resolve-gates.ts';
import type { CriterionSpec } from './schema.ts';
import { nearest } from './spelling.ts';
import type { KeyPath } from './yaml-source.ts';

/** What the readiness of a model is resolved against. */
export interface ReadinessContext {
  /** Null where the gates are the default ones, which are not known before the model is. */
  model: { name: string; gates: Gate[] | null };
  lineOf: (at: KeyPath) => number;
  complain: Complain;
}

/** What must hold before one model goes into production. A criterion that could never be met is complained of. */
export function resolveReadiness(specs: readonly (CriterionSpec | null)[], at: KeyPath, { model, lineOf, complain }: ReadinessContext): ReadinessPolicy {
  const policy: ReadinessPolicy = { criteria: [], off: [] };
  for (const [index, spec] of specs.entries()) {
    if (spec === null) continue;
    const here = [...at, index];
    const line = lineOf(here);
    if ('off' in spec) {
      if (policy.off.some(({ criterion }) => criterion === spec.off)) complain(here, `\`${spec.off}\` is turned off twice`);
      else policy.off.push({ criterion: spec.off, reason: spec.reason, line });
      continue;
    }
    const { criterion, group } = spec;
    const twin = policy.criteria.find((each) => each.criterion === criterion);
    if (isBuiltIn(criterion)) complain([...here, 'criterion'], `\`${criterion}\` is built in, and measured; give yours another name, or turn the built-in one \`off\` with a reason`);
    else if (twin !== undefined) complain([...here, 'criterion'], `this criterion is called \`${criterion}\`, like the one on line ${twin.line}`);
    else policy.criteria.push({ criterion, group, line, ...evidenceOf(spec) });
    if ('gate' in spec) complainOfGate(spec.gate, [...here, 'gate'], model, complain);
  }
  return policy;
}

function evidenceOf(spec: Exclude<CriterionSpec, { off: unknown }>): { kind: 'gate'; gate: string } | Pick<Extract<WrittenCriterion, { kind: 'statement' }>, 'kind' | 'by' | 'expiresHours'> {
  if ('gate' in spec) return { kind: 'gate', gate: spec.gate };
  return { kind: 'statement', by: spec.by === undefined ? [] : typeof spec.by === 'string' ? [spec.by] : spec.by, expiresHours: spec.expires ?? null };
}

function isBuiltIn(criterion: string): criterion is BuiltInCriterion {
  return (builtInCriteria as readonly string[]).includes(criterion);
}

function complainOfGate(gate: string, at: KeyPath, model: ReadinessContext['model'], complain: Complain): void {
  const known = [...(model.gates ?? []).map(({ id }) => id), ...reservedIds];
  if (model.gates === null || known.includes(gate)) return;
  const meant = nearest(gate, known);
  complain(at, `\`${model.name}\` has no gate \`${gate}\`${meant === undefined ? `; it has ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}` : `; did you mean \`${meant}\`?`}`, meant === undefined ? {} : { suggestion: meant });
}
