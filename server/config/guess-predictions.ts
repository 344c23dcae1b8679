import type { Task } from '../../protocol/evaluation.ts';
import type { FoundColumn, FoundData } from './guess-datasets.ts';

/** Versions whose answers are columns of the data, as logged or batch-scored predictions are. */
export interface GuessedPredictions {
  task: Task;
  because: string;
  target: string | null;
  /** Generation: the columns with accepted texts. */
  references: string[];
  query: string | null;
  item: string | null;
  /** Lowest version first. */
  versions: { version: string; column: string }[];
}

const answers = /^(?<stem>score|pred|prediction|predicted|prob|proba|probability|text|output|answer|generated|y_?(?:pred|score|hat|prob))[_\-. ](?<version>v?\d+(?:[._]\d+)*|champion|candidate|challenger|baseline)$/i;
const queries = /^(query|session|request|search|list)(_?id)?$/i;
const items = /^(item|doc|document|product|candidate)(_?id)?$/i;
const grades = /^(relevance|relevant|rel|grade|gain|label|clicked)$/i;
const acceptedTexts = /^(reference|expected|target|gold|truth)(_?(text|answer))?s?_?\d*$/i;
const targets = /^(target|label|y|y_true|actual|outcome|ground_truth|truth)$/i;

/** Columns called like answers of several versions (`score_v1`, `score_v2`), and what they answer. */
export function guessPredictions({ columns }: FoundData): GuessedPredictions | null {
  const families = new Map<string, { version: string; column: FoundColumn }[]>();
  for (const column of columns) {
    const { stem, version } = answers.exec(column.name)?.groups ?? {};
    if (stem !== undefined && version !== undefined) families.set(stem.toLowerCase(), [...(families.get(stem.toLowerCase()) ?? []), { version, column }]);
  }
  const [family] = [...families.values()].sort((a, b) => b.length - a.length);
  if (family === undefined) return null;
  const named = (pattern: RegExp): string[] => columns.filter(({ name }) => pattern.test(name)).map(({ name }) => name);
  const versions = family.map(({ version, column }) => ({ version, column: column.name })).sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
  const guess = { versions, references: [], query: null, item: null };
  const isText = family.every(({ column: { kind } }) => kind === 'text' || kind === 'categorical' || kind === 'identifier');
  if (isText) return { ...guess, task: 'generation', because: 'the answers are texts', target: null, references: named(acceptedTexts) };
  const [query] = named(queries);
  if (query !== undefined) return { ...guess, task: 'ranking', because: `\`${query}\` makes lists`, target: named(grades)[0] ?? null, query, item: named(items)[0] ?? null };
  const target = columns.find(({ name }) => targets.test(name));
  const twoValues = target?.distinct?.value === 2;
  return { ...guess, task: twoValues ? 'binary' : 'regression', because: twoValues ? `\`${target.name}\` has two values` : 'the answers are numbers', target: target?.name ?? null };
}
