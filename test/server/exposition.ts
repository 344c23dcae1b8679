/** Prometheus text exposition 0.0.4, read strictly: what a lenient reader would let pass is thrown. */
export interface Exposition {
  types: Map<string, string>;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const number = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|[+-]Inf|NaN)$/;

export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended');
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples: Exposition['samples'] = [];
  const seen = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (help !== null) {
      if (helped.has(help[1])) throw new Error(`${help[1]} has HELP twice`);
      if (/\\(?![\\n])/.test(help[2])) throw new Error(`a lone backslash in ${line}`);
      helped.add(help[1]);
      current = help[1];
    } else if (type !== null) {
      if (types.has(type[1])) throw new Error(`${type[1]} has TYPE twice`);
      if (type[1] !== current) throw new Error(`TYPE of ${type[1]} stands below HELP of ${current}`);
      types.set(type[1], type[2]);
    } else {
      const sample = parseSample(line);
      const family = types.get(current) === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name;
      if (family !== current || !types.has(current)) throw new Error(`${line} stands below ${current}`);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      samples.push(sample);
    }
  }
  for (const name of helped) if (!types.has(name)) throw new Error(`${name} has no TYPE`);
  return { types, samples };
}

function parseSample(line: string): Exposition['samples'][number] {
  const name = metricName.exec(line)?.[0] ?? '';
  if (name === '') throw new Error(`no name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    do {
      rest = rest.slice(1);
      const label = labelName.exec(rest)?.[0] ?? '';
      const value = /^="((?:[^"\\]|\\[\\"n])*)"/.exec(rest.slice(label.length));
      if (label === '' || value === null || label in labels) throw new Error(`labels: ${line}`);
      labels[label] = value[1].replaceAll(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
      rest = rest.slice(label.length + value[0].length);
    } while (rest.startsWith(','));
    if (!rest.startsWith('}')) throw new Error(`labels do not end: ${line}`);
    rest = rest.slice(1);
  }
  if (!rest.startsWith(' ') || !number.test(rest.slice(1))) throw new Error(`no number: ${line}`);
  return { name, labels, value: Number(rest.slice(1).replace('Inf', 'Infinity')) };
}
