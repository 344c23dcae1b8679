import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { taskArguments, taskCommands } from '../../extension/task-arguments.ts';
import type { GateResult } from '../../protocol/gates.ts';
import { gateProblems, issueProblem } from '../../server/problem-lines.ts';

interface Manifest {
  contributes: {
    taskDefinitions: { type: string; properties: { command: { enum: string[] } } }[];
    problemMatchers: { name: string; pattern: { regexp: string } }[];
  };
}

const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const pattern = new RegExp(contributes.problemMatchers.find(({ name }) => name === 'slipway')?.pattern.regexp ?? '^$');

describe('a task of tasks.json', () => {
  it.each([
    [{ command: 'run' }, ['run', '--problems', '--']],
    [{ command: 'run', model: 'flight-delay', watch: true }, ['run', '--problems', '--watch', '--', 'flight-delay']],
    [{ command: 'check', file: 'data/july.parquet' }, ['check', '--', 'data/july.parquet']],
    [{ command: 'readiness', model: 'm' }, ['readiness', '--', 'm']],
    [{ command: 'doctor' }, ['doctor']],
  ])('%j runs %j', (definition, args) => {
    expect(taskArguments({ type: 'slipway', ...definition })).toEqual({ arguments: args });
  });

  it.each([{}, { command: 'rm' }, { command: 3 }, { command: 'check' }, { command: 'check', file: '' }])('%j is refused with the reason', (definition) => {
    expect(taskArguments(definition)).toEqual({ reason: expect.any(String) as string });
  });

  it('may have the commands that the manifest names', () => {
    expect(contributes.taskDefinitions[0].properties.command.enum).toEqual([...taskCommands]);
  });
});

describe('what the command line prints is placed by the problem matcher', () => {
  it('an error of slipway.yaml', () => {
    const line = issueProblem({ path: 'slipway.yaml', line: 12, column: 5, endColumn: 9, key: 'gates[0].metrik', message: '`metrik` is not known here; did you mean `metric`?', severity: 'error' }, 'slipway.yaml');
    expect(pattern.exec(`  ${line}`)?.slice(1)).toEqual(['slipway.yaml', '12', '5', 'error', '`metrik` is not known here; did you mean `metric`?', undefined]);
  });

  it('a gate that did not pass', () => {
    const result = { gate: { id: 'recall.min', severity: 'warn', line: 31 }, title: 'recall', verdict: 'fail', reason: 'recall is 0.3\nneeds ≥ 0.35' } as GateResult;
    const [line] = gateProblems({ role: 'candidate', model: { name: 'flight-delay', version: 'v3', digest: '' }, gates: [result] });
    expect(pattern.exec(line)?.slice(1)).toEqual(['slipway.yaml', '31', undefined, 'warning', 'flight-delay v3: recall: recall is 0.3 needs ≥ 0.35', 'recall.min']);
  });

  it('but not a row of a table', () => {
    expect(pattern.exec('✗ recall  0.35  0.30  −5.0 pt  ≥ −1.0 pt')).toBeNull();
    expect(pattern.exec('http://127.0.0.1:80: listening')).toBeNull();
  });
});
