import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What happened, for the person who has to find out why: JSON lines, one file a day, no rows and no secrets. */
export interface Log {
  info(message: string, fields?: Record<string, string | number | boolean | null>): void;
  error(message: string, error: unknown): void;
  close(): Promise<void>;
}

const daysKept = 14;
const bytesKept = 50_000_000;

export async function openLog(folder: string, now: () => Date): Promise<Log> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await forgetOld(folder, now());
  const file = await open(join(folder, `${now().toISOString().slice(0, 10)}.jsonl`), 'a', 0o600);
  let queue: Promise<unknown> = Promise.resolve();
  const write = (entry: object) => {
    const line = JSON.stringify({ at: now().toISOString(), ...entry }) + '\n';
    // A full disk must not end the server; the outcome of work is kept elsewhere.
    queue = queue.then(() => file.appendFile(line)).catch(() => undefined);
  };
  return {
    info: (message, fields = {}) => write({ level: 'info', message, ...fields }),
    error: (message, error) => write({ level: 'error', message, error: error instanceof Error ? (error.stack ?? error.message) : String(error), cause: error instanceof Error && error.cause instanceof Error ? (error.cause.stack ?? null) : null }),
    async close() {
      await queue;
      await file.close();
    },
  };
}

async function forgetOld(folder: string, today: Date): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(name)).sort().reverse();
  const oldest = new Date(today.getTime() - daysKept * 86_400_000).toISOString().slice(0, 10);
  let bytes = 0;
  for (const name of names) {
    bytes += (await stat(join(folder, name))).size;
    if (name.slice(0, 10) < oldest || bytes > bytesKept) await rm(join(folder, name), { force: true });
  }
}
