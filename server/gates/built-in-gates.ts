import type { Gate } from '../../protocol/gates.ts';

/** How far rounding may take an exported model from the one it was made of: that of two providers on the same weights. */
export const exportTolerance = { relative: 1e-3, absolute: 1e-5 };

/** Gates that no policy can leave out or soften. */
export const builtInGates: readonly Gate[] = [
  { id: 'outputs', severity: 'block', kind: 'outputs' },
  { id: 'signature', severity: 'block', kind: 'signature' },
  { id: 'export', severity: 'block', kind: 'export' },
];

/**
 * The policy as it will be judged: the built-in gates first, then the written ones.
 *
 * Calling it again changes nothing. A written gate of a built-in kind gives way to the built-in one, whatever its severity.
 *
 * @throws RangeError if two gates have the same id, since one verdict would then stand for both
 */
export function completePolicy(gates: readonly Gate[]): Gate[] {
  const complete = [...builtInGates, ...gates.filter(({ kind }) => !builtInGates.some((gate) => gate.kind === kind))];
  const ids = complete.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new RangeError(`two gates are called ${twice}`);
  return complete;
}
