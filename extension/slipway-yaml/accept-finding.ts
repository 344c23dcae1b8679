import type { Check, Finding } from '../../protocol/data-quality.ts';
import type { ColumnDrift } from '../../protocol/drift.ts';
import type { BatchReport } from '../../protocol/run.ts';
import { addItem, applyEdits, itemOnLine, setKey } from './edit-yaml.ts';
import { type KeyPath, keysOf, nodeAt, readYaml } from './read-yaml.ts';
import { yamlText } from './yaml-text.ts';

/**
 * slipway.yaml with what accepts a finding of a batch: the item that the finding itself proposes, for that dataset alone;
 * of a check that is written there, its own keys. Null where there is nothing to write: then the data is to be mended.
 *
 * @param id of a data-quality finding, or `drift:` and the name of a column
 */
export function acceptFinding(text: string, batch: BatchReport, id: string): string | null {
  if (id.startsWith('drift:')) {
    const moved = batch.drift?.columns.find(({ column }) => column === id.slice('drift:'.length));
    return moved === undefined ? null : acceptDrift(text, moved);
  }
  const finding = batch.dataQuality.findings.find((each) => each.id === id);
  if (finding === undefined || finding.verdict === 'pass') return null;
  const wanted = finding.check.kind === 'allowed_values' ? newValues(finding, finding.check, batch) : proposal(finding);
  if (wanted === null) return null;
  return finding.check.suggested === true || finding.check.line === undefined ? addCheck(text, wanted, finding, batch.profile.name) : changeCheck(text, finding.check.line, wanted);
}

type Wanted = Map<string, string>;

/** The keys of the item that `next` says to write. */
function proposal({ next }: Finding): Wanted | null {
  const item = /under checks: - (\{.*\})$/s.exec(next ?? '')?.[1];
  const node = item === undefined ? null : readYaml(item);
  if (item === undefined || node?.kind !== 'map') return null;
  return new Map(node.entries.map(({ key, value }) => [key, item.slice(value.start, value.end)]));
}

/** The values so far and the new ones; where these are too many to be told, the share of rows that have them. */
function newValues(finding: Finding, check: Extract<Check, { kind: 'allowed_values' }>, { drift }: BatchReport): Wanted | null {
  const moved = drift?.columns.find(({ column }) => column === check.column);
  const known = new Set(check.values.map(String));
  const added = (moved?.newCategories ?? []).map(({ value }) => value).filter((value) => !known.has(value));
  const isComplete = moved !== undefined && added.length > 0 && moved.newCategories.length === moved.newCategoriesTotal.categories;
  const share = finding.value?.value;
  const areNumbers = check.values.every((value) => typeof value === 'number');
  const values = isComplete ? [...check.values, ...added.map((value) => (areNumbers && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value))] : check.values;
  const wanted = new Map([['column', yamlText(check.column)], ['values', `[${values.map(yamlText).join(', ')}]`]]);
  if (isComplete) return wanted;
  return share == null ? null : wanted.set('tolerate', `${Number((Math.ceil(share * 1000) / 10).toFixed(1))}%`);
}

function addCheck(text: string, wanted: Wanted, { check }: Finding, batch: string): string | null {
  // A batch of several is called after its dataset and file, and no dataset has a slash in its name.
  const keys = new Map([...wanted, ['on', yamlText(batch.split('/')[0])], ...(check.severity === 'block' ? [] : [['severity', check.severity] as const])]);
  const item = `{${[...keys].map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
  const edit = addItem(text, checksPath(text), item);
  return edit === null ? null : applyEdits(text, [edit]);
}

function changeCheck(text: string, line: number, wanted: Wanted): string | null {
  const path = itemOnLine(text, line, isChecks);
  if (path === null) return null;
  const written = keysOf(nodeAt(readYaml(text), path));
  let changed: string = text;
  for (const [key, value] of wanted) {
    // A rule for several columns names them itself.
    if (key === 'column' && written.includes('column')) continue;
    const edit = setKey(changed, path, key, value);
    if (edit === null) return null;
    changed = applyEdits(changed, [edit]);
  }
  return changed;
}

/** Beyond the effect that was measured, the column counts as moved again. */
function acceptDrift(text: string, { column, effect }: ColumnDrift): string | null {
  if (effect.value === null) return null;
  const floor = Math.min(1, Math.ceil(effect.value * 100) / 100);
  const edit = setKey(text, ['drift', 'columns'], yamlText(column), String(floor));
  return edit === null ? null : applyEdits(text, [edit]);
}

function checksPath(text: string): KeyPath {
  return nodeAt(readYaml(text), ['checks'])?.kind === 'map' ? ['checks', 'rules'] : ['checks'];
}

function isChecks(path: KeyPath): boolean {
  return path[0] === 'checks' && (path.length === 1 || (path.length === 2 && path[1] === 'rules'));
}
