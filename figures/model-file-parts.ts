import { bytesText, countText, noNumber, shareText } from '../protocol/number-text.ts';
import type { AdmissionFinding, AdmissionRule, InitializerInfo, ModelSummary, TensorInfo } from '../protocol/registry.ts';
import type { ModelFileReport, OperatorTimes } from '../protocol/workspace.ts';
import { barsFigure } from './bars-figure.ts';
import { cutAt, cutText } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';

const operatorsMax = 12;
const tensorsMax = 12;
const signatureMax = 300;

/** What a model file is, in a sentence. */
export function modelFileSentence({ admission, bytes }: Pick<ModelFileReport, 'admission' | 'bytes'>): string {
  if (!admission.admitted) {
    const [first] = admission.refusals;
    const why = first === undefined ? '' : `: ${first.message}`;
    return admission.incomplete ? `This file is not complete yet${why}.` : `This file may not be loaded${why}${admission.refusals.length > 1 ? `, and ${countText(admission.refusals.length - 1)} more` : ''}.`;
  }
  const { inputs, outputs, nodeCount, parameterCount, externalBytes } = admission.summary;
  const plural = (count: number, one: string) => `${countText(count)} ${one}${count === 1 ? '' : 's'}`;
  return `${plural(inputs.length, 'input')}, ${plural(outputs.length, 'output')}, ${plural(nodeCount, 'operator')}, ${plural(parameterCount, 'parameter')}; ${bytesText(bytes + externalBytes)}.`;
}

/** `[batch, 14]`; a dimension the file leaves open is `?`. */
export function shapeText(shape: TensorInfo['shape']): string {
  return shape === null ? 'any' : `[${shape.map((size) => size ?? '?').join(', ')}]`;
}

/** Inputs and outputs by name, type and shape, with the columns that feed the inputs where these are known. */
export function signatureTable({ inputs, outputs }: Pick<ModelSummary, 'inputs' | 'outputs'>, columns?: Record<string, string[]>): Markup {
  const rows = [...inputs.slice(0, signatureMax).map((tensor) => ({ tensor, side: 'input' })), ...outputs.slice(0, signatureMax).map((tensor) => ({ tensor, side: 'output' }))];
  const more = inputs.length + outputs.length - rows.length;
  return markup`<div class="scroll"><table class="cards"><thead><tr><td></td><th scope="col">name</th><th scope="col">type</th><th scope="col">shape</th>${columns === undefined ? null : markup`<th scope="col">fed by</th>`}</tr></thead><tbody>${rows.map(
    ({ tensor: { name, datatype, shape }, side }) => markup`<tr><td class="quiet">${side}</td><th scope="row"><code>${cutText(name, 80)}</code></th><td data-label="type"><code>${cutText(datatype, 60)}</code></td><td data-label="shape"><code>${cutText(shapeText(shape), 60)}</code></td>${columns === undefined ? null : markup`<td data-label="fed by">${side === 'output' ? null : fedBy(Object.hasOwn(columns, name) ? columns[name] : [])}</td>`}</tr>`,
  )}</tbody></table></div>${more > 0 ? markup`<p class="quiet">${countText(more)} more are in the file</p>` : null}`;
}

function fedBy(columns: readonly string[]): Markup {
  if (columns.length === 0) return markup`<span class="verdict inconclusive">? no column</span>`;
  return markup`${cutText(columns.length <= 4 ? columns.join(', ') : `${columns.slice(0, 3).join(', ')} and ${countText(columns.length - 3)} more`, 80)}`;
}

/** Which operators the graph is made of, most frequent first. */
export function operatorsFigure({ operators, nodeCount }: Pick<ModelSummary, 'operators' | 'nodeCount'>, width: number): Markup | null {
  const [drawn, rest] = cutAfter(operators, operatorsMax);
  const more = rest.reduce((total, { count }) => total + count, 0);
  const bars = drawn.map(({ domain, operator, count }) => ({ label: isDefault(domain) ? operator : `${operator} (${domain === 'ai.onnx.ml' ? 'ml' : domain})`, value: count, text: countText(count) }));
  return barsFigure({ bars: rest.length === 0 ? bars : [...bars, { label: `${countText(rest.length)} others`, value: more, text: countText(more) }], head: ['operator', 'nodes'], finding: `${countText(nodeCount)} nodes of ${countText(operators.length)} kinds, most of them ${cutAt(operators[0]?.operator ?? '', 40)}`, width });
}

/** Where its time goes, by operator as the runtime runs them. */
export function operatorTimesFigure({ operators }: Pick<OperatorTimes, 'operators'>, width: number): Markup | null {
  const total = operators.reduce((sum, { ms }) => sum + ms, 0);
  if (total === 0) return null;
  const [drawn, rest] = cutAfter(operators, operatorsMax);
  const more = rest.reduce((sum, { ms }) => sum + ms, 0);
  const bars = drawn.map(({ operator, nodes, ms }) => ({ label: operator, value: ms, text: `${shareText(ms / total)}${nodes > 1 ? `, ${countText(nodes)} nodes` : ''}` }));
  return barsFigure({ bars: rest.length === 0 ? bars : [...bars, { label: `${countText(rest.length)} others`, value: more, text: shareText(more / total) }], head: ['operator', 'share of the time'], finding: `Time by operator: ${cutAt(operators[0].operator, 40)} takes ${shareText(operators[0].ms / total)}`, width });
}

function isDefault(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** "22, ai.onnx.ml 1": the default operators first. */
export function opsetText(opsets: ModelSummary['opsets']): string {
  const ordered = [...opsets].sort((a, b) => Number(isDefault(b.domain)) - Number(isDefault(a.domain)));
  return ordered.map(({ domain, version }) => (isDefault(domain) ? `${version}` : `${domain} ${version}`)).join(', ');
}

/** Where the bytes are: tensors from the largest, the small ones together. */
export function tensorsFigure(initializers: readonly InitializerInfo[], width: number): Markup | null {
  const total = initializers.reduce((sum, { bytes }) => sum + bytes, 0);
  const [drawn, rest] = cutAfter(initializers, tensorsMax);
  const more = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  const text = (bytes: number) => `${bytesText(bytes)}, ${shareText(total === 0 ? 0 : bytes / total)}`;
  const bars = drawn.map(({ name, bytes }) => ({ label: name, value: bytes, text: text(bytes) }));
  return barsFigure({ bars: rest.length === 0 ? bars : [...bars, { label: `${countText(rest.length)} others`, value: more, text: text(more) }], head: ['tensor', 'size'], finding: `${countText(initializers.length)} tensors, ${bytesText(total)}; the largest is ${cutAt(drawn[0]?.name ?? '', 60)}`, width });
}

/** One that would be left over is drawn as well. */
function cutAfter<T>(things: readonly T[], max: number): [readonly T[], readonly T[]] {
  return things.length <= max + 1 ? [things, []] : [things.slice(0, max), things.slice(max)];
}

/** What the exporter wrote beside the graph. */
export function metadataTable({ producer, domain, modelVersion, description, graph, irVersion, opsets, classes, metadata, externalFiles }: ModelSummary): Markup {
  const lines: [string, string][] = [
    ['producer', [producer.name, producer.version].filter((part) => part !== '').join(' ')],
    ['IR version', String(irVersion)],
    ['opset', opsetText(opsets)],
    ['graph', graph],
    ['domain', domain],
    ['model version', modelVersion === '0' ? '' : modelVersion],
    ['description', description],
    ['classes', classes === null ? '' : `${classes.labels.slice(0, 20).join(', ')}${classes.labels.length > 20 ? ` and ${countText(classes.labels.length - 20)} more` : ''}`],
    ['external data', externalFiles.slice(0, 10).map(({ location, bytesNeeded }) => `${location} (${bytesText(bytesNeeded)})`).join(', ')],
    ...metadata.slice(0, 100).map(({ key, value }): [string, string] => [key, value]),
  ];
  return markup`<div class="scroll"><table class="narrow"><tbody>${lines.filter(([, value]) => value !== '').map(([name, value]) => markup`<tr><th scope="row">${cutText(name, 60)}</th><td><code>${cutText(value, 300)}</code></td></tr>`)}</tbody></table></div>`;
}

/** Why a file is refused, or what to look out for in one that is not: rule by rule, as docs/security.md has them. */
export function admissionList(findings: readonly AdmissionFinding[], kind: 'refusal' | 'warning'): Markup | null {
  if (findings.length === 0) return null;
  const shown = findings.slice(0, 50);
  return markup`<ul class="findings">${shown.map(({ rule, message }) => markup`<li class="finding"><p>${kind === 'refusal' ? markup`<span class="verdict fail">✗ refused</span>` : markup`<span class="verdict inconclusive">▲ note</span>`} ${cutText(message, 400)}</p><p class="quiet">${admissionHints[rule]} · rule <code>${rule}</code></p></li>`)}</ul>${findings.length > shown.length ? markup`<p class="quiet">${countText(findings.length - shown.length)} more</p>` : null}`;
}

/** Type and shape of an input or output, where it is there. */
export function shapeOrNone(tensor: TensorInfo | null): string {
  return tensor === null ? noNumber : `${tensor.datatype} ${shapeText(tensor.shape)}`;
}

/** What to do about each rule; docs/security.md says what it guards against. */
const admissionHints = {
  'not-onnx': 'Export the model as ONNX; this is another format under its name',
  'regular-file': 'Put the file itself here, not a folder or a device',
  size: 'Keep the weights in a file beside the model (external data)',
  'wire-format': 'Export it again; its bytes are damaged',
  depth: 'Export it with fewer graphs inside graphs',
  limits: 'Simplify the graph before it is exported',
  'ir-version': 'Export it with a newer version of onnx',
  opsets: 'Export it with one version of each operator set',
  names: 'Give its inputs, outputs and nodes plain names',
  'io-types': 'Let it take and give numbers, booleans or strings',
  operators: 'Use operators of ai.onnx and ai.onnx.ml only',
  functions: 'Export it without functions, or with smaller ones',
  'unused-nodes': 'Remove nodes that lead to no output',
  initializers: 'Export it again; its weights do not fit what it declares',
  'external-data': 'Put the data file beside the model, as a file of its own',
  memory: 'Let large tensors come from data rather than from constants',
  'control-flow': 'Nothing has to be done',
  'dynamic-shape': 'Nothing has to be done',
  truncated: 'It is looked at again when it has been written',
} as const satisfies Record<AdmissionRule, string>;
