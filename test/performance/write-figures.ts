import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fillMeasured } from '../bench/fill-measured.ts';
import { median } from '../bench/median.ts';

export interface Figure {
  what: string;
  values: number[];
  unit: 'ms' | 's' | 'KB' | 'count';
  /** What it may be at most; null where nothing was promised. */
  budget: number | null;
}

const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

/** Prints what was measured, whether or not it is within its budget, and puts it into docs/performance.md where it is all of it. */
export async function writeFigures(figures: readonly Figure[], isWhole: boolean): Promise<void> {
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}, Node ${process.versions.node}. Measured ${new Date().toISOString().slice(0, 10)}, load average at the end ${loadavg()[0].toFixed(1)}.`;
  const rows = figures.map(({ what, values, unit, budget }) => {
    const middle = median(values);
    const spread = values.length === 1 ? '' : `${written(Math.min(...values), unit)} … ${written(Math.max(...values), unit)}`;
    return `| ${what} | ${written(middle, unit)} | ${spread} | ${values.length} | ${budget === null ? '' : written(budget, unit)} | ${budget === null ? '' : middle <= budget ? 'within' : 'OVER'} |`;
  });
  const table = [machine, '', '|  | median | lowest … highest | times | budget |  |', '|---|--:|--:|--:|--:|---|', ...rows].join('\n');
  console.log(table);
  if (isWhole) await fillMeasured(page, table);
}

function written(value: number, unit: Figure['unit']): string {
  if (!Number.isFinite(value)) return 'not measured';
  const digits = unit === 'count' ? 0 : value < 10 ? 1 : 0;
  return unit === 'count' ? value.toFixed(0) : `${value.toFixed(digits)} ${unit}`;
}
