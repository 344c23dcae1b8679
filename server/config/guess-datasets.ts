import type { ColumnProfile } from '../../protocol/datasets.ts';
import type { DatasetRole } from '../../protocol/gates.ts';

/** A data file that was found, with what is known of its columns. */
export interface FoundData {
  /** Relative to the workspace, with `/`. */
  path: string;
  rows: number;
  columns: FoundColumn[];
}

export type FoundColumn = Pick<ColumnProfile, 'name' | 'kind' | 'distinct' | 'topValues'>;

export interface GuessedDataset {
  role: DatasetRole;
  /** File or pattern. */
  path: string;
  /** The file whose columns stand for all. */
  data: FoundData;
  /** Why this role, when its name did not say so. */
  guess: string | null;
}

const wordsOfRole: Record<DatasetRole, readonly string[]> = {
  reference: ['reference', 'ref', 'train', 'training', 'baseline'],
  holdout: ['holdout', 'heldout', 'test', 'testing', 'valid', 'validation', 'val', 'eval', 'evaluation', 'dev'],
  current: ['current', 'prod', 'production', 'live', 'latest', 'recent', 'serving', 'incoming', 'new'],
  cases: ['cases', 'curated', 'golden', 'regression', 'examples'],
};

/** Which file plays which role, by its name first, then by its folder, its date and its size. At most one dataset for a role. */
export function guessDatasets(found: readonly FoundData[]): GuessedDataset[] {
  const candidates: GuessedDataset[] = [];
  const spare: FoundData[] = [];
  const dated = new Map<string, FoundData[]>();
  for (const data of [...found].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))) {
    const folder = folderOf(data.path);
    const own = roleOf(stemOf(data.path));
    const role = own ?? roleOf(folder.split('/').at(-1) ?? '');
    if (role === 'current' && own === null) {
      const path = `${folder}/*.${extensionOf(data.path)}`;
      if (!candidates.some((candidate) => candidate.path === path)) candidates.push({ role, path, data, guess: null });
    } else if (role !== null) candidates.push({ role, path: data.path, data, guess: null });
    else if (isDate(stemOf(data.path))) dated.set(folder, [...(dated.get(folder) ?? []), data]);
    else spare.push(data);
  }
  const guessed = bestOfEachRole(candidates);
  const batches = [...dated.entries()].find(([, files]) => files.length > 1);
  if (batches !== undefined && !guessed.has('current')) guessed.set('current', { role: 'current', path: `${batches[0] === '' ? '' : `${batches[0]}/`}*.${extensionOf(batches[1][0].path)}`, data: batches[1][0], guess: 'a file for each date' });

  const bySize = spare.toSorted((a, b) => b.rows - a.rows);
  const fill = (role: DatasetRole, why: string) => {
    const data = guessed.has(role) ? undefined : bySize.shift();
    if (data !== undefined) guessed.set(role, { role, path: data.path, data, guess: why });
  };
  if (bySize.length > 1 || guessed.has('holdout')) fill('reference', 'the largest file');
  fill('holdout', bySize.length === 0 && !guessed.has('reference') ? 'the only file' : 'the next largest file');
  return (['reference', 'holdout', 'current', 'cases'] as const).flatMap((role) => guessed.get(role) ?? []);
}

/** Of several files for a role, one whose neighbours play the other roles; then the largest. */
function bestOfEachRole(candidates: readonly GuessedDataset[]): Map<DatasetRole, GuessedDataset> {
  const home = ({ path, role }: GuessedDataset) => (role === 'current' && path.includes('*') ? folderOf(folderOf(path)) : folderOf(path));
  const company = (candidate: GuessedDataset) => new Set(candidates.filter((other) => home(other) === home(candidate)).map(({ role }) => role)).size;
  const best = new Map<DatasetRole, GuessedDataset>();
  for (const candidate of candidates) {
    const rival = best.get(candidate.role);
    if (rival === undefined || company(candidate) > company(rival) || (company(candidate) === company(rival) && candidate.data.rows > rival.data.rows)) best.set(candidate.role, candidate);
  }
  return best;
}

function roleOf(name: string): DatasetRole | null {
  const words = name.toLowerCase().split(/[^a-z]+/);
  for (const role of ['cases', 'reference', 'holdout', 'current'] as const) if (words.some((word) => wordsOfRole[role].includes(word))) return role;
  return null;
}

function isDate(stem: string): boolean {
  return /(^|[^\d])(19|20)\d\d[-_]?(0[1-9]|1[0-2])/.test(stem);
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

function stemOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\..*$/, '');
}

function extensionOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/^[^.]*\./, '');
}
