import { columnText, countText, noNumber, numberText, shareText } from '../protocol/number-text.ts';
import type { Difference, ModelFileDifference, WeightStatistics } from '../protocol/workspace.ts';
import { barsFigure } from './bars-figure.ts';
import { cutAt, cutText } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';
import { shapeOrNone } from './model-file-parts.ts';

const weightsDrawn = 12;
const listedMax = 200;

type Change = 'added' | 'removed' | 'changed';
const changeWords: Record<Change, string> = { added: '+ added', removed: '− removed', changed: '≠ changed' };

/** What differs between two model files: what they take and give, what they are made of, what was written beside, the weights. */
export function modelDifferenceSection(difference: ModelFileDifference, width: number): Markup {
  const { inputs, outputs, operators, metadata } = difference;
  return markup`<h3>Signature</h3>${signaturePart(inputs, outputs)}<h3>Operators</h3>${operatorsPart(operators)}<h3>Weights <span class="quiet">largest relative change first</span></h3>${weightsPart(difference.weights, width)}<h3>Metadata</h3>${metadataPart(metadata)}`;
}

/** "Same signature; 3 kinds of operators differ; 12 tensors differ, fc1.weight most (4.1 %)." */
export function modelDifferenceSentence({ inputs, outputs, operators, weights, metadata }: ModelFileDifference): string {
  const signature = differing(inputs).length + differing(outputs).length;
  const kinds = operators.filter(({ before, after }) => before?.count !== after?.count).length;
  const most = sortWeights(weights).find(({ relativeChange }) => relativeChange !== null);
  const parts = [
    signature === 0 ? 'same signature' : `${countText(signature)} ${signature === 1 ? 'input or output differs' : 'inputs and outputs differ'}`,
    kinds === 0 ? 'same operators' : `${countText(kinds)} ${kinds === 1 ? 'kind of operator differs' : 'kinds of operators differ'}`,
    weights.length === 0 ? 'same weights' : `${countText(weights.length)} ${weights.length === 1 ? 'tensor differs' : 'tensors differ'}${most === undefined || most.relativeChange === null ? '' : `, ${cutAt(most.name, 40)} most (${shareText(most.relativeChange)})`}`,
    ...(differing(metadata).length === 0 ? [] : [`${countText(differing(metadata).length)} ${differing(metadata).length === 1 ? 'line' : 'lines'} of metadata`]),
  ];
  return `${parts[0][0].toUpperCase()}${parts[0].slice(1)}; ${parts.slice(1).join('; ')}.`;
}

/** Largest relative change on top, below what cannot be compared: tensors that one side lacks, or has in another shape. */
export function sortWeights(weights: ModelFileDifference['weights']): ModelFileDifference['weights'] {
  const rank = ({ relativeChange }: ModelFileDifference['weights'][number]) => relativeChange ?? Infinity;
  return [...weights].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

function differing<T>(differences: readonly Difference<T>[]): Difference<T>[] {
  return differences.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
}

function changeOf({ before, after }: { before: unknown; after: unknown }): Change {
  return before === null ? 'added' : after === null ? 'removed' : 'changed';
}

function changeMark(change: Change): Markup {
  return markup`<span class="verdict ${change}">${changeWords[change]}</span>`;
}

function signaturePart(inputs: ModelFileDifference['inputs'], outputs: ModelFileDifference['outputs']): Markup {
  const rows = [...differing(inputs).map((each) => ({ ...each, side: 'input' })), ...differing(outputs).map((each) => ({ ...each, side: 'output' }))];
  if (rows.length === 0) return markup`<p class="quiet">Both take the same ${countText(inputs.length)} ${inputs.length === 1 ? 'input' : 'inputs'} and give the same ${countText(outputs.length)} ${outputs.length === 1 ? 'output' : 'outputs'}.</p>`;
  return changesTable(['', 'name', 'before', 'after'], rows.slice(0, listedMax).map((row) => [changeMark(changeOf(row)), markup`<code>${cutText(row.name, 60)}</code> <span class="tag">${row.side}</span>`, markup`<code>${cutText(shapeOrNone(row.before), 60)}</code>`, markup`<code>${cutText(shapeOrNone(row.after), 60)}</code>`]), rows.length);
}

function operatorsPart(operators: ModelFileDifference['operators']): Markup {
  const rows = operators.filter(({ before, after }) => before?.count !== after?.count).sort((a, b) => stepOf(b) - stepOf(a));
  if (rows.length === 0) return markup`<p class="quiet">Both are made of the same operators, each as often.</p>`;
  const text = (count: number | undefined) => (count === undefined ? noNumber : countText(count));
  return changesTable(['', 'operator', 'before', 'after'], rows.slice(0, listedMax).map(({ operator, before, after }) => [changeMark(changeOf({ before, after })), markup`<code>${cutText(operator, 60)}</code>`, text(before?.count), text(after?.count)]), rows.length, 2);
}

function stepOf({ before, after }: ModelFileDifference['operators'][number]): number {
  return Math.abs((after?.count ?? 0) - (before?.count ?? 0));
}

function metadataPart(metadata: ModelFileDifference['metadata']): Markup {
  const rows = differing(metadata);
  if (rows.length === 0) return markup`<p class="quiet">No difference.</p>`;
  return changesTable(['', 'key', 'before', 'after'], rows.slice(0, listedMax).map((row) => [changeMark(changeOf(row)), cutText(row.name, 60), markup`<code>${cutText(row.before ?? noNumber, 120)}</code>`, markup`<code>${cutText(row.after ?? noNumber, 120)}</code>`]), rows.length);
}

function weightsPart(weights: ModelFileDifference['weights'], width: number): Markup {
  if (weights.length === 0) return markup`<p class="quiet">No tensor differs.</p>`;
  const changed = sortWeights(weights);
  const bars = changed.flatMap(({ name, relativeChange }) => (relativeChange === null ? [] : [{ label: name, value: relativeChange, text: shareText(relativeChange) }])).slice(0, weightsDrawn);
  return markup`${bars.length < 2 ? null : barsFigure({ bars, head: ['tensor', 'relative change'], finding: `Relative change of ${countText(bars.length)} tensors, ${cutAt(bars[0].label, 60)} first with ${bars[0].text}`, width })}${changesTable(
    ['', 'tensor', 'change', 'mean', 'standard deviation', 'least … most'],
    changed.slice(0, listedMax).map(({ name, shape, before, after, relativeChange }) => [
      changeMark(changeOf({ before, after })),
      markup`<code>${cutText(name, 60)}</code> <span class="quiet">[${shape.join(', ')}]</span>${notFinite(after)}`,
      relativeChange === null ? noNumber : shareText(relativeChange),
      sides(before?.mean, after?.mean),
      sides(before?.standardDeviation, after?.standardDeviation),
      markup`${range(before)} → ${range(after)}`,
    ]),
    changed.length,
    2,
  )}`;
}

function notFinite(statistics: WeightStatistics | null): Markup | null {
  return statistics === null || statistics.notFinite === 0 ? null : markup` <span class="verdict fail">✗ ${countText(statistics.notFinite)} not finite</span>`;
}

function sides(before: number | null | undefined, after: number | null | undefined): string {
  const text = (value: number | null | undefined) => (value === null || value === undefined ? noNumber : columnText(value));
  return `${text(before)} → ${text(after)}`;
}

function range(statistics: WeightStatistics | null): string {
  return statistics === null || statistics.minimum === null || statistics.maximum === null ? noNumber : `${numberText(statistics.minimum)} … ${numberText(statistics.maximum)}`;
}

/** @param numbersFrom the first column that holds numbers */
function changesTable(head: string[], rows: (Markup | string)[][], total: number, numbersFrom = Infinity): Markup {
  const numeric = (index: number) => (index >= numbersFrom ? 'number' : '');
  return markup`<div class="scroll"><table class="cards"><thead><tr>${head.map((cell, index) => (cell === '' ? markup`<td></td>` : markup`<th scope="col" class="${numeric(index)}">${cell}</th>`))}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell, index) => (index === 1 ? markup`<th scope="row">${cell}</th>` : index === 0 ? markup`<td>${cell}</td>` : markup`<td class="${numeric(index)}" data-label="${head[index]}">${cell}</td>`))}</tr>`,
  )}</tbody></table></div>${total > rows.length ? markup`<p class="quiet">${countText(total - rows.length)} more</p>` : null}`;
}
