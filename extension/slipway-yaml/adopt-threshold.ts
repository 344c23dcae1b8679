import type { GateResult } from '../../protocol/gates.ts';
import type { Measured } from '../../protocol/measured.ts';
import { differenceText, measuredText } from '../../protocol/number-text.ts';
import * as l10n from '../l10n.ts';
import { applyEdits, itemOnLine, setKey } from './edit-yaml.ts';
import type { KeyPath } from './read-yaml.ts';

export interface Adoption {
  /** Which bound it sets, from what was measured, and with how much room. */
  title: string;
  text: string;
}

/**
 * slipway.yaml with a gate's bound moved to what a version measured, with room for the sampling error: to the far end of
 * the interval, or by a tenth where there is none. Null where the gate has no such bound, or holds that one already.
 *
 * @param line of the gate in this text, 1-based
 */
export function adoptThreshold(text: string, line: number, result: GateResult, version: string): Adoption | null {
  const path = itemOnLine(text, line, isGates);
  const target = path === null || result.verdict === 'error' ? null : targetOf(result);
  if (path === null || target === null) return null;
  const { key, side, of } = target;
  const sources = result.parts.length > 0 ? result.parts.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail') : [result];
  const measured = sources.flatMap((source) => (source[of]?.value == null ? [] : [source[of]]));
  if (measured.length === 0) return null;
  const ends = measured.map((each) => endOf(each, side, target.exact === true));
  const worst = ends.indexOf(side === 'low' ? Math.min(...ends) : Math.max(...ends));
  const bound = target.write(rounded(ends[worst], side, result.unit === 'count'));
  if (bound === null) return null;

  const edit = setKey(text, path, key, bound);
  const adopted = edit === null ? text : applyEdits(text, [edit]);
  if (adopted === text) return null;
  const value = of === 'difference' ? differenceText(measured[worst].value ?? 0, result.unit) : measuredText(measured[worst], result.unit);
  return { title: titleOf({ key, bound, version, value, room: target.exact === true ? 'none' : measured[worst].interval === undefined ? 'tenth' : 'interval' }), text: adopted };
}

interface Target {
  key: string;
  /** The end of the interval that the bound has to let pass. */
  side: 'low' | 'high';
  of: 'candidate' | 'difference';
  /** A count, which has no sampling error. */
  exact?: boolean;
  /** As it is written; null where such a bound cannot be. */
  write(bound: number): string | null;
}

function targetOf({ gate, bound }: GateResult): Target | null {
  const side = bound?.min !== undefined ? 'low' : 'high';
  const plain = (key: string, of: Target['of'] = 'candidate', exact = false): Target => ({ key, side, of, exact, write: String });
  switch (gate.kind) {
    case 'metric':
      // Of two bounds the measurement does not say which one is meant.
      return gate.min !== undefined && gate.max !== undefined ? null : plain(gate.min !== undefined ? 'min' : 'max');
    case 'fairness':
      return plain(gate.min !== undefined ? 'min' : 'max');
    case 'change':
      return gate.relative ? null : { ...plain('minChange', 'difference'), write: (end) => String(side === 'low' ? end : -end) };
    case 'non_inferior':
      return gate.superior ? null : { ...plain('nonInferior', 'difference'), write: (end) => String(Math.max(0, side === 'low' ? -end : end)) };
    case 'value':
      return plain('value', 'difference');
    case 'cases':
      return { ...plain('cases', 'candidate', true), write: (share) => (share === 1 ? 'all' : String(share)) };
    case 'flips':
      return plain('flips');
    case 'drift':
      return bound?.max === undefined ? null : plain('maxColumns', 'candidate', true);
    case 'data_quality':
      return plain('maxFailing', 'candidate', true);
    case 'latency':
      return plain('maxMs');
    case 'throughput':
      return plain('throughput');
    case 'size':
      return { ...plain('size'), write: (megabytes) => `${megabytes}MB` };
    case 'parity':
    case 'shadow':
    case 'outputs':
    case 'signature':
    case 'export':
      return null;
  }
}

function endOf(measured: Measured, side: 'low' | 'high', exact: boolean): number {
  const value = measured.value ?? 0;
  if (exact) return value;
  if (measured.interval !== undefined) return measured.interval[side];
  return side === 'low' ? value - Math.abs(value) / 10 : value + Math.abs(value) / 10;
}

/** Outwards, to three digits that count, or to the third decimal where that is coarser. */
function rounded(value: number, side: 'low' | 'high', isCount: boolean): number {
  const round = side === 'low' ? Math.floor : Math.ceil;
  if (isCount || value === 0) return round(value);
  const decimals = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  // What is 0.35 but for the last bit stays 0.35.
  return Number((round(Number((value * 10 ** decimals).toPrecision(12))) / 10 ** decimals).toFixed(decimals));
}

function titleOf({ key, bound, version, value, room }: { key: string; bound: string; version: string; value: string; room: 'none' | 'tenth' | 'interval' }): string {
  switch (room) {
    case 'none':
      return l10n.t('Set {0} to {1}: what {2} measured', key, bound, version);
    case 'tenth':
      return l10n.t('Set {0} to {1}: {2} measured {3}, with a tenth of it as room', key, bound, version, value);
    case 'interval':
      return l10n.t('Set {0} to {1}: {2} measured {3}, and its 95 % interval ends there', key, bound, version, value);
  }
}

export function isGates(path: KeyPath): boolean {
  return path.at(-1) === 'gates' && (path.length === 1 || (path.length === 3 && path[0] === 'models'));
}
