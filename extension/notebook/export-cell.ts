/** Frameworks whose models a notebook exports, by the words that show one is used. */
const frameworks = {
  pytorch: { title: 'PyTorch', shows: /\bimport torch\b|\bfrom torch\b/ },
  lightgbm: { title: 'LightGBM', shows: /\bimport lightgbm\b|\bfrom lightgbm\b/ },
  xgboost: { title: 'XGBoost', shows: /\bimport xgboost\b|\bfrom xgboost\b/ },
  'scikit-learn': { title: 'scikit-learn', shows: /\bimport sklearn\b|\bfrom sklearn\b/ },
} as const;

export type Framework = keyof typeof frameworks;

export const frameworkTitles: [Framework, string][] = Object.entries(frameworks).map(([name, { title }]) => [name as Framework, title]);

/** The frameworks a notebook imports; scikit-learn last, as the others are used together with it. */
export function frameworksIn(sources: readonly string[]): Framework[] {
  return Object.entries(frameworks).flatMap(([name, { shows }]) => (sources.some((source) => shows.test(source)) ? [name as Framework] : []));
}

/** The variable that a notebook fitted last: `clf` of `clf.fit(…)` or of `clf = make_pipeline(…).fit(…)`; `model` where nothing is seen. */
export function fittedVariable(sources: readonly string[]): string {
  let found = 'model';
  for (const source of sources) {
    for (const match of source.matchAll(/^[ \t]*([A-Za-z_]\w*)(?:\.fit\(|\s*=[^=\n][^\n]*\.fit\()/gm)) found = match[1];
  }
  return found;
}

/**
 * A cell that exports a model and writes beside it what the notebook's model answers on a few rows, in ONNX's own layout
 * of test data. Slipway holds the file against these answers.
 */
export function exportCell(framework: Framework, { path, variable }: { path: string; variable: string }): string {
  const [imports, lines] = cells[framework];
  return `# Exports the model, and beside it what it answers here on a few rows: Slipway holds the file against them.
from pathlib import Path

import numpy as np
${imports.join('\n')}
from onnx import numpy_helper

model = ${variable}
sample = X_test[:100]  # a few rows as the model takes them; real ones, missing values and all
path = Path(${JSON.stringify(path)})

path.parent.mkdir(parents=True, exist_ok=True)
${lines.join('\n')}

recorded = path.parent / "test_data_set_0"
recorded.mkdir(exist_ok=True)
for kind, tensors in {"input": inputs, "output": outputs}.items():
    for index, (name, values) in enumerate(tensors.items()):
        (recorded / f"{kind}_{index}.pb").write_bytes(numpy_helper.from_array(np.ascontiguousarray(values), name).SerializeToString())
print(f"wrote {path} and {len(sample)} rows of test data")`;
}

/** Reads the types that the exported file declares, so that the sample is recorded as it will be fed. */
const asDeclared = [
  'dtypes = {i.name: onnx.helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type) for i in exported.graph.input}',
  'if hasattr(sample, "columns") and len(dtypes) > 1:',
  '    inputs = {name: sample[[column]].to_numpy().astype(dtypes[name]) for name, column in zip(dtypes, sample.columns)}',
  'else:',
  '    inputs = {name: np.asarray(sample).astype(dtype) for name, dtype in dtypes.items()}',
];

const answersOfEstimator = [
  'names = [output.name for output in exported.graph.output]',
  'if hasattr(model, "predict_proba"):',
  '    outputs = dict(zip(names, [np.asarray(model.predict(sample)), model.predict_proba(sample).astype(np.float32)]))',
  'else:',
  '    outputs = {names[0]: np.asarray(model.predict(sample), dtype=np.float32).reshape(-1, 1)}',
];

const cells: Record<Framework, [imports: string[], lines: string[]]> = {
  'scikit-learn': [
    ['import onnx', 'from skl2onnx import to_onnx'],
    ['exported = to_onnx(model, sample[:1])', 'onnx.save(exported, path)', ...asDeclared, ...answersOfEstimator],
  ],
  lightgbm: [
    ['import onnx', 'from onnxmltools import convert_lightgbm', 'from onnxmltools.convert.common.data_types import FloatTensorType'],
    ['exported = convert_lightgbm(model, initial_types=[("input", FloatTensorType([None, sample.shape[1]]))])', 'onnx.save(exported, path)', 'inputs = {"input": np.asarray(sample, dtype=np.float32)}', ...answersOfEstimator],
  ],
  xgboost: [
    ['import onnx', 'from onnxmltools import convert_xgboost', 'from onnxmltools.convert.common.data_types import FloatTensorType'],
    ['exported = convert_xgboost(model, initial_types=[("input", FloatTensorType([None, sample.shape[1]]))])', 'onnx.save(exported, path)', 'inputs = {"input": np.asarray(sample, dtype=np.float32)}', ...answersOfEstimator],
  ],
  pytorch: [
    ['import torch'],
    [
      'model.eval()',
      'rows = torch.as_tensor(np.asarray(sample), dtype=torch.float32)',
      'torch.onnx.export(model, (rows,), path, input_names=["input"], output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}}, dynamo=False)',
      'with torch.no_grad():',
      '    outputs = {"output": model(rows).numpy()}',
      'inputs = {"input": rows.numpy()}',
    ],
  ],
};

/** A cell that shows the newest verdict of a model. `folder` holds `slipway.py`. */
export function reportCell({ folder, model }: { folder: string; model: string | null }): string {
  return `# Shows the newest verdict; run again after the next \`slipway run\`.
import sys

sys.path.insert(0, ${JSON.stringify(folder)})
import slipway

slipway.show(${model === null ? '' : JSON.stringify(model)})`;
}
