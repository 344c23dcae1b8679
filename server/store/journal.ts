import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../engines/durable-file.ts';
import { Problem } from '../problem.ts';

/** One line of the journal. `hash` covers everything before it, so a changed, lost or reordered line shows. */
export interface JournalEntry {
  sequence: number;
  at: string;
  kind: string;
  body: unknown;
  previous: string;
  hash: string;
}

export interface Journal {
  readonly last: { sequence: number; hash: string };
  /** Resolves when the entry is on the disk. Appends are done one after the other. */
  append(kind: string, body: unknown, at: Date): Promise<JournalEntry>;
  close(): Promise<void>;
}

const origin = '0'.repeat(64);

/** What appending asks of a file; a test may put a failing disk here. */
export type JournalFile = Pick<FileHandle, 'appendFile' | 'datasync' | 'truncate' | 'stat' | 'close'>;

/**
 * Opens the journal for appending and hands every entry to `replay`, oldest first.
 * A torn last line (the process died while writing it, so nobody was told it was saved) is cut off and kept beside the file.
 * A break anywhere else is `journal-corrupt`: nothing is repaired in silence.
 */
export async function openJournal(path: string, replay: (entry: JournalEntry) => void, { openFile = openForAppending }: { openFile?: (path: string) => Promise<JournalFile> } = {}): Promise<Journal> {
  const text = await readWhole(path);
  let last = { sequence: 0, hash: origin };
  let start = 0;
  let line = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    if (end === -1) {
      await setTornLineAside(path, text.slice(start), Buffer.byteLength(text.slice(0, start)));
      break;
    }
    line++;
    const entry = parseEntry(text.slice(start, end), last, path, line);
    replay(entry);
    last = { sequence: entry.sequence, hash: entry.hash };
    start = end + 1;
  }
  const file = await openFile(path);
  await syncFolder(dirname(path));
  return appendable(file, path, (await file.stat()).size, last);
}

function openForAppending(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND, 0o600);
}

function appendable(file: JournalFile, path: string, bytes: number, last: Journal['last']): Journal {
  let queue: Promise<unknown> = Promise.resolve();
  let broken = false;
  const unwritable = (cause: unknown) => new Problem('file-unwritable', `The journal cannot be written: ${messageOf(cause)}`, { cause, where: { path } });
  const journal: Journal = {
    last,
    append(kind, body, at) {
      const write = queue.then(async () => {
        if (broken) throw unwritable(new Error('an earlier write stopped half-way, so nothing more is appended'));
        const unsigned = { sequence: last.sequence + 1, at: at.toISOString(), kind, body, previous: last.hash };
        const entry: JournalEntry = { ...unsigned, hash: hashOf(unsigned) };
        const line = `${JSON.stringify(entry)}\n`;
        try {
          await file.appendFile(line);
          await file.datasync();
        } catch (error) {
          // What got through must not stand before the next line; where even that fails, no line follows.
          broken = await file.truncate(bytes).then(() => file.datasync()).then(() => false, () => true);
          throw unwritable(error);
        }
        bytes += Buffer.byteLength(line);
        last.sequence = entry.sequence;
        last.hash = entry.hash;
        return entry;
      });
      queue = write.catch(() => undefined);
      return write;
    },
    async close() {
      await queue;
      await file.close();
    },
  };
  return journal;
}

function parseEntry(text: string, last: Journal['last'], path: string, line: number): JournalEntry {
  const corrupt = (what: string, cause?: unknown) => new Problem('journal-corrupt', `Journal line ${line}: ${what}`, { cause, where: { path, line } });
  let entry: JournalEntry;
  try {
    entry = JSON.parse(text) as JournalEntry;
  } catch (error) {
    throw corrupt('not JSON', error);
  }
  const { hash, ...unsigned } = entry;
  if (entry.sequence !== last.sequence + 1) throw corrupt(`sequence ${entry.sequence} follows ${last.sequence}`);
  if (entry.previous !== last.hash) throw corrupt('does not follow the line before it');
  if (hash !== hashOf(unsigned)) throw corrupt('its hash does not match its content');
  return entry;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hashOf(unsigned: Omit<JournalEntry, 'hash'>): string {
  return createHash('sha256').update(JSON.stringify(unsigned)).digest('hex');
}

async function readWhole(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function setTornLineAside(path: string, torn: string, keepBytes: number): Promise<void> {
  const aside = `${path}.torn`;
  const file = await open(`${aside}.tmp`, 'w', 0o600);
  await file.writeFile(torn);
  await file.close();
  await rename(`${aside}.tmp`, aside);
  await truncate(path, keepBytes);
}
