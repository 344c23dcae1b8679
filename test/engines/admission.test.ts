import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { admit } from '../../server/engines/onnx-admission.ts';
import { readModel, summarize } from '../../server/engines/onnx-graph.ts';
import { memorySource, WireError } from '../../server/engines/onnx-wire.ts';
import { endlessLoop, healthy, writeHostileModels, writeTooLarge } from '../hostile/make.ts';
import { graph, model, node, opset, value } from '../hostile/onnx-writer.ts';
import { fixture, fixtureNames } from './fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-hostile-'));
const corpus = writeHostileModels(folder);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the hostile corpus', () => {
  it('has at least sixty files', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(60);
  });

  it.each(corpus.map((hostile) => [hostile.name, hostile] as const))('%s is judged as it should be', (_, { file, expected }) => {
    const admission = admit(file);
    if (expected.outcome === 'contained') {
      expect(admission).toMatchObject({ admitted: true });
    } else if (expected.outcome === 'incomplete') {
      expect(admission).toMatchObject({ admitted: false, incomplete: true });
    } else {
      expect(admission).toMatchObject({ admitted: false, incomplete: false, refusals: expect.arrayContaining([{ rule: expected.rule, message: expect.stringMatching(/\w/) as string }]) as unknown });
    }
  });
});

describe('admission', () => {
  it.each(fixtureNames)('takes %s, which an exporter wrote', (name) => {
    expect(admit(fixture(name))).toMatchObject({ admitted: true, warnings: [] });
  });

  it('refuses a file over the size protobuf can hold without reading it', () => {
    const file = join(folder, 'too-large');
    writeTooLarge(file);
    expect(admit(file)).toMatchObject({ admitted: false, incomplete: false, refusals: [{ rule: 'size' }] });
  });

  it('says that a loop is bounded only by the deadline', () => {
    const file = join(folder, 'loop');
    writeFileSync(file, endlessLoop);
    expect(admit(file)).toMatchObject({ admitted: true, warnings: [{ rule: 'control-flow', message: expect.stringContaining('1 Loop node') as string }] });
  });

  it('takes an operator domain the workspace allows', () => {
    const file = join(folder, 'domain');
    writeFileSync(file, model({ graph: graph({ nodes: [node('Op', ['x'], ['y'], {}, 'ours')], inputs: [value('x')], outputs: [value('y')] }), opsets: [opset('', 18), opset('ours', 1)] }));
    expect(admit(file)).toMatchObject({ admitted: false, refusals: [{ rule: 'operators' }] });
    expect(admit(file, { domains: ['ours'] })).toMatchObject({ admitted: true });
  });

  it('calls every cut of a whole model incomplete, wherever it falls', () => {
    for (let cut = 0; cut < healthy.length; cut++) {
      const file = join(folder, 'cut');
      writeFileSync(file, healthy.subarray(0, cut));
      expect(admit(file), `cut at ${cut}`).toMatchObject({ admitted: false, incomplete: true });
    }
  });
});

describe('the model reader', () => {
  it('fails on damaged bytes only with an error that names the byte', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(healthy.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), (damage) => {
        const bytes = Uint8Array.from(healthy);
        for (const [at, byte] of damage) bytes[at] = byte;
        try {
          summarize(readModel(memorySource(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).message).toMatch(/ at byte \d+$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('sums up a pipeline exported with the defaults', () => {
    const admission = admit(fixture('multiclass-string'));
    expect(admission.admitted && admission.summary).toMatchObject({
      irVersion: 8,
      producer: { name: 'skl2onnx', version: '1.20.0' },
      inputs: [
        { name: 'carrier', datatype: 'string', shape: [null, 1] },
        { name: 'month', datatype: 'int64', shape: [null, 1] },
        { name: 'distance', datatype: 'float32', shape: [null, 1] },
      ],
      outputs: [
        { name: 'output_label', datatype: 'string', shape: [null] },
        { name: 'output_probability', datatype: 'sequence(map(string, float32))', shape: null },
      ],
      zipMaps: [{ output: 'output_probability', tensor: 'probabilities', classes: { kind: 'string', labels: ['early', 'late', 'on time'] } }],
      classes: { kind: 'string', labels: ['early', 'late', 'on time'] },
    });
  });

  it('finds the class labels of a classifier that has no ZipMap', () => {
    const admission = admit(fixture('missing-values'));
    expect(admission.admitted && admission.summary.classes).toEqual({ kind: 'int64', labels: ['0', '1', '2'] });
  });

  it('lists external data with the bytes the model needs of it', () => {
    const admission = admit(fixture('external/model'));
    expect(admission.admitted && admission.summary).toMatchObject({
      externalBytes: 48,
      externalFiles: [{ location: 'weights.bin', bytesNeeded: 48 }],
      initializers: [{ name: 'weights', datatype: 'float32', shape: [4, 3], bytes: 48, external: 'weights.bin' }],
      parameterCount: 12,
    });
  });
});
