import { countText, numberText, shareText } from '../protocol/number-text.ts';
import type { ServingStatus } from '../protocol/serving.ts';
import { keyOf, middleOf, secondsWithin, type LiveSecond } from './live-seconds.ts';

const toldMs = 60_000;

/** What is going on, in a sentence: of the last minute, without what shadows are asked along. */
export function liveSentence(serving: ServingStatus | null, seconds: readonly LiveSecond[]): string {
  if (serving === null) return seconds.length === 0 ? 'Nothing is served' : 'Nothing is served any more';
  const versions = serving.models.flatMap((model) => model.versions);
  if (versions.length === 0) return 'There is no model to serve';
  if (!versions.some(({ state }) => state === 'ready')) return versions.some(({ state }) => state === 'loading') ? 'Models are being loaded' : 'No model can be asked';
  const lastMs = seconds.at(-1)?.atMs ?? 0;
  const told = secondsWithin(seconds, [lastMs - toldMs + 1000, lastMs]);
  if (told.length === 0) return 'Ready to be asked';
  const shadows = shadowsOf(serving);
  const asked = told.map((second) => [...second.versions].flatMap(([key, version]) => (shadows.has(key) ? [] : [version])));
  const sum = (of: 'requests' | 'failures' | 'rejected'): number => asked.flat().reduce((total, version) => total + version[of], 0);
  const [requests, failures, rejected] = [sum('requests'), sum('failures'), sum('rejected')];
  const time = told.length >= toldMs / 1000 ? 'the last minute' : told.length === 1 ? 'the last second' : `the last ${countText(told.length)} seconds`;
  if (requests === 0) return `Ready, and nobody has asked in ${time}`;
  const slowest = asked.flatMap((each) => {
    const known = each.flatMap(({ p99Ms }) => p99Ms ?? []);
    return known.length === 0 ? [] : Math.max(...known);
  });
  const middle = middleOf(slowest);
  const speed = middle === null ? '' : `; p99 was ${numberText(middle)}\u00a0ms in the middle second, ${numberText(Math.max(...slowest))}\u00a0ms in the worst`;
  return `${rateText(requests / told.length)} over ${time}, ${failuresText(requests, failures, rejected)}${speed}`;
}

function rateText(perSecond: number): string {
  const [rate, time] = perSecond >= 0.95 ? [perSecond, 'second'] : [perSecond * 60, 'minute'];
  const text = rate >= 10 ? countText(rate) : numberText(rate);
  return `${text} ${text === '1' ? 'request' : 'requests'} a ${time}`;
}

function failuresText(requests: number, failures: number, rejected: number): string {
  if (failures === 0) return 'none failed';
  const full = rejected === 0 ? '' : rejected === failures ? ', as the queue was full' : `, ${countText(rejected)} of them as the queue was full`;
  return `${countText(failures)} of ${countText(requests)} failed (${shareText(failures / requests)})${full}`;
}

/** Keys of versions that are asked along, unseen. */
export function shadowsOf({ models }: ServingStatus): ReadonlySet<string> {
  return new Set(models.flatMap(({ model, route }) => route?.shadows.map(({ version }) => keyOf({ model, version })) ?? []));
}

/** What keeps a version from being asked, or from where it should run. */
export function servingTroubles({ models }: ServingStatus): string[] {
  return models.flatMap(({ model, reason, versions }) => [
    ...versions.flatMap(({ version, state, reason: why }) => (state === 'unavailable' ? [`${model} ${version} cannot be asked: ${why}`] : [])),
    ...(reason === null ? [] : [`Requests to ${model} must name a version: ${reason}`]),
    ...versions.flatMap(({ version, provider, refused }) => refused.map((other) => `${model} ${version} runs on ${provider?.toUpperCase() ?? 'nothing'}; ${other.provider.toUpperCase()} was refused: ${other.reason.split('\n')[0]}`)),
  ]);
}

/** Why a batch was not made larger. */
const closeReasons: Record<string, string> = {
  'idle-runner': 'nothing more was waiting',
  'max-rows': 'the next would not have fitted',
  preferred: 'a preferred size was reached',
  delay: 'the oldest had waited as long as it may',
  incompatible: 'the next is of another form',
  alone: 'alone: larger than a batch, or rows are not put together',
  'retry-alone': 'again alone: it was in a batch that failed',
};

export function closeReasonText(reason: string): string {
  return closeReasons[reason] ?? reason;
}

/** A line that asks for a prediction and works as it stands where slipway.yaml has data of the model. */
export function curlLine(url: string, model: string, keysNeeded: boolean): string {
  // What shells read as their own is encoded too, so that nothing has to be quoted.
  const name = encodeURIComponent(model).replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const ask = `curl -s ${keysNeeded ? '-H "Authorization: Bearer $SLIPWAY_KEY" ' : ''}${url}/v1/models/${name}`;
  return `${ask}/example | ${ask}/predict -d @-`;
}
