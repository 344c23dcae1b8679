import { join } from 'node:path';
import { type BenchCase, differ, ratio } from '../bench-case.ts';
import { normal, writeParquet } from '../write-parquet.ts';

/** Profile and four drift statistics of every column of two wide tables of numbers. */
export function driftCase(folder: string, threads: number, size: { rows: number; columns: number }): BenchCase {
  const { rows, columns } = size;
  const [reference, current] = ['reference', 'current'].map((side) => join(folder, `drift-${side}-${rows}x${columns}.parquet`));
  const input = { folder, reference, current, threads };
  return {
    id: 'drift',
    title: `Profile and drift of ${rows.toLocaleString('en')} × ${columns} numeric columns, reference and current`,
    work: 'Slipway: read both Parquet files, profile both (exact quantiles, histograms, distinct values), K-S, Wasserstein, PSI and Jensen–Shannon of every column, verdict and message. Evidently: read both with pandas, run `DataDriftPreset` with its defaults, which is one statistic per column at this size (Wasserstein ÷ standard deviation), and take the result as a dictionary.',
    sides: [
      { name: 'Slipway', role: 'ours', program: 'drift/slipway.ts', input },
      { name: 'Evidently', role: 'peer', program: 'drift/evidently_preset.py', input },
      { name: 'bare scan', role: 'limit', program: 'drift/scan.ts', input },
    ],
    goals: [
      { text: 'Evidently takes at least 20 times as long', unit: '×', atLeast: 20, measured: (of) => ratio(of('Evidently')?.workSeconds, of('Slipway')?.workSeconds) },
      { text: 'at most a third of Evidently’s peak memory', unit: '×', atMost: 1 / 3, measured: (of) => ratio(of('Slipway')?.peakBytes ?? undefined, of('Evidently')?.peakBytes ?? undefined) },
    ],
    async prepare() {
      await writeParquet(reference, tableOf(rows, columns, false));
      await writeParquet(current, tableOf(rows, columns, true));
    },
    disagreements(factsOf) {
      const [ours, theirs] = [factsOf('Slipway'), factsOf('Evidently')];
      if (ours === null || theirs === null) return [];
      const names = ours.columns as string[];
      const distances = new Map((theirs.columns as string[]).map((name, index) => [name, (theirs.wassersteinNormed as number[])[index]]));
      return names.flatMap((name, index) => differ(`Wasserstein ÷ deviation of ${name}`, (ours.wassersteinNormed as number[])[index], distances.get(name) ?? Number.NaN, 1e-6));
    },
  };
}

/** Of every ten columns six are normal, one each log-normal, uniform, a count, and normal with 3 % nulls; one in ten has moved. */
function tableOf(rows: number, columns: number, moved: boolean): string {
  const expressions = Array.from({ length: columns }, (_, column) => {
    const shift = moved && column % 10 === 3 ? 0.3 : 0;
    const [centre, spread] = [(column % 17) * 10, 1 + (column % 7)];
    const value = [
      ...Array.from({ length: 6 }, () => `${centre} + ${spread} * (${normal} + ${shift})`),
      `exp(${normal})`,
      `${spread} * random()`,
      `floor(-${spread * 3} * ln(1 - random()))`,
      `CASE WHEN random() >= 0.03 THEN ${centre} + ${spread} * ${normal} END`,
    ][column % 10];
    return `CAST(${value} AS DOUBLE) AS c${String(column).padStart(3, '0')}`;
  });
  return `SELECT ${expressions.join(', ')} FROM range(${rows})`;
}
