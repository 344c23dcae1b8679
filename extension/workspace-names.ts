import * as vscode from 'vscode';
import type { ColumnProfile } from '../protocol/datasets.ts';
import { numberText, shareText } from '../protocol/number-text.ts';
import type { BatchReport } from '../protocol/run.ts';
import * as l10n from './l10n.ts';
import type { Log } from './log.ts';
import type { Session } from './session.ts';
import { filePatterns } from './slipway-yaml/file-patterns.ts';
import type { KnownColumn, KnownNames } from './slipway-yaml/known-names.ts';

/** More are of no help in a list to choose from. */
const filesMax = 500;
const batchesMax = 6;
const valuesMax = 30;
const filesKeptMs = 5000;

/** What the workspace holds, from the newest batches and the files; what is not known yet is left out. */
export function openWorkspaceNames(log: Pick<Log, 'debug'>): (session: Session) => Promise<KnownNames> {
  const columnsOfBatch = new Map<string, KnownColumn[]>();
  const files = new WeakMap<Session, { at: number; found: Promise<Pick<KnownNames, 'modelFiles' | 'dataFiles'>> }>();

  async function columnsOf(session: Session): Promise<KnownColumn[]> {
    const newest = new Map((session.snapshot?.batches ?? []).toReversed().map((batch) => [batch.name.split('/')[0], batch.id]));
    const read = await Promise.all([...newest.values()].slice(-batchesMax).map((id) => columnsIn(session, id)));
    return [...new Map(read.flat().toReversed().map((column) => [column.name, column])).values()].toReversed();
  }

  async function columnsIn(session: Session, id: string): Promise<KnownColumn[]> {
    const known = columnsOfBatch.get(id);
    if (known !== undefined) return known;
    // Completion does not wait for a server that is starting.
    if (session.state.name !== 'ready' && vscode.workspace.isTrusted) return [];
    try {
      const { profile }: BatchReport = await session.ask({ ask: 'batch', id });
      const columns = profile.columns.map(knownColumn);
      columnsOfBatch.set(id, columns);
      return columns;
    } catch (error) {
      log.debug(`columns of batch ${id} are not known: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  function filesOf(session: Session): Promise<Pick<KnownNames, 'modelFiles' | 'dataFiles'>> {
    const kept = files.get(session);
    if (kept !== undefined && Date.now() - kept.at < filesKeptMs) return kept.found;
    const found = findFiles(session.folder);
    files.set(session, { at: Date.now(), found });
    return found;
  }

  return async (session) => {
    const [columns, found] = await Promise.all([columnsOf(session), filesOf(session)]);
    const versions = session.snapshot?.models ?? [];
    const models = (session.outline?.models ?? []).map(({ name, task }) => {
      const own = versions.filter(({ model }) => model === name);
      const names = (of: 'inputs' | 'outputs'): string[] => [...new Set(own.flatMap(({ summary }) => (summary?.[of] ?? []).map((tensor) => tensor.name)))];
      return { name, task, versions: own.map(({ version }) => version), inputs: names('inputs'), outputs: names('outputs') };
    });
    return { datasets: (session.outline?.datasets ?? []).map(({ name }) => name), columns, models, ...found };
  };
}

async function findFiles(folder: vscode.WorkspaceFolder): Promise<Pick<KnownNames, 'modelFiles' | 'dataFiles'>> {
  const find = async (pattern: string): Promise<string[]> => {
    const uris = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, pattern), '**/{node_modules,.slipway,.git}/**', filesMax);
    return uris.map((uri) => uri.path.slice(folder.uri.path.length + 1)).sort();
  };
  const [models, data] = await Promise.all([find('**/*.onnx'), find('**/*.{parquet,csv,jsonl,csv.gz,jsonl.gz}')]);
  return { modelFiles: filePatterns(models), dataFiles: filePatterns(data) };
}

function knownColumn({ name, type, rows, nulls, nans, minimum, maximum, distinct, topValues }: ColumnProfile): KnownColumn {
  const bound = (value: string | number): string => (typeof value === 'number' ? numberText(value) : value);
  const parts = [
    type,
    rows === 0 ? null : l10n.t('{0} missing', shareText((nulls + nans) / rows)),
    minimum === null || maximum === null ? null : `${bound(minimum)} … ${bound(maximum)}`,
    distinct === null || distinct.value > 1000 ? null : l10n.t('{0} different values', distinct.value),
  ];
  const fewValues = topValues !== null && distinct !== null && distinct.value <= valuesMax ? topValues.map(({ value }) => value) : [];
  return { name, about: parts.filter((part) => part !== null).join(' · '), values: fewValues };
}
