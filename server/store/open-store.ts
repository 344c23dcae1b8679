import { constants } from 'node:fs';
import { access, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchReport, BatchSummary, RunReport, RunSummary } from '../../protocol/run.ts';
import type { ModelSummary } from '../../protocol/registry.ts';
import type { ShadowRecord, ShadowSummary } from '../../protocol/shadow.ts';
import type { Statement } from '../../protocol/workspace.ts';
import { openDatabase, type Database } from '../engines/duckdb.ts';
import { Problem } from '../problem.ts';
import { openBlobs, type Blobs } from './blobs.ts';
import { openJournal, type Journal, type JournalEntry } from './journal.ts';
import { migrations } from './migrations.ts';

/** A model version as it was registered. */
export interface ModelRecord {
  model: string;
  version: string;
  digest: string;
  /** Relative to the workspace. */
  path: string;
  bytes: number;
  seenAt: string;
  /** Null where a version is columns of the data. */
  summary: ModelSummary | null;
}

/**
 * What is known about a workspace. A decision counts when its journal line is on the disk; DuckDB answers questions about them.
 * `evidenceKey` is the digest of everything a result rests on: the same key means the same result, so it is not computed again.
 */
export interface Store {
  /** What opening found and mended; empty when all was well. */
  readonly notes: string[];
  saveModel(record: ModelRecord): Promise<void>;
  saveRun(report: RunReport, summary: RunSummary, evidenceKey: string): Promise<void>;
  saveBatch(report: BatchReport, summary: BatchSummary, evidenceKey: string): Promise<void>;
  saveStatement(statement: Statement): Promise<void>;
  /** Saved again under its id, a comparison takes the place of what it was. */
  saveShadow(record: ShadowRecord): Promise<void>;
  models(): Promise<ModelRecord[]>;
  runs(filter?: { model?: string; limit?: number }): Promise<RunSummary[]>;
  findRun(evidenceKey: string): Promise<RunSummary | null>;
  /** By id or by a prefix of it that names one run. */
  readRun(id: string): Promise<RunReport>;
  batches(filter?: { dataset?: string; limit?: number }): Promise<BatchSummary[]>;
  /** Null also where the saved report is damaged: it is then made again. */
  findBatch(evidenceKey: string): Promise<BatchReport | null>;
  readBatch(id: string): Promise<BatchReport>;
  /** Newest first. */
  shadows(filter?: { model?: string }): Promise<ShadowSummary[]>;
  /** By id or by a prefix of it that names one comparison. */
  readShadow(id: string): Promise<ShadowRecord>;
  /** Of these two files, by their digests; newest first. */
  findShadow(model: string, production: string, candidate: string): Promise<ShadowSummary[]>;
  /** All that was ever stated about a model, oldest first. */
  statements(model: string): Promise<Statement[]>;
  close(): Promise<void>;
}

/** @param folder the workspace's `.slipway` */
export async function openStore(folder: string, now: () => Date): Promise<Store> {
  await makeStoreFolder(folder);
  const notes: string[] = [];
  const database = await openProjection(join(folder, 'slipway.duckdb'), notes, now);
  let journal: Journal;
  try {
    journal = await catchUp(join(folder, 'journal.jsonl'), database, notes);
  } catch (error) {
    await database.close();
    throw error instanceof Problem || !isOfTheDisk(error) ? error : unwritable(folder, error);
  }
  return storeOver(folder, database, journal, openBlobs(join(folder, 'blobs')), notes, now);
}

/** The workspace's `.slipway`. Nothing is opened in a folder that cannot be written: a database that cannot be repaired must not be taken for a broken one. */
export async function makeStoreFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
    await writeFile(join(folder, '.gitignore'), '*\n');
  } catch (error) {
    throw unwritable(folder, error);
  }
}

function unwritable(path: string, cause: unknown): Problem {
  return new Problem('file-unwritable', `Nothing can be saved in ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, where: { path } });
}

/** Rights, room or the device: what the person can mend, where anything else would be a bug. */
function isOfTheDisk(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function storeOver(folder: string, database: Database, journal: Journal, blobs: Blobs, notes: string[], now: () => Date): Store {
  const documents = async <T>(sql: string, parameters: (string | number)[]): Promise<T[]> =>
    (await database.rows(sql, parameters)).map((row) => JSON.parse(String(row.document)) as T);

  /** In the journal, not yet in the database. What is in the journal counts, so the next entry brings them along. */
  const behind: JournalEntry[] = [];
  let recording: Promise<unknown> = Promise.resolve();

  /** One after the other: the database follows the journal in its order. */
  function record(kind: string, body: object): Promise<void> {
    const recorded = recording.then(async () => {
      behind.push(await journal.append(kind, body, now()));
      await project(database, behind);
      behind.length = 0;
    });
    recording = recorded.catch(() => undefined);
    return recorded;
  }

  async function save(kind: string, document: object, about: object): Promise<void> {
    const report = await blobs.put(document).catch((error: unknown) => {
      throw unwritable(folder, error);
    });
    await record(kind, { ...about, report });
  }

  async function onlyOne(table: keyof typeof namesOf, id: string): Promise<unknown> {
    const rows = await database.rows(`SELECT id, last(report ORDER BY sequence) AS report FROM ${table} WHERE starts_with(id, ?) GROUP BY id LIMIT 3`, [id]);
    const { one, many } = namesOf[table];
    if (rows.length === 0) throw new Problem('run-missing', `No ${one} ${id} is saved`);
    if (rows.length > 1) throw new Problem('run-missing', `${id} names more than one of the saved ${many}; give more of its letters`);
    return blobs.get(String(rows[0].report));
  }

  return {
    notes,
    saveModel: (model) => record('model', model),
    saveRun: (report, summary, evidenceKey) => save('run', report, { summary, evidenceKey }),
    saveBatch: (report, summary, evidenceKey) => save('batch', report, { summary, evidenceKey }),
    saveStatement: (statement) => record('statement', statement),
    saveShadow: (shadow) => save('shadow', shadow, { summary: shadow.summary, digests: [shadow.report.production.digest ?? '', shadow.report.candidate.digest ?? ''] }),
    async models() {
      return documents<ModelRecord>('SELECT document FROM models ORDER BY sequence', []);
    },
    async runs({ model, limit = 10_000 } = {}) {
      return model === undefined
        ? documents<RunSummary>('SELECT summary AS document FROM runs ORDER BY sequence DESC LIMIT ?', [limit])
        : documents<RunSummary>('SELECT summary AS document FROM runs WHERE model = ? ORDER BY sequence DESC LIMIT ?', [model, limit]);
    },
    async findRun(evidenceKey) {
      const found = await documents<RunSummary>('SELECT summary AS document FROM runs WHERE evidence_key = ? ORDER BY sequence DESC LIMIT 1', [evidenceKey]);
      return found[0] ?? null;
    },
    async readRun(id) {
      return (await onlyOne('runs', id)) as RunReport;
    },
    async batches({ dataset, limit = 10_000 } = {}) {
      return dataset === undefined
        ? documents<BatchSummary>('SELECT summary AS document FROM batches ORDER BY sequence DESC LIMIT ?', [limit])
        : documents<BatchSummary>('SELECT summary AS document FROM batches WHERE dataset = ? ORDER BY sequence DESC LIMIT ?', [dataset, limit]);
    },
    async findBatch(evidenceKey) {
      const rows = await database.rows('SELECT report FROM batches WHERE evidence_key = ? ORDER BY sequence DESC LIMIT 1', [evidenceKey]);
      if (rows.length === 0) return null;
      return blobs.get(String(rows[0].report)).then((report) => report as BatchReport, (error: unknown) => {
        if (error instanceof Problem && error.code === 'store-corrupt') return null;
        throw error;
      });
    },
    async readBatch(id) {
      return (await onlyOne('batches', id)) as BatchReport;
    },
    async shadows({ model } = {}) {
      const latest = 'SELECT last(summary ORDER BY sequence) AS document FROM shadows';
      return model === undefined
        ? documents<ShadowSummary>(`${latest} GROUP BY id ORDER BY min(sequence) DESC`, [])
        : documents<ShadowSummary>(`${latest} WHERE model = ? GROUP BY id ORDER BY min(sequence) DESC`, [model]);
    },
    async readShadow(id) {
      return (await onlyOne('shadows', id)) as ShadowRecord;
    },
    findShadow: (model, production, candidate) =>
      documents<ShadowSummary>('SELECT last(summary ORDER BY sequence) AS document FROM shadows WHERE model = ? AND production_digest = ? AND candidate_digest = ? GROUP BY id ORDER BY min(sequence) DESC', [model, production, candidate]),
    statements: (model) => documents<Statement>('SELECT document FROM statements WHERE model = ? ORDER BY sequence', [model]),
    async close() {
      await recording;
      await journal.close();
      await database.close();
    },
  };
}

const namesOf = { runs: { one: 'run', many: 'runs' }, batches: { one: 'batch', many: 'batches' }, shadows: { one: 'comparison', many: 'comparisons' } };

/** Reads the whole journal, checks its chain, and applies what the database has not seen. */
async function catchUp(path: string, database: Database, notes: string[]): Promise<Journal> {
  const entries: JournalEntry[] = [];
  const journal = await openJournal(path, (entry) => entries.push(entry));
  try {
    const [last] = await database.rows('SELECT sequence, hash FROM applied ORDER BY sequence DESC LIMIT 1');
    const applied = last === undefined ? 0 : Number(last.sequence);
    if (applied > entries.length || (applied > 0 && entries[applied - 1].hash !== last.hash)) {
      throw new Problem('journal-corrupt', 'The database knows decisions that the journal does not hold', { where: { path } });
    }
    const missing = entries.slice(applied);
    if (missing.length > 0) {
      await project(database, missing);
      notes.push(`${missing.length} saved ${missing.length === 1 ? 'entry was' : 'entries were'} re-applied from the journal`);
    }
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

async function project(database: Database, entries: JournalEntry[]): Promise<void> {
  await database.transaction(async (session) => {
    for (const entry of entries) {
      const statement = statementOf(entry);
      if (statement !== null) await session.run(statement.sql, statement.parameters);
    }
    const last = entries[entries.length - 1];
    await session.run('DELETE FROM applied');
    await session.run('INSERT INTO applied VALUES (?, ?)', [last.sequence, last.hash]);
  });
}

function statementOf(entry: JournalEntry): { sql: string; parameters: (string | number)[] } | null {
  switch (entry.kind) {
    case 'model': {
      const model = entry.body as ModelRecord;
      return {
        sql: 'INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        parameters: [model.model, model.version, model.digest, model.path, model.bytes, model.seenAt, JSON.stringify(model), entry.sequence],
      };
    }
    case 'run': {
      const { summary, evidenceKey, report } = entry.body as { summary: RunSummary; evidenceKey: string; report: string };
      return {
        sql: 'INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        parameters: [summary.id, summary.model, summary.version, summary.digest, evidenceKey, summary.startedAt, summary.decision.verdict, JSON.stringify(summary), report, entry.sequence],
      };
    }
    case 'batch': {
      const { summary, evidenceKey, report } = entry.body as { summary: BatchSummary; evidenceKey: string; report: string };
      return {
        sql: 'INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        parameters: [summary.id, summary.name, summary.digest, evidenceKey, summary.checkedAt, JSON.stringify(summary), report, entry.sequence],
      };
    }
    case 'shadow': {
      const { summary, digests, report } = entry.body as { summary: ShadowSummary; digests: [string, string]; report: string };
      return { sql: 'INSERT INTO shadows VALUES (?, ?, ?, ?, ?, ?, ?)', parameters: [summary.id, summary.model, ...digests, JSON.stringify(summary), report, entry.sequence] };
    }
    case 'statement': {
      const statement = entry.body as Statement;
      return { sql: 'INSERT INTO statements VALUES (?, ?, ?)', parameters: [statement.model, JSON.stringify(statement), entry.sequence] };
    }
    default:
      // Written by a later version: kept in the journal, not shown here.
      return null;
  }
}

async function openProjection(path: string, notes: string[], now: () => Date): Promise<Database> {
  try {
    return await migrated(await openDatabase(path));
  } catch (error) {
    if (error instanceof Problem) throw error;
    return withRecoveryLock(`${path}.recovering`, async () => {
      const suffix = `.corrupt-${now().toISOString().replace(/[:.]/g, '-')}`;
      if (await isThere(`${path}.wal`)) {
        await rename(`${path}.wal`, `${path}.wal${suffix}`);
        notes.push(`The write-ahead log could not be replayed and was set aside as ${`slipway.duckdb.wal${suffix}`}`);
        const reopened = await openDatabase(path).then(migrated).catch((again: unknown) => {
          if (again instanceof Problem) throw again;
          return null;
        });
        if (reopened !== null) return reopened;
      }
      if (await isThere(path)) await rename(path, `${path}${suffix}`);
      notes.push(`The database could not be opened (${error instanceof Error ? error.message.split('\n')[0] : String(error)}); it was set aside as slipway.duckdb${suffix} and rebuilt from the journal`);
      return migrated(await openDatabase(path));
    });
  }
}

async function migrated(database: Database): Promise<Database> {
  try {
    await database.run('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
    const [row] = await database.rows('SELECT max(version) AS version FROM schema_version');
    const version = Number(row.version ?? 0);
    if (version > migrations.length) throw new Problem('store-newer', `This workspace was written by a newer Slipway (schema ${version}, this one knows ${migrations.length})`);
    for (let next = version; next < migrations.length; next++) {
      await database.transaction(async (session) => {
        for (const statement of migrations[next]) await session.run(statement);
        await session.run('INSERT INTO schema_version VALUES (?)', [next + 1]);
      });
    }
    // Replaying DDL from a write-ahead log is where upstream bugs have been.
    if (version < migrations.length) await database.run('CHECKPOINT');
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Setting a broken database aside must be done by one process; the folder is the lock, the pid in it tells whether it is stale. */
async function withRecoveryLock<T>(folder: string, recover: () => Promise<T>): Promise<T> {
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || (await isOwnerAlive(folder))) {
      throw new Problem('store-locked', 'Another process is repairing this workspace', { cause: error });
    }
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
  }
  await writeFile(join(folder, 'pid'), String(process.pid));
  try {
    return await recover();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isOwnerAlive(folder: string): Promise<boolean> {
  try {
    const file = await open(join(folder, 'pid'), 'r');
    const pid = Number(await file.readFile('utf8'));
    await file.close();
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch {
    // No pid file or no such process: whoever made the folder is gone.
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
