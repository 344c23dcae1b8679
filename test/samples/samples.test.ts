import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../samples');
const samples = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

interface Cell {
  cell_type: 'code' | 'markdown';
  source: string | string[];
  execution_count?: number | null;
  outputs?: { output_type: string }[];
}

function notebook(sample: string): { text: string; code: Cell[] } {
  const text = readFileSync(join(root, sample, 'notebook.ipynb'), 'utf8');
  const { cells } = JSON.parse(text) as { cells: Cell[] };
  return { text, code: cells.filter((cell) => cell.cell_type === 'code') };
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.slipway'))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('samples', () => {
  it('together take at most 25 MB', () => {
    const bytes = files(root).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes).toBeGreaterThan(1e6);
    expect(bytes).toBeLessThanOrEqual(25e6);
  });

  it('are the ones the overview lists', () => {
    const overview = readFileSync(join(root, 'README.md'), 'utf8');
    expect([...overview.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name).sort()).toEqual([...samples].sort());
  });
});

describe.each(samples)('sample %s', (sample) => {
  it('says where its data come from and under which licence', () => {
    const readme = readFileSync(join(root, sample, 'README.md'), 'utf8');
    const section = readme.split('## Provenance and licence\n')[1];
    expect(section).toMatch(/CC0 1\.0|CC BY 4\.0|BSD-3-Clause/);
  });

  it('keeps a notebook that was executed from top to bottom without an error', () => {
    const { code } = notebook(sample);
    expect(code.map((cell) => cell.execution_count)).toEqual(code.map((_, index) => index + 1));
    expect(code.flatMap((cell) => cell.outputs ?? []).filter((output) => output.output_type === 'error')).toEqual([]);
    expect(code.some((cell) => cell.outputs?.length)).toBe(true);
  });

  it('names no path of the machine it was made on', () => {
    expect(notebook(sample).text.match(/(?<![\w.])\/(?:tmp|home|root|Users|usr|var|opt|work|private)\/|[A-Z]:\\\\/g)).toBeNull();
  });

  it('imports only packages whose versions are pinned', () => {
    const pinned = readFileSync(join(root, 'requirements.txt'), 'utf8').match(/^[a-z][\w-]*(?===)/gim) ?? [];
    const standard = ['inspect', 'json', 'logging', 'pathlib', 're', 'subprocess', 'sys', 'tarfile', 'tempfile'];
    const source = notebook(sample).code.map((cell) => [cell.source].flat().join('')).join('\n');
    const imported = [...source.matchAll(/^(?:import|from) (\w+)/gm)].map(([, name]) => (name === 'sklearn' ? 'scikit-learn' : name));
    expect(imported.filter((name) => ![...pinned, ...standard].includes(name))).toEqual([]);
  });
});

describe('the bad batch', () => {
  const batch = join(root, 'flight-delay/bad-batch');
  const { faults, asOf } = JSON.parse(readFileSync(join(batch, 'faults.json'), 'utf8')) as {
    asOf: string;
    faults: { id: string; file: string; expect: { kind: string; column: string | null }[] }[];
  };

  it('lists every fault once, in a file that is there, with a finding to look for', () => {
    expect(new Set(faults.map((fault) => fault.id)).size).toBe(faults.length);
    expect([...new Set(faults.map((fault) => fault.file))].filter((file) => !readdirSync(batch).includes(file))).toEqual([]);
    expect(faults.filter((fault) => fault.expect.length === 0)).toEqual([]);
    expect(Number.isNaN(Date.parse(asOf))).toBe(false);
  });
});
