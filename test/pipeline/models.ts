import { readFileSync } from 'node:fs';
import { fixture, fixtureNames } from '../engines/fixtures.ts';
import { type Bytes, float, floats, graph, int64, integers, model, node, tensor, value } from '../hostile/onnx-writer.ts';

/** A model of a case: a fixture of the engines by its name, or one of the tiny ones below. */
export function modelBytes(name: string): Uint8Array {
  if (Object.hasOwn(tiny, name)) return tiny[name];
  if (fixtureNames.includes(name)) return readFileSync(fixture(name));
  throw new Error(`No model is called ${name}; there are ${[...Object.keys(tiny), ...fixtureNames].join(', ')}`);
}

const bool = 9;
const trueTensor = tensor({ type: bool, shape: [], raw: Uint8Array.from([1]) });

/** `x` in, one score `y` out. */
function scoring(nodes: Bytes[], { inputs = [value('x')], outputs = [value('y')], initializers = [] as Bytes[] } = {}): Bytes {
  return model({ graph: graph({ nodes, inputs, outputs, initializers }) });
}

const constant = (name: string, shape: number[], raw: Bytes, type = float): Bytes => tensor({ name, type, shape, raw });

/** Runs as many rounds as the largest `rounds` of a run says; the answer is `x`. */
function looping(): Bytes {
  const body = graph({
    nodes: [node('Identity', ['go'], ['go-out']), node('Identity', ['carried'], ['carried-out'])],
    inputs: [value('i', int64, []), value('go', bool, []), value('carried')],
    outputs: [value('go-out', bool, []), value('carried-out')],
  });
  return scoring(
    [node('ReduceMax', ['rounds'], ['trips'], { keepdims: { int: 0 } }), node('Constant', [], ['start'], { value: { tensor: trueTensor } }), node('Loop', ['trips', 'start', 'x'], ['y'], { body: { graph: body } })],
    { inputs: [value('x'), value('rounds', int64)] },
  );
}

/** Fills as many numbers as the largest `numbers` of a run says; the answer is `x`. */
function growing(): Bytes {
  return scoring(
    [
      node('ReduceMax', ['numbers'], ['most'], { keepdims: { int: 1 } }),
      node('ConstantOfShape', ['most'], ['zeros']),
      node('ReduceSum', ['zeros'], ['nothing'], { keepdims: { int: 1 } }),
      node('Add', ['x', 'nothing'], ['y']),
    ],
    { inputs: [value('x'), value('numbers', int64)] },
  );
}

const tiny: Record<string, Bytes> = {
  identity: scoring([node('Identity', ['x'], ['y'])]),
  square: scoring([node('Mul', ['x', 'x'], ['y'])]),
  opposite: scoring([node('Sub', ['one', 'x'], ['y'])], { initializers: [constant('one', [1], floats(1))] }),
  /** NaN for a negative number. */
  root: scoring([node('Sqrt', ['x'], ['y'])]),
  'label-only': scoring([node('Greater', ['x', 'half'], ['above']), node('Cast', ['above'], ['label'], { to: { int: int64 } })], { outputs: [value('label', int64)], initializers: [constant('half', [1], floats(0.5))] }),
  'two-scores': scoring([node('Identity', ['x'], ['risk']), node('Sub', ['one', 'x'], ['calm'])], { outputs: [value('risk'), value('calm')], initializers: [constant('one', [1], floats(1))] }),
  /** Scores 1 for the id 9007199254740993, which a double cannot hold, and 0 for every other. */
  'one-id': scoring([node('Equal', ['id', 'wanted'], ['same']), node('Cast', ['same'], ['y'], { to: { int: float } })], { inputs: [value('id', int64)], initializers: [constant('wanted', [1], integers(9007199254740993n), int64)] }),
  'int-input': scoring([node('Cast', ['tenths'], ['number'], { to: { int: float } }), node('Div', ['number', 'ten'], ['y'])], { inputs: [value('tenths', int64)], initializers: [constant('ten', [1], floats(10))] }),
  /** Score is the first of two columns of one tensor. */
  'first-of-two': scoring([node('Slice', ['features', 'zero', 'one', 'one'], ['y'])], {
    inputs: [value('features', float, ['N', 2])],
    outputs: [value('y', float, ['N', 1])],
    initializers: [constant('zero', [1], integers(0), int64), constant('one', [1], integers(1), int64)],
  }),
  /** Three probabilities without class names. */
  'three-classes': scoring([node('Softmax', ['features'], ['y'], { axis: { int: 1 } })], { inputs: [value('features', float, ['N', 3])], outputs: [value('y', float, ['N', 3])] }),
  'odd-input-name': scoring([node('Identity', ['Fare_Paid_USD'], ['y'])], { inputs: [value('Fare_Paid_USD')] }),
  /** Looks `place` up in a table of three; ends with an error for any other. */
  'table-of-three': scoring([node('Gather', ['table', 'place'], ['y'])], { inputs: [value('place', int64)], initializers: [constant('table', [3], floats(0.1, 0.5, 0.9))] }),
  looping: looping(),
  growing: growing(),
  garbage: Buffer.from('this is no model'),
};
