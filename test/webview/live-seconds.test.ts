import { describe, expect, it } from 'vitest';
import type { ServingStatus } from '../../protocol/serving.ts';
import { closedByIn, keyOf, mergedSeconds, secondsWithin, totalsOf, windowMs, type LiveSecond } from '../../webview/live-seconds.ts';
import { curlLine, liveSentence, servingTroubles, shadowsOf } from '../../webview/live-sentence.ts';
import { lastMs, liveWindow, quietVersion, sampleAt, servedVersion, servingOf } from './live-windows.ts';

const v1 = keyOf({ model: 'toy', version: 'v1' });
const asked = (change: object) => ({ ...quietVersion('toy', 'v1'), ...change });

describe('live seconds', () => {
  it('are put in order, none twice, the newer of two told last, and none older than a quarter of an hour', () => {
    const at = (offset: number, requests = 0) => sampleAt(lastMs + offset * 1000, [asked({ requests })]);
    const merged = mergedSeconds(mergedSeconds([], [at(-901), at(-900), at(-899), at(-1), at(0, 1)]), [at(0, 7), at(-2)]);
    expect(merged.map(({ atMs }) => (atMs - lastMs) / 1000)).toEqual([-899, -2, -1, 0]);
    expect(merged.at(-1)?.versions.get(v1)?.requests).toBe(7);
    expect(windowMs).toBe(900_000);
  });

  it('are summed exactly, and what cannot be summed is that of the middle second', () => {
    const seconds = mergedSeconds([], [
      sampleAt(lastMs - 2000, [asked({ requests: 10, failures: 3, rejected: 2, p50Ms: 1, p95Ms: 2, p99Ms: 3, waiting: 4, batches: 2, batchRows: 9, cacheHits: 1, cacheMisses: 3, cpuShare: 0.5, closedBy: { delay: 2 } })]),
      sampleAt(lastMs - 1000, [asked({ requests: 2, p50Ms: 5, p95Ms: 6, p99Ms: 70, batches: 1, batchRows: 3, cpuShare: null, closedBy: { 'max-rows': 1 } })]),
      sampleAt(lastMs, [asked({ waiting: 1, cpuShare: 0.1, rssBytes: 7e6, closedBy: { 'max-rows': 3 } })]),
    ]);
    expect(totalsOf(seconds, v1)).toEqual({ requests: 12, requestsPerSecond: 4, failures: 3, rejected: 2, p50Ms: 1, p95Ms: 2, p99Ms: 3, worstP99Ms: 70, waitingMax: 4, rowsPerBatch: 4, hitShare: 0.25, cpu: 0.3, rssBytes: 7e6, provider: 'cpu' });
    expect(closedByIn(seconds, v1)).toEqual([['max-rows', 4], ['delay', 2]]);
    expect(closedByIn(secondsWithin(seconds, [lastMs - 2000, lastMs - 2000]), null)).toEqual([['delay', 2]]);
    expect(totalsOf([], v1)).toMatchObject({ requests: 0, requestsPerSecond: 0, p50Ms: null, worstP99Ms: null, rowsPerBatch: null, hitShare: null, cpu: null, rssBytes: null });
  });
});

describe('the sentence over what is served', () => {
  const serving = servingOf('toy', ['v1', 'v2', 'v3']);
  const seconds = (version: object, count = 60) => mergedSeconds([], Array.from({ length: count }, (_, index) => sampleAt(lastMs - index * 1000, [asked(version)])));

  it.each([
    ['nothing', null, [], 'Nothing is served'],
    ['nothing any more', null, seconds({}), 'Nothing is served any more'],
    ['no model', servingOf('toy', [], { models: [] }), [], 'There is no model to serve'],
    ['a model that is being loaded', { ...serving, models: [{ ...serving.models[0], versions: [servedVersion('v1', 1, { state: 'loading' })] }] }, [], 'Models are being loaded'],
    ['models that cannot be asked', { ...serving, models: [{ ...serving.models[0], versions: [servedVersion('v1', 1, { state: 'unavailable', reason: 'gone' })] }] }, [], 'No model can be asked'],
    ['the time before the first second', serving, [], 'Ready to be asked'],
    ['silence', serving, seconds({}), 'Ready, and nobody has asked in the last minute'],
    ['one request', serving, seconds({ requests: 1 }, 1), '1 request a second over the last second, none failed'],
    ['load', serving, seconds({ requests: 212, p99Ms: 3.1 }), '212 requests a second over the last minute, none failed; p99 was 3.1\u00a0ms in the middle second, 3.1\u00a0ms in the worst'],
    ['failures', serving, seconds({ requests: 10, failures: 2, rejected: 1 }, 30), '10 requests a second over the last 30 seconds, 60 of 300 failed (20.0 %), 30 of them as the queue was full'],
    ['refusals', serving, seconds({ requests: 10, failures: 2, rejected: 2 }), '10 requests a second over the last minute, 120 of 600 failed (20.0 %), as the queue was full'],
  ] satisfies [string, ServingStatus | null, LiveSecond[], string][])('is right for %s', (_, status, told, sentence) => {
    expect(liveSentence(status, told)).toBe(sentence);
  });

  it('leaves out what shadows are asked along', () => {
    expect([...shadowsOf(serving)]).toEqual([keyOf({ model: 'toy', version: 'v3' })]);
    const told = mergedSeconds([], [sampleAt(lastMs, [{ ...quietVersion('toy', 'v3'), requests: 50, p99Ms: 900 }, asked({ requests: 40, p99Ms: 2 })])]);
    expect(liveSentence(serving, told)).toBe('40 requests a second over the last second, none failed; p99 was 2\u00a0ms in the middle second, 2\u00a0ms in the worst');
  });

  it('is of the last minute of a longer time', () => {
    const { serving: status, samples } = liveWindow({ seconds: 900 });
    const whole = mergedSeconds([], samples);
    expect(liveSentence(status, whole)).toBe(liveSentence(status, whole.slice(-60)));
  });
});

describe('what is said about serving', () => {
  it('names versions that cannot be asked, models without a route, and what was refused', () => {
    const [model] = servingOf('toy', ['v1', 'v2']).models;
    const versions = [servedVersion('v1', 1, { refused: [{ provider: 'cuda', reason: 'libcudnn.so.9 is missing\nand more' }] }), servedVersion('v2', 2, { state: 'unavailable', reason: 'the file is not complete', provider: null })];
    expect(servingTroubles(servingOf('toy', [], { models: [{ ...model, route: null, reason: 'the champion is gone', versions }] }))).toEqual(['toy v2 cannot be asked: the file is not complete', 'Requests to toy must name a version: the champion is gone', 'toy v1 runs on CPU; CUDA was refused: libcudnn.so.9 is missing']);
    expect(servingTroubles(servingOf('toy', ['v1']))).toEqual([]);
  });

  it('asks with a line in which a name cannot be anything but a name', () => {
    expect(curlLine('http://127.0.0.1:8000', 'toy', false)).toBe('curl -s http://127.0.0.1:8000/v1/models/toy/example | curl -s http://127.0.0.1:8000/v1/models/toy/predict -d @-');
    expect(curlLine('http://127.0.0.1:8000', 'a b;$(x)!`\'"', true)).toContain('curl -s -H "Authorization: Bearer $SLIPWAY_KEY" http://127.0.0.1:8000/v1/models/a%20b%3B%24%28x%29%21%60%27%22/predict -d @-');
  });
});
