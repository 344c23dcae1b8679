import type { TensorInfo } from '../../protocol/registry.ts';
import { type Evidence, type Signature, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, pass } from './judgement.ts';

/**
 * Built in: whoever calls the champion can call the candidate unchanged.
 *
 * The candidate must take exactly the champion's inputs, by name and type, in shapes at least as wide, and give at least
 * its outputs. A fixed dimension may become open on an input, and an open one fixed on an output, not the reverse.
 */
export function judgeSignature(evidence: Evidence): Judgement {
  if (evidence.champion === null) return inconclusive('there is no champion to compare with');
  const { signatures } = evidence;
  if (isMissing(signatures)) return error(`the signatures were not read: ${signatures.missing}`);
  const { candidate, champion } = signatures;
  if (candidate === null || champion === null) return error('there is no signature to compare');
  if (candidate.outputs.length === 0 || champion.outputs.length === 0) return error('a model without outputs has no signature');
  const breaks = findBreaks(candidate, champion);
  return breaks.length === 0 ? pass('takes the same inputs and gives the same outputs as the champion') : fail(breaks.join('; '));
}

function findBreaks(candidate: Signature, champion: Signature): string[] {
  const named = (tensors: TensorInfo[], name: string): TensorInfo | undefined => tensors.find((tensor) => tensor.name === name);
  const inputs = champion.inputs.flatMap((theirs) => {
    const ours = named(candidate.inputs, theirs.name);
    return ours ? compareTensors('input', ours, theirs, ours.shape, theirs.shape) : [`input ${theirs.name} is gone`];
  });
  const added = candidate.inputs.filter(({ name }) => !named(champion.inputs, name)).map(({ name }) => `input ${name} is new`);
  const outputs = champion.outputs.flatMap((theirs) => {
    const ours = named(candidate.outputs, theirs.name);
    return ours ? compareTensors('output', ours, theirs, theirs.shape, ours.shape) : [`output ${theirs.name} is gone`];
  });
  return [...inputs, ...added, ...outputs];
}

function compareTensors(side: 'input' | 'output', ours: TensorInfo, theirs: TensorInfo, wider: TensorInfo['shape'], narrower: TensorInfo['shape']): string[] {
  if (ours.datatype !== theirs.datatype) return [`${side} ${ours.name} is ${ours.datatype}, was ${theirs.datatype}`];
  return includes(wider, narrower) ? [] : [`${side} ${ours.name} is ${shapeText(ours.shape)}, was ${shapeText(theirs.shape)}`];
}

/** Whether every tensor of the narrower shape is also one of the wider shape. */
function includes(wider: TensorInfo['shape'], narrower: TensorInfo['shape']): boolean {
  if (wider === null) return true;
  if (narrower === null || wider.length !== narrower.length) return false;
  return wider.every((size, axis) => typeof size !== 'number' || size === narrower[axis]);
}

function shapeText(shape: TensorInfo['shape']): string {
  return shape === null ? 'of any shape' : `[${shape.map((size) => size ?? '?').join(', ')}]`;
}
