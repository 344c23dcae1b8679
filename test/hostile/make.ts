import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import type { AdmissionRule } from '../../protocol/registry.ts';
import { type Attributes, type Bytes, float, floats, functionBody, graph, type GraphParts, int64, integers, join, message, model, type ModelParts, node, number, opset, tensor, type TensorParts, text, value, varint } from './onnx-writer.ts';

export interface HostileModel {
  name: string;
  file: string;
  /** `refused`: by that rule. `incomplete`: may still be being written. `contained`: admitted, and the host holds it. */
  expected: { outcome: 'refused'; rule: AdmissionRule } | { outcome: 'incomplete' } | { outcome: 'contained' };
}

type Expected = HostileModel['expected'];

const refused = (rule: AdmissionRule): Expected => ({ outcome: 'refused', rule });
const incomplete: Expected = { outcome: 'incomplete' };
const contained: Expected = { outcome: 'contained' };

/** Writes the whole corpus into an empty folder. Links, pipes and large files are made here and never committed. */
export function writeHostileModels(folder: string): HostileModel[] {
  const all: HostileModel[] = [];
  for (const [name, bytes, expected] of hostileBytes()) {
    const file = joinPath(folder, `${name}.onnx`);
    writeFileSync(file, bytes);
    all.push({ name, file, expected });
  }
  for (const [name, location, expected, prepare] of externalData()) {
    const inside = joinPath(folder, name);
    mkdirSync(inside);
    writeFileSync(joinPath(folder, `${name}.secret`), new Uint8Array(64));
    prepare?.(inside, joinPath(folder, `${name}.secret`));
    const file = joinPath(inside, 'model.onnx');
    writeFileSync(file, typeof location === 'string' ? withExternal({ location }) : location);
    all.push({ name, file, expected });
  }
  for (const [name, make] of specialFiles) {
    const file = joinPath(folder, `${name}.onnx`);
    make(file);
    all.push({ name, file, expected: refused('regular-file') });
  }
  return all;
}

/** Loops until it is killed. */
export const endlessLoop = loop(2n ** 62n, node('Identity', ['carried'], ['carried-out']));

/** Runs as many rounds as the largest input says. */
export const loopByInput = simple({
  nodes: [
    node('ReduceMax', ['x'], ['most'], { keepdims: { int: 0 } }),
    node('Cast', ['most'], ['trips'], { to: { int: int64 } }),
    node('Constant', [], ['start'], { value: { tensor: tensor({ type: 9, shape: [], raw: Uint8Array.from([1]) }) } }),
    node('Loop', ['trips', 'start', 'x'], ['y'], { body: { graph: loopBody(node('Identity', ['carried'], ['carried-out'])) } }),
  ],
});

/** Makes a tensor of as many elements as the largest input says. */
export const growByInput = simple({
  nodes: [
    node('ReduceMax', ['x'], ['most'], { keepdims: { int: 1 } }),
    node('Cast', ['most'], ['size'], { to: { int: int64 } }),
    node('ConstantOfShape', ['size'], ['big']),
    node('ReduceSum', ['big'], ['sum'], { keepdims: { int: 1 } }),
    node('Add', ['x', 'sum'], ['y']),
  ],
});

/** Asks for `elements` float32 from a file of some 150 bytes. */
export function constantOfShape(elements: number): Bytes {
  return simple({ nodes: [node('ConstantOfShape', ['shape'], ['big']), node('Add', ['x', 'big'], ['y'])], initializers: [numbers('shape', elements)] });
}

export const healthy = simple({ nodes: [node('Add', ['x', 'x'], ['y'])] });

function* hostileBytes(): Generator<[name: string, bytes: Bytes, expected: Expected], void, void> {
  const random = seeded(20260101);
  const noise = (length: number): Bytes => Uint8Array.from({ length }, () => Math.floor(random() * 256));

  // Not a model at all.
  yield ['empty', new Uint8Array(0), incomplete];
  yield ['zeros', new Uint8Array(4096), incomplete];
  yield ['ones', new Uint8Array(64).fill(0xff), refused('wire-format')];
  yield ['group-wire-type', Uint8Array.from([0x0b, ...noise(100)]), refused('wire-format')];
  yield ['noise', join(Uint8Array.from([0x0f]), noise(2048)), refused('wire-format')];
  const renamed: [string, number[]][] = [
    ['zip', [0x50, 0x4b, 3, 4]], ['gzip', [0x1f, 0x8b, 8]], ['pickle', [0x80, 4, 0x95]], ['hdf5', [0x89, 0x48, 0x44, 0x46]],
    ['parquet', [0x50, 0x41, 0x52, 0x31]], ['program', [0x7f, 0x45, 0x4c, 0x46]], ['gguf', [0x47, 0x47, 0x55, 0x46]], ['seven-zip', [0x37, 0x7a, 0xbc, 0xaf]],
  ];
  for (const [name, bytes] of renamed) yield [`renamed-${name}`, join(Uint8Array.from(bytes), noise(200)), refused('not-onnx')];
  yield ['git-lfs-pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'), refused('not-onnx')];

  // Half a model.
  for (let i = 0; i < 12; i++) {
    const cut = 1 + Math.floor(random() * (healthy.length - 1));
    yield [`truncated-at-${cut}-${i}`, healthy.subarray(0, cut), incomplete];
  }
  yield ['preallocated', join(healthy.subarray(0, 40), new Uint8Array(4000)), incomplete];

  // Protobuf that readers understand differently, or not at all.
  yield ['eleven-byte-number', join(Uint8Array.from([0x08, ...new Array<number>(10).fill(0x80), 1]), healthy), refused('wire-format')];
  yield ['two-graphs', join(healthy, message(7, graph({ nodes: [node('Neg', ['x'], ['y'])] }))), refused('wire-format')];
  yield ['length-past-parent', model({ graph: join(varint((1 << 3) | 2), varint(5000)), extra: new Uint8Array(6000).fill(0x08) }), refused('wire-format')];
  yield ['name-not-utf8', simple({ nodes: [join(message(1, Uint8Array.from([0xff, 0xfe])), node('Neg', [], ['y']))] }), refused('wire-format')];
  yield ['training-information', model({ graph: addGraph(), extra: message(20, new Uint8Array(0)) }), refused('wire-format')];
  yield ['type-nested-200-deep', simple({ nodes: [node('Add', ['x', 'x'], ['y'])], extra: message(13, text(1, 'v'), message(2, nest(200, (inner) => message(4, message(1, inner)), new Uint8Array(0)))) }), refused('depth')];
  yield ['if-nested-40-deep', simple({ nodes: [nestedIf(40)], inputs: [value('x'), value('c', 9, [])] }), refused('depth')];
  yield ['two-million-inputs', simple({ nodes: [join(Uint8Array.from({ length: 4_000_200 }, (_, i) => (i % 2 === 0 ? 0x0a : 0)), node('Neg', [], ['y']))] }), refused('limits')];

  // Versions.
  yield ['ir-version-0', model({ irVersion: 0, graph: addGraph() }), refused('ir-version')];
  yield ['ir-version-missing', join(message(7, addGraph()), opset('', 18)), refused('ir-version')];
  yield ['two-opset-versions', model({ graph: addGraph(), opsets: [opset('', 18), opset('ai.onnx', 9)] }), refused('opsets')];
  yield ['opset-0', model({ graph: addGraph(), opsets: [opset('', 0)] }), refused('opsets')];
  yield ['domain-not-imported', simple({ nodes: [node('Normalizer', ['x'], ['y'], {}, 'ai.onnx.ml')] }), refused('opsets')];

  // Names.
  for (const [name, bad] of [['proto', '__proto__'], ['constructor', 'constructor'], ['to-string', 'toString'], ['empty', ''], ['control', 'a\0b'], ['long', 'n'.repeat(10_000)]]) {
    yield [`input-name-${name}`, simple({ nodes: [node('Add', ['x', bad || 'x'], ['y'])], inputs: [value('x'), value(bad)] }), refused('names')];
  }
  yield ['output-name-proto', model({ graph: graph({ nodes: [node('Neg', ['x'], ['__proto__'])], inputs: [value('x')], outputs: [value('__proto__')] }) }), refused('names')];
  yield ['output-twice', model({ graph: graph({ nodes: [node('Neg', ['x'], ['y'])], inputs: [value('x')], outputs: [value('y'), value('y')] }) }), refused('names')];

  // Types that cannot enter or leave.
  for (const [name, type] of [['bfloat16', 16], ['fp8', 17], ['complex', 14], ['int4', 22], ['unknown', 99]] as const) {
    yield [`input-${name}`, simple({ nodes: [node('Cast', ['x'], ['y'], { to: { int: 1 } })], inputs: [value('x', type)] }), refused('io-types')];
    yield [`output-${name}`, model({ graph: graph({ nodes: [node('Cast', ['x'], ['y'], { to: { int: type } })], inputs: [value('x')], outputs: [value('y', type)] }) }), refused('io-types')];
  }
  yield ['no-outputs', model({ graph: graph({ nodes: [node('Neg', ['x'], ['y'])], inputs: [value('x')] }) }), refused('io-types')];
  yield ['negative-dimension', simple({ nodes: [node('Neg', ['x'], ['y'])], inputs: [value('x', float, [-5])] }), refused('io-types')];

  // Operators and functions.
  yield ['custom-operator', model({ graph: graph({ nodes: [node('Steal', ['x'], ['y'], {}, 'evil')], inputs: [value('x')], outputs: [value('y')] }), opsets: [opset('', 18), opset('evil', 1)] }), refused('operators')];
  yield ['compiled-context', model({ graph: graph({ nodes: [node('EPContext', ['x'], ['y'], { ep_cache_context: { text: '../../secret.bin' } }, 'com.microsoft')], inputs: [value('x')], outputs: [value('y')] }), opsets: [opset('', 18), opset('com.microsoft', 1)] }), refused('operators')];
  yield ['function-bomb', functions(Array.from({ length: 31 }, (_, i) => (i === 0 ? functionBody('f0', [node('Neg', ['a'], ['b'])]) : functionBody(`f${i}`, [node(`f${i - 1}`, ['a'], ['m'], {}, 'own'), node(`f${i - 1}`, ['m'], ['b'], {}, 'own')]))), 'f30'), refused('functions')];
  yield ['function-circle', functions([functionBody('f', [node('g', ['a'], ['b'], {}, 'own')]), functionBody('g', [node('f', ['a'], ['b'], {}, 'own')])], 'f'), refused('functions')];
  yield ['function-chain', functions(Array.from({ length: 20_000 }, (_, i) => functionBody(`f${i}`, [i === 0 ? node('Neg', ['a'], ['b']) : node(`f${i - 1}`, ['a'], ['b'], {}, 'own')])), 'f19999'), refused('functions')];
  yield ['function-constants', functions([functionBody('f', [node('Constant', [], ['k'], { value: { tensor: tensor({ shape: [250_000], raw: new Uint8Array(1_000_000) }) } }), node('Neg', ['a'], ['b'])])], 'f', 3000), refused('functions')];
  yield ['function-shadows-operator', model({ graph: addGraph(), functions: [functionBody('Add', [node('Neg', ['a'], ['b'])], '')] }), refused('functions')];
  yield ['function-twice', functions([functionBody('f', [node('Neg', ['a'], ['b'])]), functionBody('f', [node('Abs', ['a'], ['b'])])], 'f'), refused('functions')];
  yield ['unused-nodes', simple({ nodes: [node('Add', ['x', 'x'], ['y']), ...Array.from({ length: 20_000 }, (_, i) => node('Neg', ['x'], [`unused${i}`]))] }), refused('unused-nodes')];

  // Tensors that are not what they say.
  const weights: [string, TensorParts][] = [
    ['too-few-values', { shape: [1000], raw: floats(1, 2) }],
    ['too-many-values', { shape: [1], raw: floats(1, 2) }],
    ['no-values', { shape: [2 ** 30] }],
    ['negative-shape', { shape: [-1], raw: floats(1) }],
    ['overflowing-shape', { shape: [2n ** 40n, 2n ** 40n], raw: floats(1) }],
    ['wrapping-shape', { shape: [2n ** 63n - 1n, 2], raw: floats(1) }],
    ['unknown-type', { type: 77, shape: [1], raw: floats(1) }],
    ['typed-list-too-short', { shape: [9], extra: message(4, floats(1)) }],
  ];
  for (const [name, parts] of weights) yield [`initializer-${name}`, simple({ nodes: [node('Add', ['x', 'w'], ['y'])], initializers: [tensor({ name: 'w', ...parts })] }), refused('initializers')];
  yield ['initializer-twice', simple({ nodes: [node('Add', ['x', 'w'], ['y'])], initializers: [tensor({ name: 'w', shape: [1], raw: floats(1) }), tensor({ name: 'w', shape: [1], raw: floats(2) })] }), refused('initializers')];
  yield ['initializer-cut-number', simple({ nodes: [node('Add', ['x', 'w'], ['y'])], initializers: [tensor({ name: 'w', type: int64, shape: [1], extra: message(7, Uint8Array.from([0x80])) })] }), refused('wire-format')];
  yield ['initializer-65-dimensions', simple({ nodes: [node('Add', ['x', 'w'], ['y'])], initializers: [tensor({ name: 'w', shape: new Array<number>(65).fill(1), raw: floats(1) })] }), refused('limits')];

  // Constants that grow.
  const huge = 2 ** 31;
  yield ['constant-of-shape', constantOfShape(huge), refused('memory')];
  yield ['constant-of-shape-by-node', growing(node('Constant', [], ['s'], { value: { tensor: tensor({ type: int64, shape: [1], raw: integers(huge) }) } }), node('ConstantOfShape', ['s'], ['big'])), refused('memory')];
  yield ['constant-of-shape-by-ints', growing(node('Constant', [], ['s'], { value_ints: { ints: [65_536, 65_536] } }), node('ConstantOfShape', ['s'], ['big'])), refused('memory')];
  yield ['constant-of-shape-by-arithmetic', growing(constant('k', 65_536), node('Mul', ['k', 'k'], ['kk']), node('Concat', ['kk', 'k'], ['s'], { axis: { int: 0 } }), node('ConstantOfShape', ['s'], ['big'])), refused('memory')];
  yield ['constant-of-shape-in-branch', simple({ nodes: [node('If', ['c'], ['y'], { then_branch: { graph: graph({ nodes: [constant('s', huge), node('ConstantOfShape', ['s'], ['t'])], outputs: [value('t')] }) }, else_branch: { graph: graph({ nodes: [node('Identity', ['x'], ['e'])], outputs: [value('e')] }) } })], inputs: [value('x'), value('c', 9, [])] }), refused('memory')];
  yield ['expand', growing(constant('s', huge), node('Expand', ['x', 's'], ['big'])), refused('memory')];
  yield ['tile', growing(constant('t', 0, 0, 0, 0), constant('s', huge), node('Tile', ['t', 's'], ['big'])), refused('memory')];
  yield ['range', growing(constant('a', 0), constant('b', huge), constant('c', 1), node('Range', ['a', 'b', 'c'], ['big'])), refused('memory')];
  yield ['random', growing(node('RandomNormal', [], ['big'], { shape: { ints: [100_000, 100_000] } })), refused('memory')];
  yield ['one-hot', growing(constant('i', 0), constant('d', huge), constant('v', 0, 1), node('OneHot', ['i', 'd', 'v'], ['big'])), refused('memory')];
  yield ['pad', growing(constant('p', 0, huge), node('Pad', ['x', 'p'], ['big'])), refused('memory')];
  yield ['sparse', simple({ nodes: [node('Add', ['x', 'x'], ['y'])], extra: message(15, message(1, tensor({ name: 'w', shape: [1], raw: floats(1) })), message(2, tensor({ type: int64, shape: [1], raw: integers(0) })), number(3, 2 ** 40)) }), refused('memory')];

  // Legal, and only the host can hold them.
  yield ['endless-loop', endlessLoop, contained];
  yield ['doubling-loop', loop(2n ** 62n, node('Concat', ['carried', 'carried'], ['carried-out'], { axis: { int: 0 } })), contained];
  yield ['dynamic-shape', simple({ nodes: [constant('k', 40_000_000_000), node('Shape', ['x'], ['n']), node('Mul', ['n', 'k'], ['s']), node('ConstantOfShape', ['s'], ['big']), node('ReduceSum', ['big'], ['y'])] }), contained];
  yield ['circle', simple({ nodes: [node('Add', ['x', 'b'], ['a']), node('Add', ['a', 'x'], ['b']), node('Identity', ['b'], ['y'])] }), contained];
  yield ['missing-tensor', simple({ nodes: [node('Add', ['x', 'nowhere'], ['y'])] }), contained];
  yield ['unknown-operator', simple({ nodes: [node('Abracadabra', ['x'], ['y'])] }), contained];
  yield ['wrong-attribute', simple({ nodes: [node('Cast', ['x'], ['y'], { to: { int: 12345 } })] }), contained];
  yield ['index-out-of-range', simple({ nodes: [constant('i', 2n ** 40n), node('Gather', ['x', 'i'], ['y'])] }), contained];
}

function* externalData(): Generator<[name: string, location: string | Bytes, expected: Expected, prepare?: (folder: string, secret: string) => void], void, void> {
  const rule = refused('external-data');
  yield ['external-parent', '../external-parent.secret', rule];
  yield ['external-detour', 'a/../../external-detour.secret', rule];
  yield ['external-absolute', '/etc/hostname', rule];
  yield ['external-drive', 'C:\\Windows\\win.ini', rule];
  yield ['external-backslash', '..\\secret', rule];
  yield ['external-device', '/dev/zero', rule];
  yield ['external-memory-address', '*/_ORT_MEM_ADDR_/*', rule];
  yield ['external-empty-location', '', rule];
  yield ['external-nul', 'a\0b', rule];
  yield ['external-symlink', 'w', rule, (folder, secret) => symlinkSync(secret, joinPath(folder, 'w'))];
  yield ['external-symlink-folder', 'd/external-symlink-folder.secret', rule, (folder) => symlinkSync('..', joinPath(folder, 'd'))];
  yield ['external-hard-link', 'w', rule, (folder, secret) => linkSync(secret, joinPath(folder, 'w'))];
  yield ['external-directory', 'w', rule, (folder) => mkdirSync(joinPath(folder, 'w'))];
  yield ['external-pipe', 'w', rule, (folder) => execFileSync('mkfifo', [joinPath(folder, 'w')])];
  const weights = (folder: string): void => writeFileSync(joinPath(folder, 'w'), new Uint8Array(64));
  yield ['external-missing', 'w', incomplete];
  yield ['external-short', withExternal({ location: 'w', offset: '60' }), incomplete, weights];
  yield ['external-offset-text', withExternal({ location: 'w', offset: '0x10' }), rule, weights];
  yield ['external-offset-negative', withExternal({ location: 'w', offset: '-8' }), rule, weights];
  yield ['external-offset-wrapping', withExternal({ location: 'w', offset: '18446744073709551615' }), rule, weights];
  yield ['external-length-wrong', withExternal({ location: 'w', length: '64' }), rule, weights];
  const sharing = Array.from({ length: 1000 }, (_, i) => tensor({ name: `w${i}`, shape: [16], external: { location: 'w' } }));
  yield ['external-one-place-1000-tensors', simple({ nodes: [node('Sum', ['x', ...sharing.map((_, i) => `w${i}`)], ['y'])], initializers: sharing }), rule, weights];
}

const specialFiles: [name: string, make: (file: string) => void][] = [
  ['folder', (file) => mkdirSync(file)],
  ['named-pipe', (file) => execFileSync('mkfifo', [file])],
  ['link-to-device', (file) => symlinkSync('/dev/zero', file)],
  ['link-to-nowhere', (file) => symlinkSync('/nowhere/at/all', file)],
];

/** A sparse file over protobuf's limit. It takes no room on disk. */
export function writeTooLarge(file: string): void {
  writeFileSync(file, healthy);
  truncateSync(file, 2 ** 31 + 1);
}

function simple(parts: GraphParts): Bytes {
  return model({ graph: graph({ inputs: [value('x')], outputs: [value('y')], ...parts }) });
}

function addGraph(): Bytes {
  return graph({ nodes: [node('Add', ['x', 'x'], ['y'])], inputs: [value('x')], outputs: [value('y')] });
}

/** A model whose output depends on a tensor called `big`. */
function growing(...nodes: Bytes[]): Bytes {
  return simple({ nodes: [...nodes, node('Size', ['big'], ['n']), node('Cast', ['n'], ['f'], { to: { int: float } }), node('Add', ['x', 'f'], ['y'])] });
}

function constant(name: string, ...values: (number | bigint)[]): Bytes {
  return node('Constant', [], [name], { value: { tensor: numbers('', ...values) } });
}

function numbers(name: string, ...values: (number | bigint)[]): Bytes {
  return tensor({ name, type: int64, shape: [values.length], raw: integers(...values) });
}

function withExternal(external: Record<string, string>): Bytes {
  return simple({ nodes: [node('Add', ['x', 'w'], ['y'])], initializers: [tensor({ name: 'w', shape: [4], external })] });
}

function functions(bodies: Bytes[], called: string, calls = 1): Bytes {
  const names = Array.from({ length: calls + 1 }, (_, i) => (i === 0 ? 'x' : i === calls ? 'y' : `m${i}`));
  const parts: ModelParts = {
    graph: graph({ nodes: names.slice(1).map((name, i) => node(called, [names[i]], [name], {}, 'own')), inputs: [value('x')], outputs: [value('y')] }),
    opsets: [opset('', 18), opset('own', 1)],
    functions: bodies,
  };
  return model(parts);
}

function loop(trips: bigint, step: Bytes): Bytes {
  return simple({
    nodes: [node('Loop', ['trips', 'start', 'x'], ['y'], { body: { graph: loopBody(step) } })],
    initializers: [tensor({ name: 'trips', type: int64, shape: [], raw: integers(trips) }), tensor({ name: 'start', type: 9, shape: [], raw: Uint8Array.from([1]) })],
  });
}

function loopBody(step: Bytes): Bytes {
  return graph({
    nodes: [node('Identity', ['go'], ['go-out']), step],
    inputs: [value('i', int64, []), value('go', 9, []), value('carried')],
    outputs: [value('go-out', 9, []), value('carried-out')],
  });
}

function nestedIf(depth: number): Bytes {
  const otherwise: Attributes[string] = { graph: graph({ nodes: [node('Identity', ['x'], ['e'])], outputs: [value('e')] }) };
  return nest(depth, (inner) => node('If', ['c'], ['y'], { then_branch: { graph: graph({ nodes: [inner], outputs: [value('y')] }) }, else_branch: otherwise }), node('Identity', ['x'], ['y']));
}

function nest(depth: number, wrap: (inner: Bytes) => Bytes, core: Bytes): Bytes {
  let bytes = core;
  for (let i = 0; i < depth; i++) bytes = wrap(bytes);
  return bytes;
}

/** A linear congruential generator: the corpus is the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
