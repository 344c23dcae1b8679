import type { Interval, Measured } from '../../protocol/measured.ts';
import { type Judgement, error, inconclusive } from './judgement.ts';

/** A measurement that may decide: a finite number on a known number of rows, its interval well formed if it has one. */
export interface Reading {
  value: number;
  interval?: Interval;
  /** Why there is no interval: one was sought and these rows cannot give it, or none was ever made. */
  noInterval?: Judgement;
  rows: number;
}

export type ReadingOrVerdict = { reading: Reading; without?: undefined } | { reading?: undefined; without: Judgement };

/**
 * Reads a measurement, or says what its absence means for the gate.
 *
 * Never measured, not a number, or null without a reason: `error`, since something broke.
 * Null with a reason (no positives, constant target): `inconclusive`, since these rows cannot define it and others could.
 *
 * @param name  what was measured, for the reason
 * @param range values it can take, both ends included; one outside is `error`
 */
export function read(measured: Measured | null | undefined, name: string, range: readonly [number, number] = [-Infinity, Infinity]): ReadingOrVerdict {
  if (measured === null || measured === undefined) return { without: error(`${name} was not measured`) };
  const { value, interval, rows, reason } = measured;
  if (value === null) return { without: reason ? inconclusive(`${name} is undefined: ${reason}`) : error(`${name} has neither a value nor a reason for having none`) };
  if (!Number.isFinite(value)) return { without: error(`${name} is not a number`) };
  if (!(value >= range[0] - 1e-9 && value <= range[1] + 1e-9)) return { without: error(`${name} is ${value}, outside its range ${range[0]} to ${range[1]}`) };
  if (!(Number.isFinite(rows) && rows >= 0)) return { without: error(`${name} does not say on how many rows it was measured`) };
  if (interval !== undefined && !isInterval(interval)) return { without: error(`the interval of ${name} is malformed`) };
  if (interval !== undefined) return { reading: { value, interval, rows } };
  const noInterval = measured.resamples ? inconclusive(`no interval of ${name} can be had from ${rows} such rows`) : error(`${name} has no interval, and this gate decides by the interval`);
  return { reading: { value, noInterval, rows } };
}

function isInterval({ low, high, level }: Interval): boolean {
  return Number.isFinite(low) && Number.isFinite(high) && low <= high && level > 0 && level < 1;
}
