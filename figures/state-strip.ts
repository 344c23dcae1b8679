import { countText } from '../protocol/number-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';

/** One bar cut by state, most pressing first, with its counts in words. */
export function stateStrip<State extends string>(of: string, states: State[], words: Record<State, string>): Markup | null {
  if (states.length === 0) return null;
  const width = 560;
  const counted = (Object.keys(words) as State[]).map((state) => ({ state, count: states.filter((each) => each === state).length })).filter(({ count }) => count > 0);
  const sentence = counted.map(({ state, count }) => `${countText(count)} ${words[state]}`).join(', ');
  let from = 0;
  return markup`<p class="states">${svg(
    { width, height: 12, finding: `${countText(states.length)} ${of}: ${sentence}` },
    counted.map(({ state, count }) => {
      const start = from;
      from += (count / states.length) * width;
      return markup`<rect class="state ${state}" x="${Math.round(start * 10) / 10}" y="0" width="${Math.max(1, Math.round((from - start - 2) * 10) / 10)}" height="12"/>`;
    }),
  )}<span>${countText(states.length)} ${of}: ${sentence}</span></p>`;
}
