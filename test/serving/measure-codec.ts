// What decoding and encoding cost. No test: the machine decides. Bundled as the product is, since tsx makes every closure slow:
//   npx esbuild test/serving/measure-codec.ts --bundle --platform=node --format=esm --outfile=.cache/measure-codec.mjs && node .cache/measure-codec.mjs
import { encodeResponse } from '../../server/serving/encode-response.ts';
import { decodeRequest, type Limits } from '../../server/serving/decode-request.ts';
import type { Signature } from '../../server/serving/infer-request.ts';
import type { Tensor } from '../../server/engines/tensor.ts';

const limits: Limits = { jsonBytesMax: 2 ** 26, elementsMax: 2 ** 24, depthMax: 100 };

function measure(title: string, bytes: number, runs: number, act: () => unknown): void {
  const once = (): number => {
    const from = process.hrtime.bigint();
    for (let i = 0; i < runs; i++) act();
    return Number(process.hrtime.bigint() - from) / 1000 / runs;
  };
  once();
  const times = Array.from({ length: 9 }, once).sort((a, b) => a - b);
  console.log(`${title.padEnd(58)} ${String(bytes).padStart(9)} B ${times[4].toFixed(times[4] < 100 ? 2 : 0).padStart(9)} µs (${times[0].toFixed(2)} … ${times[8].toFixed(2)})`);
}

const seeded = (() => {
  let state = 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
})();

function request(datatype: string, shape: number[], data: string): Buffer {
  return Buffer.from(`{"inputs":[{"name":"x","shape":[${shape.join(',')}],"datatype":"${datatype}","data":[${data}]}],"parameters":{"binary_data_output":true}}`);
}

function binary(datatype: string, shape: number[], bytes: Buffer): { body: Buffer; jsonBytes: number } {
  const json = Buffer.from(`{"inputs":[{"name":"x","shape":[${shape.join(',')}],"datatype":"${datatype}","parameters":{"binary_data_size":${bytes.length}}}],"parameters":{"binary_data_output":true}}`);
  return { body: Buffer.concat([json, bytes]), jsonBytes: json.length };
}

/** What JSON.parse alone takes, and what it takes until the same typed array is there: without a look at a single type or count. */
function viaParse(body: Buffer, array: Float32ArrayConstructor | Float64ArrayConstructor): unknown {
  const { inputs } = JSON.parse(body.toString()) as { inputs: { data: number[] }[] };
  return array.from(inputs[0].data);
}

const signature = (datatype: string): Signature => ({ inputs: [{ name: 'x', datatype, shape: null }], outputs: [] });
const image = [1, 3, 224, 224];
const pixels = Float32Array.from({ length: 3 * 224 * 224 }, () => (seeded() - 0.5) * 4);
const wide = Float64Array.from(pixels, () => seeded());
const tiny = Float32Array.of(5.1, 3.5, 1.4, 0.2);

for (const [title, datatype, ours, array, values, shape, runs] of [
  ['tiny, 4 floats', 'FP32', 'float32', Float32Array, tiny, [1, 4], 5000],
  ['1×3×224×224', 'FP32', 'float32', Float32Array, pixels, image, 3],
  ['1×3×224×224', 'FP64', 'float64', Float64Array, wide, image, 3],
] as const) {
  const json = request(datatype, [...shape], values.join(','));
  measure(`${title} ${datatype} JSON: JSON.parse and typed array, unchecked`, json.length, runs, () => viaParse(json, array));
  measure(`${title} ${datatype} JSON: decodeRequest`, json.length, runs, () => decodeRequest(json, null, signature(ours), limits));
  const { body, jsonBytes } = binary(datatype, [...shape], Buffer.from(values.buffer));
  measure(`${title} ${datatype} binary: decodeRequest`, body.length, runs * 10, () => decodeRequest(body, jsonBytes, signature(ours), limits));
}
const bytePixels = request('UINT8', image, Array.from(pixels, () => Math.floor(seeded() * 256)).join(','));
measure('1×3×224×224 UINT8 JSON: decodeRequest', bytePixels.length, 3, () => decodeRequest(bytePixels, null, signature('uint8'), limits));
const tokens = request('INT64', [1, 512], Array.from({ length: 512 }, () => Math.floor(seeded() * 50000)).join(','));
measure('512 tokens INT64 JSON: decodeRequest', tokens.length, 300, () => decodeRequest(tokens, null, signature('int64'), limits));

const answer = (data: Float32Array<ArrayBuffer>, binaryOutput: boolean) => ({ modelName: 'm', modelVersion: '1', id: '', outputs: new Map<string, Tensor>([['y', { datatype: 'float32', shape: [1, data.length], data }]]), requested: null, binaryOutput });
const scores = Float32Array.from({ length: 1000 }, () => seeded() ** 8);
for (const [title, data, runs] of [['3 scores', scores.slice(0, 3), 5000], ['1,000 scores', scores, 100], ['150,528 floats', pixels, 3]] as const) {
  measure(`${title} FP32 JSON: encodeResponse`, encodeResponse(answer(data, false)).bytes, runs, () => encodeResponse(answer(data, false)));
  measure(`${title} FP32 binary: encodeResponse`, encodeResponse(answer(data, true)).bytes, runs * 10, () => encodeResponse(answer(data, true)));
}
