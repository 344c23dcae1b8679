/** Maps a value to a position: linear from domain to range. */
export interface Scale {
  (value: number): number;
  domain: [number, number];
}

export function linearScale(domain: [number, number], range: [number, number]): Scale {
  const span = domain[1] - domain[0] || 1;
  const scale = (value: number): number => round(range[0] + ((value - domain[0]) / span) * (range[1] - range[0]));
  return Object.assign(scale, { domain });
}

/** Round positions between the ends of the domain, about `count` of them, at 1, 2 or 5 times a power of ten. */
export function ticks([low, high]: [number, number], count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Two decimals are enough for a screen and keep the file small. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
