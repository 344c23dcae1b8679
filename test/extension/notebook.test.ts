import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exportCell, fittedVariable, frameworksIn, reportCell } from '../../extension/notebook/export-cell.ts';
import { exportsIn } from '../../extension/notebook/find-exports.ts';

describe('model files that a cell exports', () => {
  it.each<[string, string, string[]]>([
    ['scikit-learn', 'onx = to_onnx(pipe, X[:1])\nwith open("models/m/v2/model.onnx", "wb") as f:\n    f.write(onx.SerializeToString())', ['models/m/v2/model.onnx']],
    ['PyTorch', "torch.onnx.export(net, x, 'net.onnx', opset_version=17)", ['net.onnx']],
    ['onnxmltools', 'onnx.save(convert_lightgbm(gbm), r"out\\gbm.onnx".replace("x", "x"))\nonnx.save(m, "b.onnx")', ['b.onnx']],
    ['the same file twice', 'onnx.save(a, "a.onnx"); onnx.save(b, "a.onnx")', ['a.onnx']],
    ['a file that is only read', 'session = ort.InferenceSession("a.onnx")', []],
    ['a comment', '# onnx.save(a, "a.onnx")\nx = 1', []],
    ['a hash inside a text', 'onnx.save(a, "models/#1/a.onnx")  # "b.onnx"', ['models/#1/a.onnx']],
    ['a path with a hole', 'onnx.save(a, f"models/{name}/a.onnx")', []],
    ['nothing', '', []],
  ])('%s', (_, source, paths) => {
    expect(exportsIn(source).map(({ path }) => path)).toEqual(paths);
  });
});

describe('the export cell', () => {
  it('is the one whose answers are held against its file in test/pipeline/recorded.test.ts', () => {
    expect(`${exportCell('scikit-learn', { path: 'models/m/v1/model.onnx', variable: 'clf' })}\n`).toBe(readFileSync(new URL('../engines/fixtures/recorded/cell.py', import.meta.url), 'utf8'));
  });

  it('quotes what comes from outside', () => {
    const cell = exportCell('pytorch', { path: 'a"b\\c.onnx', variable: 'net' });
    expect(cell).toContain('path = Path("a\\"b\\\\c.onnx")');
    expect(reportCell({ folder: '/a "b"', model: 'm"' })).toContain('sys.path.insert(0, "/a \\"b\\"")');
  });

  it('knows the framework and the variable that was fitted last', () => {
    const cells = ['import numpy as np\nfrom sklearn.pipeline import make_pipeline', 'import lightgbm as lgb', 'a = make_pipeline(x).fit(X, y)\nbooster.fit(X, y)'];
    expect(frameworksIn(cells)).toEqual(['lightgbm', 'scikit-learn']);
    expect(fittedVariable(cells)).toBe('booster');
    expect(fittedVariable(['x == y.fit(1)'])).toBe('model');
    expect(frameworksIn(['import numpy'])).toEqual([]);
  });
});
