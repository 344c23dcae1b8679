import { verdictRank } from '../figures/verdict-mark.ts';
import type { Finding } from '../protocol/data-quality.ts';
import type { ColumnProfile } from '../protocol/datasets.ts';
import type { ColumnDrift, DriftVerdict } from '../protocol/drift.ts';
import type { BatchReport } from '../protocol/run.ts';
import { groupBy } from './group-by.ts';

/** What is the matter with a column; it can be several. `fine` stands alone. */
export type Matter = 'failing' | 'moved' | 'unsure' | 'fine';

export const matters: readonly Matter[] = ['failing', 'moved', 'unsure', 'fine'];

/** All that is known of one column of a batch: its checks and its drift in one row. */
export interface ColumnRow {
  column: string;
  matters: Matter[];
  /** Most pressing first, those that pass last. */
  findings: Finding[];
  drift: ColumnDrift | null;
  /** Why it was not compared. */
  skipped: string | null;
  /** Null where the batch, or the reference, does not have it. */
  profile: ColumnProfile | null;
  referenceProfile: ColumnProfile | null;
}

/** Every column of the batch, of its reference and of its checks, most trouble on top. */
export function columnRows({ profile, referenceProfile, dataQuality, drift }: Pick<BatchReport, 'profile' | 'referenceProfile' | 'dataQuality' | 'drift'>): ColumnRow[] {
  const findings = groupBy(dataQuality.findings, ({ column }) => column);
  const drifts = new Map(drift?.columns.map((column) => [column.column, column]));
  const skipped = new Map(drift?.skipped.map(({ column, reason }) => [column, reason]));
  const profiles = new Map(profile.columns.map((column) => [column.name, column]));
  const referenceProfiles = new Map(referenceProfile?.columns.map((column) => [column.name, column]));
  const names = new Set([...profiles.keys(), ...drifts.keys(), ...[...findings.keys()].filter((name) => name !== undefined)]);
  return [...names]
    .map((column): ColumnRow => {
      const own = (findings.get(column) ?? []).sort(byTrouble);
      const drifted = drifts.get(column) ?? null;
      return { column, matters: mattersOf(own, drifted), findings: own, drift: drifted, skipped: skipped.get(column) ?? null, profile: profiles.get(column) ?? null, referenceProfile: referenceProfiles.get(column) ?? null };
    })
    .map((row) => ({ row, rank: rankOf(row), strength: strengthOf(row), share: failingShare(row) }))
    .sort((a, b) => a.rank - b.rank || b.strength - a.strength || b.share - a.share || (a.row.column < b.row.column ? -1 : 1))
    .map(({ row }) => row);
}

/** What is known of answers that are no column of the batch: how they moved. */
export function driftRow(name: string, drift: ColumnDrift): ColumnRow {
  return { column: name, matters: mattersOf([], drift), findings: [], drift, skipped: null, profile: null, referenceProfile: null };
}

/** Findings about the batch as a whole: number of rows, duplicates, which columns there are. */
export function findingsOfAll({ dataQuality }: Pick<BatchReport, 'dataQuality'>): Finding[] {
  return dataQuality.findings.filter(({ column }) => column === undefined).sort(byTrouble);
}

/** How many columns each matter has. A column with two is counted twice. */
export function countMatters(rows: readonly ColumnRow[]): Record<Matter, number> {
  const counts: Record<Matter, number> = { failing: 0, moved: 0, unsure: 0, fine: 0 };
  for (const row of rows) for (const matter of row.matters) counts[matter]++;
  return counts;
}

/** Rows with one of these matters, or any where none is named, whose name holds every word that is sought. */
export function filterRows(rows: readonly ColumnRow[], { show, search }: { show: readonly Matter[]; search: string }): ColumnRow[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return rows.filter((row) => {
    if (show.length > 0 && !row.matters.some((matter) => show.includes(matter))) return false;
    const name = words.length === 0 ? '' : row.column.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

/** What is to be read about a column before it is opened: its broken rules, then how it moved; of a fine one, what was seen. */
export function wordsOf({ findings, drift, skipped, matters: of }: ColumnRow): string[] {
  const open = findings.filter(({ verdict }) => verdict !== 'pass');
  const told = open.slice(0, toldMax).map(({ message }) => message);
  const more = open.length > toldMax ? [`${open.length - toldMax} more ${open.length === toldMax + 1 ? 'finding' : 'findings'}`] : [];
  if (drift !== null && (drift.verdict !== 'still' || of[0] === 'fine')) return [...told, ...more, drift.message];
  if (told.length > 0) return [...told, ...more];
  return [skipped !== null ? `not compared: ${skipped}` : `${findings.length} ${findings.length === 1 ? 'check passes' : 'checks pass'}`];
}

const toldMax = 2;
const severityRank = { block: 0, warn: 1, info: 2 } as const;
const isBroken = ({ verdict }: Finding): boolean => verdict === 'fail' || verdict === 'error';

function byTrouble(a: Finding, b: Finding): number {
  return Number(a.verdict === 'pass') - Number(b.verdict === 'pass') || Number(isBroken(b)) - Number(isBroken(a)) || severityRank[a.severity] - severityRank[b.severity] || verdictRank[a.verdict] - verdictRank[b.verdict] || shareOf(b) - shareOf(a);
}

function mattersOf(findings: readonly Finding[], drift: ColumnDrift | null): Matter[] {
  const found: Matter[] = [];
  if (findings.some(isBroken)) found.push('failing');
  if (drift?.verdict === 'moved') found.push('moved');
  if (drift?.verdict === 'inconclusive' || drift?.verdict === 'error' || findings.some(({ verdict }) => verdict === 'inconclusive')) found.push('unsure');
  return found.length === 0 ? ['fine'] : found;
}

const driftRank: Record<DriftVerdict, number> = { moved: 2, error: 3, inconclusive: 5, still: 7 };

/** Broken rules that block, those that warn, what moved, what could not be compared, remarks, what chance may explain, what is fine. */
function rankOf({ findings, drift }: ColumnRow): number {
  const broken = findings.filter(isBroken).map(({ severity }) => ({ block: 0, warn: 1, info: 4 })[severity]);
  const unsure = findings.some(({ verdict }) => verdict === 'inconclusive') ? 6 : 7;
  return Math.min(...broken, unsure, drift === null ? 7 : driftRank[drift.verdict]);
}

/** How far above its floor; labels and predictions before features. */
function strengthOf({ drift }: ColumnRow): number {
  if (drift === null || drift.verdict === 'error') return 0;
  const { effect, role } = drift;
  const strength = (effect.value ?? 0) / (effect.floor > 0 ? effect.floor : 1);
  return drift.verdict === 'still' ? strength / 1e6 : strength + (role === 'feature' ? 0 : 1e6);
}

function shareOf({ failing }: Finding): number {
  return failing === null || failing.of === 0 ? 0 : failing.rows / failing.of;
}

function failingShare({ findings }: ColumnRow): number {
  return Math.max(0, ...findings.filter(isBroken).map(shareOf));
}
