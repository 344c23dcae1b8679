import { open, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import type { DatasetFormat } from '../../protocol/datasets.ts';
import { Problem } from '../problem.ts';

/** What a file was when it was opened: the same numbers later mean the same bytes. */
export interface FileIdentity {
  path: string;
  bytes: number;
  modifiedNs: bigint;
  device: bigint;
  inode: bigint;
}

export interface InspectedFile extends FileIdentity {
  format: DatasetFormat;
}

/** A regular file under one of the folders, holding what its name says. Opens nothing that could block, such as a pipe. */
export async function inspectFile(path: string, directories: readonly string[]): Promise<InspectedFile> {
  const identity = await identifyFile(path);
  if (!directories.some((directory) => identity.path.startsWith(directory.endsWith(sep) ? directory : directory + sep))) {
    throw new Problem('path-outside-workspace', `${path} leads to ${identity.path}, outside the folders that may be read`, { where: { path } });
  }
  const format = formatOfName(path);
  if (identity.bytes === 0) throw new Problem('dataset-empty', `${path} is empty: 0 bytes`, { where: { path } });
  const head = await readHead(identity.path, 8);
  const found = kindOfContent(head);
  const expected = format === 'parquet' ? 'Parquet' : format.endsWith('.gz') ? 'gzip' : 'text';
  if (found !== expected) {
    throw new Problem('dataset-corrupt', `${path} is named as ${expected === 'text' ? format.toUpperCase() : expected} but holds ${found}`, { where: { path } });
  }
  return { ...identity, format };
}

export async function identifyFile(path: string): Promise<FileIdentity> {
  try {
    const real = await realpath(path);
    const status = await stat(real, { bigint: true });
    if (!status.isFile()) {
      throw new Problem('file-unreadable', `${path} is ${status.isDirectory() ? 'a folder' : 'not a regular file'}`, { where: { path } });
    }
    return { path: real, bytes: Number(status.size), modifiedNs: status.mtimeNs, device: status.dev, inode: status.ino };
  } catch (error) {
    if (error instanceof Problem) throw error;
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    throw new Problem(missing ? 'file-missing' : 'file-unreadable', `${path}: ${missing ? 'no such file' : String(error)}`, { cause: error, where: { path } });
  }
}

/** Throws when one of the files is no longer the one that was opened. */
export async function assertUnchanged(files: readonly FileIdentity[]): Promise<void> {
  for (const file of files) {
    const now = await identifyFile(file.path).catch((error: unknown) => {
      throw new Problem('dataset-changed', `${file.path} went away while it was read`, { cause: error, where: { path: file.path } });
    });
    if (now.bytes !== file.bytes || now.modifiedNs !== file.modifiedNs || now.inode !== file.inode || now.device !== file.device) {
      throw new Problem('dataset-changed', `${file.path} changed while it was read`, { where: { path: file.path } });
    }
  }
}

function formatOfName(path: string): DatasetFormat {
  const name = path.toLowerCase();
  if (/\.(parquet|pq)$/.test(name)) return 'parquet';
  if (/\.(csv|tsv)$/.test(name)) return 'csv';
  if (/\.(csv|tsv)\.gz$/.test(name)) return 'csv.gz';
  if (/\.(jsonl|ndjson)$/.test(name)) return 'jsonl';
  if (/\.(jsonl|ndjson)\.gz$/.test(name)) return 'jsonl.gz';
  throw new Problem('dataset-unsupported', `${path}: the name does not say a format that can be read`, { where: { path } });
}

const magics: [bytes: readonly number[], name: string][] = [
  [[0x50, 0x41, 0x52, 0x31], 'Parquet'],
  [[0x50, 0x41, 0x52, 0x45], 'encrypted Parquet'],
  [[0x1f, 0x8b], 'gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'Arrow'],
  [[0x4f, 0x62, 0x6a, 0x01], 'Avro'],
  [[0x4f, 0x52, 0x43], 'ORC'],
  [[0x25, 0x50, 0x44, 0x46], 'PDF'],
  [[0xff, 0xfe], 'UTF-16 text'],
  [[0xfe, 0xff], 'UTF-16 text'],
];

function kindOfContent(head: Uint8Array): string {
  // A CSV whose first column is called "ORC" or "BZh…" is text all the same: such names count only with bytes that text never has.
  for (const [bytes, name] of magics) {
    if (bytes.every((byte, index) => head[index] === byte) && !(name === 'ORC' || name === 'bzip2' ? isPlainText(head) : false)) return name;
  }
  return head.includes(0) ? 'binary data' : 'text';
}

function isPlainText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

async function readHead(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new Problem('file-unreadable', `${path}: ${String(error)}`, { cause: error, where: { path } });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
