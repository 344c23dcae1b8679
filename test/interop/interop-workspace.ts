import { type Bytes, float, graph, model, node, value } from '../hostile/onnx-writer.ts';
import type { Files } from '../cli/tiny-workspace.ts';

/** ONNX's numbers for its datatypes. */
const datatypes = { bool: 9, uint8: 2, uint16: 4, uint32: 12, uint64: 13, int8: 3, int16: 5, int32: 6, int64: 7, fp16: 10, fp32: 1, fp64: 11, bytes: 8 };

/** A model that gives back what it is given, in every datatype; and one that ranks three classes. */
export function interopWorkspace(): Files {
  return {
    'slipway.yaml': 'models:\n  echo: {}\n  classes: {}\n',
    'models/echo/v1/model.onnx': echo(),
    'models/classes/v1/model.onnx': classes(),
  };
}

function echo(): Bytes {
  const names = Object.entries(datatypes);
  return model({
    graph: graph({
      nodes: names.map(([name]) => node('Identity', [name], [`${name}_out`])),
      inputs: names.map(([name, type]) => value(name, type, ['N', 2])),
      outputs: names.map(([name, type]) => value(`${name}_out`, type, ['N', 2])),
    }),
  });
}

function classes(): Bytes {
  return model({ graph: graph({ nodes: [node('Identity', ['scores'], ['ranked'])], inputs: [value('scores', float, ['N', 3])], outputs: [value('ranked', float, ['N', 3])] }) });
}
