import type { ModelSummary } from '../../protocol/registry.ts';
import type { ShadowSide } from '../../protocol/shadow.ts';

/** Operators that a quantised graph cannot do without. */
const quantised = /^(QLinear\w+|QuantizeLinear|DequantizeLinear|DynamicQuantizeLinear|MatMulInteger|ConvInteger|QGemm|QAttention|MatMulNBits)$/;

/** How a model computes, by its operators and the datatype that most bytes of its weights have; null where it has neither. */
export function precisionOf({ operators, initializers }: Pick<ModelSummary, 'operators' | 'initializers'>): ShadowSide['precision'] {
  if (operators.some(({ operator }) => quantised.test(operator))) return 'int8';
  const bytes = new Map<string, number>();
  for (const { datatype, bytes: own } of initializers) if (datatype.startsWith('float')) bytes.set(datatype, (bytes.get(datatype) ?? 0) + own);
  const most = [...bytes].sort((a, b) => b[1] - a[1]).at(0)?.[0];
  if (most !== undefined) return most === 'float16' ? 'float16' : 'float32';
  return operators.length === 0 ? null : 'float32';
}
