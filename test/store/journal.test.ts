import { appendFile, mkdtemp, open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal, type JournalEntry, type JournalFile } from '../../server/store/journal.ts';

let folder: string;
let path: string;
const at = new Date('2026-01-02T03:04:05Z');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

async function written(bodies: unknown[]): Promise<void> {
  const journal = await openJournal(path, () => {});
  for (const body of bodies) await journal.append('run', body, at);
  await journal.close();
}

async function replayed(): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  const journal = await openJournal(path, (entry) => entries.push(entry));
  await journal.close();
  return entries;
}

describe('the journal', () => {
  it('gives back what was appended, in order, each line chained to the one before', async () => {
    await written([{ a: 1 }, { b: 'ü' }, { c: null }]);
    const entries = await replayed();
    expect(entries.map((entry) => entry.body)).toEqual([{ a: 1 }, { b: 'ü' }, { c: null }]);
    expect(entries.map((entry) => entry.previous)).toEqual(['0'.repeat(64), entries[0].hash, entries[1].hash]);
  });

  it('keeps appends in order when they are not awaited', async () => {
    const journal = await openJournal(path, () => {});
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append('n', i, at)));
    await journal.close();
    expect((await replayed()).map((entry) => entry.body)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('cuts off a torn last line, keeps it beside the file, and goes on', async () => {
    await written([{ a: 1 }, { b: 'é'.repeat(10) }]);
    await appendFile(path, '{"sequence":3,"at":"2026');
    expect((await replayed()).length).toBe(2);
    expect(await readFile(`${path}.torn`, 'utf8')).toBe('{"sequence":3,"at":"2026');
    await written([{ c: 3 }]);
    expect((await replayed()).map((entry) => entry.sequence)).toEqual([1, 2, 3]);
  });

  it.each([
    ['a changed value', (text: string) => text.replace('"a":1', '"a":2'), 1],
    ['a removed line', (text: string) => text.split('\n').toSpliced(1, 1).join('\n'), 2],
    ['swapped lines', (text: string) => { const [a, b, ...rest] = text.split('\n'); return [b, a, ...rest].join('\n'); }, 1],
    ['a line that is no JSON', (text: string) => text.replace(/^.*$/m, 'garbage'), 1],
  ])('refuses %s and names the line', async (_, damage, line) => {
    await written([{ a: 1 }, { b: 2 }, { c: 3 }]);
    await writeFile(path, damage(await readFile(path, 'utf8')));
    await expect(replayed()).rejects.toMatchObject({ code: 'journal-corrupt', where: { line } });
  });

  it.each([0, 1, 20, 100])('takes back a line of which the disk took only %i bytes, and goes on when there is room again', async (room) => {
    let full = false;
    const journal = await openJournal(path, () => {}, {
      openFile: async () =>
        diskOf(await open(path, 'a'), {
          async appendFile(file, line) {
            if (!full) return file.appendFile(line);
            await file.appendFile(line.slice(0, room));
            throw new Error('ENOSPC: no space left on device, write');
          },
        }),
    });
    await journal.append('run', { a: 1 }, at);
    full = true;
    await expect(journal.append('run', { b: 2 }, at)).rejects.toMatchObject({ code: 'file-unwritable', message: expect.stringContaining('no space left') });
    full = false;
    await journal.append('run', { c: 3 }, at);
    await journal.close();
    expect((await replayed()).map(({ sequence, body }) => [sequence, body])).toEqual([[1, { a: 1 }], [2, { c: 3 }]]);
  });

  it('writes nothing more after a line that can be neither finished nor taken back', async () => {
    const failing = async () => {
      throw new Error('EIO: i/o error');
    };
    const journal = await openJournal(path, () => {}, {
      openFile: async () =>
        diskOf(await open(path, 'a'), {
          async appendFile(file, line) {
            await file.appendFile(line.slice(0, 10));
            return failing();
          },
          truncate: failing,
        }),
    });
    await expect(journal.append('run', { a: 1 }, at)).rejects.toMatchObject({ code: 'file-unwritable' });
    await expect(journal.append('run', { b: 2 }, at)).rejects.toMatchObject({ code: 'file-unwritable', message: expect.stringContaining('half-way') });
    await journal.close();
    expect(await replayed()).toEqual([]);
    expect(await readFile(`${path}.torn`, 'utf8')).toHaveLength(10);
  });
});

/** A real file on a disk that fails where it is told to. */
function diskOf(file: FileHandle, { appendFile = (of, line) => of.appendFile(line), truncate = (of, bytes) => of.truncate(bytes) }: { appendFile?: (file: FileHandle, line: string) => Promise<void>; truncate?: (file: FileHandle, bytes?: number) => Promise<void> }): JournalFile {
  return {
    appendFile: (line) => appendFile(file, String(line)),
    datasync: () => file.datasync(),
    truncate: (bytes) => truncate(file, bytes),
    stat: file.stat.bind(file) as JournalFile['stat'],
    close: () => file.close(),
  };
}
