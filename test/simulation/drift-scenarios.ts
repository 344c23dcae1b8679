import type { DriftReport } from '../../protocol/drift.ts';
import { type DriftInput, detectDrift } from '../../server/drift/detect-drift.ts';
import { createRandom, type Random } from '../../server/stats/random.ts';
import type { Column, Table } from '../../server/stats/vector.ts';

/** A way to draw a reference and a current batch, many times, to see how often drift is told. */
export interface DriftScenario {
  name: string;
  reference: number;
  current: number;
  columns: number;
  /** Draws one column; `shift` is 0 where nothing has moved. */
  draw: (random: Random, rows: number, shift: number, name: string) => Column;
  shift: number;
  repeats: number;
}

export interface ScenarioOutcome {
  scenario: DriftScenario;
  /** Reports that name at least one column as moved, and as inconclusive. */
  moved: number;
  inconclusive: number;
  /** Repeats in which a bare cut-off on one statistic of the first column would have alarmed. */
  bare: { js: number; psi: number; p: number };
  /** Mean effect and mean band of the first column. */
  effect: number;
  band: number;
}

export async function simulate(scenario: DriftScenario, seed: number): Promise<ScenarioOutcome> {
  const outcome: ScenarioOutcome = { scenario, moved: 0, inconclusive: 0, bare: { js: 0, psi: 0, p: 0 }, effect: 0, band: 0 };
  const random = createRandom(seed).split(scenario.name);
  for (let repeat = 0; repeat < scenario.repeats; repeat++) {
    const report = await oneReport(scenario, random.split(repeat));
    const [first] = report.columns;
    if (report.moved > 0) outcome.moved++;
    if (report.inconclusive > 0) outcome.inconclusive++;
    if (atLeast(report, 'js_distance', 0.1)) outcome.bare.js++;
    if (atLeast(report, 'psi', 0.1)) outcome.bare.psi++;
    if ((first.test.pValue ?? 1) < 0.05) outcome.bare.p++;
    outcome.effect += (first.effect.value ?? 0) / scenario.repeats;
    outcome.band += (first.effect.band ?? 0) / scenario.repeats;
  }
  return outcome;
}

function atLeast(report: DriftReport, name: string, limit: number): boolean {
  return (report.columns[0].others.find((statistic) => statistic.name === name)?.value ?? 0) >= limit;
}

async function oneReport(scenario: DriftScenario, random: Random): Promise<DriftReport> {
  const side = (label: 'reference' | 'current'): DriftInput['reference'] => {
    const rows = scenario[label];
    const columns = Array.from({ length: scenario.columns }, (_, index) =>
      scenario.draw(random.split(`${label} ${index}`), rows, label === 'current' ? scenario.shift : 0, `column ${index}`),
    );
    const table: Table = { rows, columns };
    return { table, dataset: { name: label, files: [], digest: '', rows } };
  };
  return detectDrift({ reference: side('reference'), current: side('current') }, {}, { multivariate: null });
}

/** Standard normal plus `shift`. */
export function normal(random: Random, rows: number, shift: number, name: string): Column {
  return { name, kind: 'numeric', type: 'DOUBLE', vector: { kind: 'numeric', values: Float64Array.from({ length: rows }, () => random.normal() + shift) } };
}

/** Whole numbers 0 … 6, ties everywhere. */
export function weekdays(random: Random, rows: number, _shift: number, name: string): Column {
  return { name, kind: 'numeric', type: 'TINYINT', vector: { kind: 'numeric', values: Float64Array.from({ length: rows }, () => random.below(7)) } };
}

/** Standard normal with a twentieth of the rows null. */
export function withNulls(random: Random, rows: number, shift: number, name: string): Column {
  const nulls = Uint8Array.from({ length: rows }, () => (random.uniform() < 0.05 ? 1 : 0));
  const values = Float64Array.from(nulls, (isNull) => (isNull === 1 ? 0 : random.normal() + shift));
  return { name, kind: 'numeric', type: 'DOUBLE', vector: { kind: 'numeric', values, nulls } };
}

/** Categories with the given shares. */
export function categories(shares: readonly number[]): DriftScenario['draw'] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return (random, rows, _shift, name) => {
    const codes = Int32Array.from({ length: rows }, () => {
      let left = random.uniform() * total;
      return Math.max(0, shares.findIndex((share, index) => (left -= share) < 0 || index === shares.length - 1));
    });
    return { name, kind: 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', codes, dictionary: shares.map((_, index) => `category ${index}`) } };
  };
}

export const sixCategories = [0.3, 0.25, 0.2, 0.12, 0.08, 0.05];
