import type { Random } from '../../../server/stats/random.ts';
import { type Bytes, floats, graph, model, node, tensor, value } from '../../hostile/onnx-writer.ts';

const hidden = [32, 16];

/** A small multilayer perceptron with random weights: one float tensor in, one probability out. */
export function denseModel(width: number, random: Random): Bytes {
  const widths = [width, ...hidden, 1];
  const nodes: Bytes[] = [];
  const initializers: Bytes[] = [];
  let last = 'features';
  for (let layer = 1; layer < widths.length; layer++) {
    const [from, to] = [widths[layer - 1], widths[layer]];
    const weights = (count: number) => floats(...Array.from({ length: count }, () => (random.uniform() - 0.5) / Math.sqrt(from)));
    initializers.push(tensor({ name: `w${layer}`, shape: [from, to], raw: weights(from * to) }), tensor({ name: `b${layer}`, shape: [to], raw: weights(to) }));
    nodes.push(node('Gemm', [last, `w${layer}`, `b${layer}`], [`z${layer}`]));
    last = layer === widths.length - 1 ? 'score' : `a${layer}`;
    nodes.push(node(last === 'score' ? 'Sigmoid' : 'Relu', [`z${layer}`], [last]));
  }
  return model({ graph: graph({ nodes, initializers, inputs: [value('features', undefined, ['N', width])], outputs: [value('score', undefined, ['N', 1])] }) });
}
