/** Maps a value to a position: linear from domain to range. Values outside the domain are drawn at its ends. */
export interface Scale {
  (value: number): number;
  domain: [number, number];
  range: [number, number];
}

export function linearScale(domain: [number, number], range: [number, number]): Scale {
  // Halves, so that the span between two huge numbers is still a number.
  const half = domain[1] / 2 - domain[0] / 2;
  const scale = (value: number): number => {
    const share = half === 0 ? 0.5 : Math.min(1, Math.max(0, (value / 2 - domain[0] / 2) / half)) || 0;
    return round(range[0] + share * (range[1] - range[0]));
  };
  return Object.assign(scale, { domain, range });
}

/** The smallest domain that holds all values, widened on both sides by a share of its span. */
export function domainOf(values: number[], margin = 0): [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const room = (high / 2 - low / 2 || Math.abs(high) / 2 || 0.5) * 2 * margin;
  return [Math.max(-Number.MAX_VALUE, low - room), Math.min(Number.MAX_VALUE, high + room)];
}

export interface Tick {
  value: number;
  /** With as many decimals as the step needs, the same for all. */
  text: string;
}

/** Round positions between the ends of the domain, about `count` of them, at 1, 2 or 5 times a power of ten. */
export function ticks([low, high]: [number, number], count: number): Tick[] {
  const rough = (high - low) / count;
  if (!(rough > 1e-300 && rough < 1e300)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  if (!(Math.abs(first) < 2 ** 53 && Math.abs(last) < 2 ** 53)) return [];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const value = Number(((first + index) * step).toPrecision(12));
    return { value, text: tickText(value, step) };
  });
}

function tickText(value: number, step: number): string {
  if (value === 0) return '0';
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 4 || Math.abs(value) >= 1e7) return value.toExponential().replace(/e\+?/, 'e').replaceAll('-', '−');
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.');
  return `${value < 0 ? '−' : ''}${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** One decimal is enough for a screen and keeps the file small. What cannot be placed is drawn at 0: the numbers beside it tell. */
export function round(value: number): number {
  return Math.round(value * 10) / 10 || 0;
}
